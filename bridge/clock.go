package bridge

import (
	"sync/atomic"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// tick is how exactly a bridge knows when it heard a station: a hundredth of a
// second, the unit in which Linux sets the ageing time and reports ages.
const tick = 10 * time.Millisecond

// A clock tells the time to the frames, most of which need not know it better than
// to a tick. Reading a tcpip.Clock takes 47 ns, more than all else that happens to
// a frame in a bridge, so the first frame of a tick reads it for all. A timer makes
// that reading void when the tick is over. It is set only while frames flow: an
// idle bridge causes no wake-ups.
type clock struct {
	source  tcpip.Clock
	reading atomic.Int64 // 0: void
	timer   tcpip.Timer
}

func (c *clock) init(source tcpip.Clock) {
	c.source = source
	c.timer = source.AfterFunc(tick, func() { c.reading.Store(0) })
	c.timer.Stop()
}

// now returns the time in ns since some moment of the past, never 0.
func (c *clock) now() int64 {
	return int64(c.source.NowMonotonic().Sub(tcpip.MonotonicTime{})) + 1
}

// coarse is now, or what it was less than a tick ago.
func (c *clock) coarse() int64 {
	if t := c.reading.Load(); t != 0 {
		return t
	}
	t := c.now()
	if c.reading.CompareAndSwap(0, t) {
		c.timer.Reset(tick)
	}
	return t
}
