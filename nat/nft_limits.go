package nat

import (
	"math"
	"math/bits"
	"sync/atomic"
	"time"
)

// A RateLimit holds for so many packets or bytes per unit, with Over for the others.
type RateLimit struct {
	Rate  uint64
	Unit  time.Duration
	Burst uint64 // 0 of packets: 5
	Bytes bool
	Over  bool
	state *bucket
}

func (*RateLimit) families() uint8 { return 3 }

// prepared refuses what Linux 6.18 does: numbers of which it cannot count the nanoseconds in 64 bits. A token costs the
// nanoseconds in which one comes, of more than 10⁹ packets a second none.
func (s *RateLimit) prepared(*nfTable) (Statement, error) {
	switch {
	case s.Rate == 0:
		return nil, ErrInvalid
	case s.Unit <= 0 || s.Burst > 1<<32:
		return nil, ErrValue
	}
	c := *s
	if !c.Bytes && c.Burst == 0 {
		c.Burst = limitBurst
	}
	all, carry := bits.Add64(c.Rate, c.Burst, 0)
	cost := uint64(c.Unit) / c.Rate
	over, size := bits.Mul64(cost, c.Burst)
	if c.Bytes {
		over, size = bits.Mul64(uint64(c.Unit), all)
		size /= c.Rate
	}
	if carry > 0 || over > 0 {
		return nil, ErrOverflow
	}
	c.state = &bucket{cost: time.Duration(cost), size: time.Duration(min(size, 1<<61))}
	return &c, nil
}

func (s *RateLimit) build(r *rule, _ *nfTable) { r.behind(s) }

// behind adds a statement that must be asked after those before it, and before those that follow.
func (r *rule) behind(m matcher) {
	r.asks.counted = true
	r.rest.matchers = append(r.rest.matchers, m)
}

func (s *RateLimit) match(p *packet) bool {
	amount := int64(s.state.cost)
	if s.Bytes {
		amount = s.costOf(uint64(p.layout.Size))
	}
	return s.state.take(p.host.nanoseconds(), amount) != s.Over
}

// costOf returns the nanoseconds in which so many bytes come.
func (s *RateLimit) costOf(n uint64) int64 {
	over, all := bits.Mul64(uint64(s.Unit), n)
	if over >= s.Rate {
		return math.MaxInt64
	}
	cost, _ := bits.Div64(over, all, s.Rate)
	return int64(min(cost, math.MaxInt64))
}

// A Quota holds until so many bytes have come to it, with Over from then on.
type Quota struct {
	Name  string // "": one of its own
	Bytes uint64
	Over  bool
	Used  uint64
	used  *atomic.Uint64
}

// Consumed returns how many bytes have come.
func (s *Quota) Consumed() uint64 {
	if s.used == nil {
		return s.Used
	}
	return s.used.Load()
}

func (*Quota) families() uint8 { return 3 }

func (s *Quota) prepared(on *nfTable) (Statement, error) {
	if s.Name != "" {
		o := on.object(ObjectQuota, s.Name)
		if o == nil {
			return nil, ErrNotThere
		}
		return &Quota{Name: s.Name, Bytes: o.Quota.Bytes, Over: o.Quota.Over, used: o.Quota.used}, nil
	}
	switch {
	case s.Bytes > math.MaxInt64:
		return nil, ErrOverflow
	case s.Consumed() > s.Bytes && s.used == nil:
		return nil, ErrInvalid
	}
	return s.own(), nil
}

func (s *Quota) own() *Quota {
	c := *s
	c.used = new(atomic.Uint64)
	c.used.Store(s.Consumed())
	return &c
}

func (s *Quota) build(r *rule, _ *nfTable) { r.behind(s) }

// match takes the packet for over if it reaches the quota.
func (s *Quota) match(p *packet) bool {
	return (s.used.Add(uint64(p.layout.Size)) >= s.Bytes) == s.Over
}
