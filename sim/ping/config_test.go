package ping_test

import (
	"testing"
	"time"

	"drydock/sim/ping"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestConfigErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		cfg   ping.Config
		field string
		text  string
	}{
		{ping.Config{TTL: -1}, "TTL", "ping: invalid config: TTL -1: want 1 to 255"},
		{ping.Config{TTL: 256}, "TTL", "ping: invalid config: TTL 256: want 1 to 255"},
		{ping.Config{Deadline: -1}, "Deadline", "ping: invalid config: Deadline -1ns: want 0 or more"},
		{ping.Config{Preload: -1}, "Preload", "ping: invalid config: Preload -1: want 1 or more"},
		{ping.Config{PathMTU: 7}, "PathMTU", "ping: invalid config: PathMTU PathMTU(7): want a constant"},
		{ping.Config{PathMTU: -1}, "PathMTU", "ping: invalid config: PathMTU PathMTU(-1): want a constant"},
		{ping.Config{Network: "tcp"}, "Network", "ping: invalid config: Network tcp: want ip, ip4 or ip6"},
	}
	for _, tt := range tests {
		_, err := tt.cfg.Effective()
		var e *ping.ConfigError
		require.ErrorAs(t, err, &e)
		assert.Equal(t, tt.field, e.Field)
		assert.EqualError(t, err, tt.text)
	}
}

// TestEffective checks the documented defaults, and that a second time changes nothing.
func TestEffective(t *testing.T) {
	t.Parallel()
	plain := func(c *ping.Config) ping.Config {
		e, err := c.Effective()
		require.NoError(t, err)
		again, err := e.Effective()
		require.NoError(t, err)
		require.NotNil(t, e.Observe)
		e.Observe, again.Observe = nil, nil // functions do not compare
		require.Equal(t, e, again)
		return e
	}
	defaults := ping.Config{Count: 1, Interval: time.Second, Size: 56, TTL: 64, Timeout: 10 * time.Second, Preload: 1, Network: "ip"}
	assert.Equal(t, defaults, plain(nil))
	assert.Equal(t, defaults, plain(&ping.Config{}))
	set := ping.Config{
		Count: -1, Interval: -1, Size: -1, TTL: 255, Timeout: -1, Deadline: time.Hour,
		PathMTU: ping.PathMTUDont, Broadcast: true, Preload: 3, Network: "ip6",
	}
	assert.Equal(t, set, plain(&set))
}

func TestLoss(t *testing.T) {
	t.Parallel()
	assert.Zero(t, ping.Stats{}.Loss())
	assert.Equal(t, 0.75, ping.Stats{Sent: 4, Received: 1, Duplicates: 2}.Loss())
}
