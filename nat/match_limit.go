package nat

import (
	"sync/atomic"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// A bucket is the state of a Limit. It is full at first. A packet takes as much out of
// it as flows in within cost; it holds burst times that.
type bucket struct {
	cost, size time.Duration
	full       atomic.Int64 // when it will be full, in nanoseconds of the clock
}

// matcher returns a full bucket. Its grain is a nanosecond, as that of Linux'
// nft_limit.
func (m Limit) matcher() matcher {
	cost := time.Duration(m.Unit) * time.Second / time.Duration(m.Count)
	return &bucket{cost: cost, size: cost * time.Duration(m.Burst)}
}

// match takes from the bucket, if there is enough in it.
func (b *bucket) match(p *packet) bool {
	now := p.tables.now().Sub(tcpip.MonotonicTime{}).Nanoseconds()
	for {
		full := b.full.Load()
		then := max(full, now) + int64(b.cost)
		if then-now > int64(b.size) {
			return false
		}
		if b.full.CompareAndSwap(full, then) {
			return true
		}
	}
}
