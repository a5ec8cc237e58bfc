package drop

import (
	"fmt"
	"iter"
	"strings"
	"sync/atomic"
)

// Counters count drops at one place. The zero Counters are ready to use, and take memory for
// the counts when something is dropped first. They are safe for concurrent use.
type Counters struct {
	counts atomic.Pointer[[numReasons]atomic.Uint64]
}

// Add counts n packets. A Reason that is none counts as Unknown.
func (c *Counters) Add(r Reason, n uint64) {
	if int(r) >= numReasons {
		r = Unknown
	}
	counts := c.counts.Load()
	if counts == nil {
		c.counts.CompareAndSwap(nil, new([numReasons]atomic.Uint64))
		counts = c.counts.Load()
	}
	counts[r].Add(n)
}

// Load returns the counts.
func (c *Counters) Load() (n Counts) {
	if counts := c.counts.Load(); counts != nil {
		for r := range counts {
			n[r] = counts[r].Load()
		}
	}
	return n
}

// Counts are how many packets were dropped, by Reason. Comparable.
type Counts [numReasons]uint64

// Total returns how many were dropped.
func (c Counts) Total() (n uint64) {
	for _, m := range c {
		n += m
	}
	return n
}

// Plus returns the sums of two places.
func (c Counts) Plus(d Counts) Counts {
	for r := range c {
		c[r] += d[r]
	}
	return c
}

// All returns the reasons for which something was dropped, with how many, in the order of the
// constants.
func (c Counts) All() iter.Seq2[Reason, uint64] {
	return func(yield func(Reason, uint64) bool) {
		for r, n := range c {
			if n > 0 && !yield(Reason(r), n) {
				return
			}
		}
	}
}

// String lists what All returns: "3 no route, 1 TTL exceeded", and "none".
func (c Counts) String() string {
	var list []string
	for r, n := range c.All() {
		list = append(list, fmt.Sprintf("%d %v", n, r))
	}
	if list == nil {
		return "none"
	}
	return strings.Join(list, ", ")
}
