package conntrack

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/faketime"
)

// An askingClock says when it is asked.
type askingClock struct {
	*faketime.ManualClock
	asked func()
}

func (c *askingClock) NowMonotonic() tcpip.MonotonicTime {
	c.asked()
	return c.ManualClock.NowMonotonic()
}

// The clock is the caller's: it must not be asked with the lock of a connection held.
func TestClockIsAskedWithoutLocks(t *testing.T) {
	t.Parallel()
	clock := &askingClock{ManualClock: faketime.NewManualClock(), asked: func() {}}
	table := NewTable(Config{Clock: clock})
	udp := tuple("udp 10.0.0.1:1 10.0.0.2:2")
	c, _, err := table.Track(&udp, &Packet{})
	require.NoError(t, err)
	asked := 0
	clock.asked = func() {
		asked++
		if assert.True(t, c.mu.TryLock(), "locked") {
			c.mu.Unlock()
		}
		for i := range table.shards {
			if assert.True(t, table.shards[i].mu.TryLock(), "locked") {
				table.shards[i].mu.Unlock()
			}
		}
	}
	_, err = table.Confirm(c)
	require.NoError(t, err)
	_, _, err = table.Track(&udp, &Packet{})
	require.NoError(t, err)
	assert.Equal(t, 1, table.Delete(func(Entry) bool { return true }))
	assert.GreaterOrEqual(t, asked, 3)
}
