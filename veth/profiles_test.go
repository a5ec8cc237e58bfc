package veth_test

import (
	"regexp"
	"slices"
	"testing"
	"time"

	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestProfiles(t *testing.T) {
	t.Parallel()
	names := make(map[string]bool)
	for _, p := range veth.Profiles() {
		for _, i := range []veth.Impairment{p.Up, p.Down} {
			require.NoError(t, i.Validate(), p.Name)
			again, err := veth.ParseNetem(i.String())
			require.NoError(t, err)
			again.Limit = 0 // tc's
			assert.Equal(t, i.Netem(), again.Netem(), p.Name)
		}
		assert.Regexp(t, regexp.MustCompile(`\b(20[0-2]\d)\b`), p.Source, "a year")
		assert.False(t, names[p.Name])
		names[p.Name] = true
	}
}

// TestWiFiLatency has the percentiles of its source.
func TestWiFiLatency(t *testing.T) {
	t.Parallel()
	i := veth.WiFi.Up
	i.Rate = 0 // each frame alone
	var late []time.Duration
	_, times, _ := arrivals(t, i, 5000)
	numbers, _, _ := arrivals(t, i, 5000)
	for n, at := range times {
		late = append(late, at-time.Duration(numbers[n])*ms)
	}
	slices.Sort(late)
	assert.InDelta(t, 3, float64(late[2500])/1e6, 0.5)
	assert.InDelta(t, 20, float64(late[4500])/1e6, 2)
}
