package echo

import (
	"testing"
	"time"

	"drydock/sim/ping"

	"github.com/stretchr/testify/assert"
	"gvisor.dev/gvisor/pkg/tcpip"
)

// TestSumRecordings feeds round trips that iputils printed and expects what it
// made of them.
func TestSumRecordings(t *testing.T) {
	t.Parallel()
	tests := []struct {
		rtts                []time.Duration // in microseconds
		min, avg, max, mdev time.Duration
	}{
		{[]time.Duration{82, 79, 97, 96}, 79, 88, 97, 8},
		{[]time.Duration{81}, 81, 81, 81, 0},
		{[]time.Duration{83, 65}, 65, 74, 83, 9},
		{[]time.Duration{149, 77, 90, 91, 89, 91, 74, 93, 89, 95}, 74, 93, 149, 19},
		{[]time.Duration{149, 163, 96}, 96, 136, 163, 28},
		{[]time.Duration{60, 6, 5}, 5, 23, 60, 25},
		{[]time.Duration{102, 118}, 102, 110, 118, 8},
		{[]time.Duration{774458}, 774458, 774458, 774458, 0},
	}
	for _, tt := range tests {
		var s sum
		for _, us := range tt.rtts {
			seq := s.launch(tcpip.MonotonicTime{})
			assert.False(t, s.reply(s.flight(seq), ping.Event{Seq: seq, RTT: us * time.Microsecond}))
		}
		got := s.stats(0)
		for i, want := range []time.Duration{tt.min, tt.avg, tt.max, tt.mdev} {
			assert.Equal(t, want*time.Microsecond, []time.Duration{got.Min, got.Avg, got.Max, got.MDev}[i], "%v", tt.rtts)
		}
	}
}

// TestSumWraps sends more requests than there are numbers.
func TestSumWraps(t *testing.T) {
	t.Parallel()
	var s sum
	var now tcpip.MonotonicTime
	assert.Nil(t, s.flight(0))
	assert.Nil(t, s.flight(1))
	for range 1<<16 - 1 {
		s.launch(now)
	}
	assert.Nil(t, s.flight(0))
	assert.NotNil(t, s.flight(1))
	assert.Equal(t, 0, s.launch(now))
	assert.False(t, s.reply(s.flight(0), ping.Event{}))
	assert.Equal(t, 1, s.launch(now))
	assert.Len(t, s.flights, 1<<16)
	assert.False(t, s.reply(s.flight(1), ping.Event{Seq: 1}))
	assert.True(t, s.reply(s.flight(1), ping.Event{Seq: 1}))
	assert.Equal(t, 0, s.underWay())
	assert.Equal(t, 1, s.pipe)
	s.acknowledge(5) // a late one of the first round
	assert.Equal(t, 0, s.underWay())
}
