package nat

import (
	"fmt"
	"sync/atomic"
	"time"
)

// Limit is -m limit: a token bucket of Burst packets that fills at Count per Unit. It matches
// while there is something in the bucket. Each rule has a bucket of its own, which survives
// changes of other rules, and begins full when the rule is replaced.
type Limit struct {
	Count uint32
	Unit  LimitUnit
	Burst uint32 // 5 unless given
}

// A LimitUnit is the unit of a Limit, in seconds.
type LimitUnit uint32

const (
	PerSecond LimitUnit = 1
	PerMinute LimitUnit = 60
	PerHour   LimitUnit = 60 * 60
	PerDay    LimitUnit = 24 * 60 * 60
)

// limitBurst is the burst of a Limit unless another is given.
const limitBurst = 5

// Linux has 10000 as XT_LIMIT_SCALE, the most in a second.
const maxLimitRate, maxLimitBurst = 10000, 10000

// checked fills in the burst, so that rules with and without the default are equal.
func (m Limit) checked(setting) (Match, error) {
	if m.Burst == 0 {
		m.Burst = limitBurst
	}
	switch m.Unit {
	case PerSecond, PerMinute, PerHour, PerDay:
	default:
		return nil, ErrValue
	}
	if m.Count == 0 || uint64(m.Count) > maxLimitRate*uint64(m.Unit) || m.Burst > maxLimitBurst {
		return nil, ErrValue
	}
	return m, nil
}

func (m Limit) String() string {
	s := fmt.Sprintf("-m limit --limit %d/%s", m.Count, m.Unit)
	if m.Burst != limitBurst {
		s += fmt.Sprintf(" --limit-burst %d", m.Burst)
	}
	return s
}

// String returns the unit as iptables-save prints it.
func (u LimitUnit) String() string {
	switch u {
	case PerDay:
		return "day"
	case PerHour:
		return "hour"
	case PerMinute:
		return "min"
	}
	return "sec"
}

// A bucket is the state of a Limit. It is full at first. A packet takes as much out of
// it as flows in within cost; it holds burst times that.
type bucket struct {
	cost, size time.Duration
	full       atomic.Int64 // when it will be full, in nanoseconds of the clock
}

// compile returns a full bucket. Its grain is a nanosecond, as that of Linux'
// nft_limit.
func (m Limit) compile(a *asking) matcher {
	a.counted = true
	cost := time.Duration(m.Unit) * time.Second / time.Duration(m.Count)
	return &bucket{cost: cost, size: cost * time.Duration(m.Burst)}
}

// match takes from the bucket, if there is enough in it.
func (b *bucket) match(p *packet) bool { return b.take(p.host.nanoseconds(), int64(b.cost)) }

// take is match for an amount.
func (b *bucket) take(now, amount int64) bool {
	if amount > int64(b.size) { // which might be too much for what follows
		return false
	}
	for {
		full := b.full.Load()
		then := max(full, now) + amount
		if then-now > int64(b.size) {
			return false
		}
		if b.full.CompareAndSwap(full, then) {
			return true
		}
	}
}
