package nat

import (
	"math"
	"slices"
	"sync/atomic"
)

// An indexed is what a chain as it stands has of an index, which is made when packets have walked
// through the chain for longer than that takes: chains that hardly anybody passes have none. When
// rules come and go the blocks that stay as they are keep what they have, and packets walk through the
// others until another index is worth it.
type indexed struct {
	view   atomic.Pointer[view]
	older  *ruleIndex   // of the chain before it changed, nil: none
	walked atomic.Int64 // rules that were looked at since it was made, one by one
}

// A view says which rules of a chain are in an index.
type view struct {
	index *ruleIndex
	spans []span // by block of the chain
}

// A span is the rules at the beginning of a block that are in an index, one behind the other.
type span struct {
	from int // the number of the first; of a block without, where one would be
	n    int
	gap  int // where in the chain the next rule is that is not in the index
}

// newView returns what a chain has of an index, which was made of it or of what it was once. Rules
// never change their order.
func newView(index *ruleIndex, c *chain) *view {
	v := &view{index, make([]span, len(c.blocks))}
	from := 1
	for i, b := range c.blocks {
		s := &v.spans[i]
		if was, ok := index.blocks[b.code[0].rule]; ok {
			from, s.n = was.from, b.alike(was.code)
		}
		s.from = from
		from += s.n
	}
	gap := c.size
	for i, s := range slices.Backward(v.spans) {
		if s.n < len(c.blocks[i].code) {
			gap = c.starts[i] + s.n
		}
		v.spans[i].gap = gap
	}
	return v
}

// alike returns how many rules a block begins with that another one begins with.
func (b *block) alike(code []instruction) (n int) {
	most := min(len(code), len(b.code))
	if &code[0] == &b.code[0] { // the same array, and what packets may see of it does not change
		return most
	}
	for n < most && code[n].rule == b.code[n].rule {
		n++
	}
	return n
}

// after returns what is left of it when the chain changes.
func (x *indexed) after() *indexed {
	if x == nil {
		return new(indexed)
	}
	a := &indexed{older: x.older}
	if v := x.view.Load(); v != nil {
		a.older = v.index
	}
	return a
}

// now returns the view that packets have, nil if there is none.
func (x *indexed) now(c *chain) *view {
	v := x.view.Load()
	if v == nil && x.older != nil {
		v = newView(x.older, c)
		if !x.view.CompareAndSwap(nil, v) {
			v = x.view.Load()
		}
	}
	return v
}

// indexWorth is how many times a chain is walked through before it is worth an index: to enter
// a rule costs as much as to look at a hundred.
const indexWorth = 100

// walk notes that so many rules were looked at.
func (x *indexed) walk(rules int, c *chain) {
	worth := int64(indexWorth * c.size)
	n := x.walked.Add(int64(rules))
	if n < worth || !x.walked.CompareAndSwap(n, 0) { // who makes it is one
		return
	}
	if index := newRuleIndex(c.blocks); 2*len(index.loose) < c.size {
		x.view.Store(newView(index, c))
	} else {
		x.walked.Store(math.MinInt64 / 2) // a walk is faster, and remains so as the chain stands
	}
}

// searchLong is search for a chain that may have an index.
func (c *chain) searchLong(next int, d *digest, p *packet) int {
	if next < indexHead {
		if next = c.linear(next, indexHead, d, p); next < indexHead {
			return next
		}
	}
	v, walked := c.found.now(c), 0
	for next < c.size {
		end := c.size
		if v != nil {
			next, end = v.skip(next, d, c)
		}
		from := next
		if next = c.linear(from, end, d, p); end > from+1 {
			walked += next - from
		}
		if next < end {
			break
		}
	}
	if walked > indexHead {
		c.found.walk(walked, c)
	}
	return next
}

// skip returns from where to where in c to look for a rule that a packet matches: none from next to
// there has its digest.
func (v *view) skip(next int, d *digest, c *chain) (from, to int) {
	for next < c.size {
		b := c.locate(next)
		s := &v.spans[b]
		k := next - c.starts[b]
		if k >= s.n { // not in the index
			return next, c.starts[b] + len(c.blocks[b].code)
		}
		at, there := v.place(v.index.next(s.from+k, d), c)
		if next = min(at, s.gap); there && at < s.gap {
			return at, at + 1
		}
	}
	return next, next
}

// place returns where in a chain a rule of the index is. If it has gone it is false, and where the
// next of the index is.
func (v *view) place(number int, c *chain) (at int, there bool) {
	if number == v.index.end {
		return c.size, false
	}
	b, there := slices.BinarySearchFunc(v.spans, number, func(s span, number int) int {
		switch {
		case s.from+s.n <= number:
			return -1
		case s.from > number:
			return 1
		}
		return 0
	})
	if there {
		return c.starts[b] + number - v.spans[b].from, true
	}
	if b == len(v.spans) {
		return c.size, false
	}
	return c.starts[b], false
}
