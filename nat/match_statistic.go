package nat

import (
	"fmt"
	"sync/atomic"
)

// Statistic is -m statistic: by Probability, in 2³¹ths, or, if Every is set, one packet of
// Every, of which Packet is the first, counted from 0. Each rule counts for itself.
type Statistic struct {
	Probability   uint32
	Every, Packet uint32
	Not           bool
}

// always is the probability of 1.
const always = 1 << 31

func (m Statistic) checked(setting) (Match, error) {
	if m.Probability > always || m.Every > 0 && (m.Probability != 0 || m.Packet >= m.Every) || m.Every == 0 && m.Packet != 0 {
		return nil, ErrValue
	}
	return m, nil
}

func (m Statistic) String() string { return "-m statistic" + m.Text(" --") }

// Text returns the options, each behind sep. -L leaves out packet 0.
func (m Statistic) Text(sep string) string {
	not := ""
	if m.Not {
		not = " !"
	}
	if m.Every == 0 {
		return fmt.Sprintf("%smode random%s%sprobability %.11f", sep, not, sep, float64(m.Probability)/always)
	}
	s := fmt.Sprintf("%smode nth%s%severy %d", sep, not, sep, m.Every)
	if m.Packet > 0 || sep != " " {
		s += fmt.Sprintf("%spacket %d", sep, m.Packet)
	}
	return s
}

// An nth counts round and round.
type nth struct {
	Statistic
	count atomic.Uint32
}

func (m Statistic) compile(a *asking) matcher {
	a.counted = true
	if m.Every == 0 {
		return m
	}
	n := &nth{Statistic: m}
	n.count.Store(m.Every - 1 - m.Packet)
	return n
}

func (m Statistic) match(p *packet) bool {
	return (uint32(p.host.chance()>>33) < m.Probability) != m.Not
}

func (n *nth) match(*packet) bool {
	for {
		old := n.count.Load()
		next := (old + 1) % n.Every
		if n.count.CompareAndSwap(old, next) {
			return (next == 0) != n.Not
		}
	}
}
