package nat

import (
	"iter"
	"slices"
)

// A block is some rules of a chain, one behind the other. A change copies the block that it is in and
// the list of blocks, so that it costs about the same wherever it is and however long the chain.
//
// What packets may see of a block does not change. Copies share its arrays, of which an older copy
// never sees what lies beyond its own end: they grow there, and lose rules at either end by showing
// less of them.
type block struct {
	code   []instruction
	prints []uint64 // fingerprints of the rules: 8 bytes of each are looked at to find one
	of     *edition // whose arrays these are
}

// An edition is a chain while one draft changes it, which may change the arrays of its own.
type edition struct{ _ byte }

// blockSize is how many rules a block has at most, 9 KiB. Among a hundred thousand a change copies as
// much for the block as for the list.
const blockSize = 128

// edit returns a copy that may change.
func (c *chain) edit() *chain {
	copied := *c
	copied.edition = new(edition)
	copied.blocks, copied.starts = slices.Clone(c.blocks), slices.Clone(c.starts)
	return &copied
}

// clip keeps what is added to c from being written behind what others see.
func (c *chain) clip() {
	for i, b := range c.blocks {
		c.blocks[i] = &block{code: slices.Clip(b.code), prints: slices.Clip(b.prints)}
	}
	c.calls = slices.Clip(c.calls)
}

// locate returns the block in which the rule of an index is; the last one for the end.
func (c *chain) locate(at int) int {
	if len(c.blocks) <= 1 {
		return 0
	}
	b, there := slices.BinarySearch(c.starts, at)
	if !there {
		b--
	}
	return b
}

// at returns the rule of an index as packets meet it.
func (c *chain) at(i int) *instruction {
	b := c.locate(i)
	return &c.blocks[b].code[i-c.starts[b]]
}

// all returns the rules with their indices. It must not outlive a change.
func (c *chain) all() iter.Seq2[int, *rule] { return c.span(0, c.size) }

// span is all for the rules from one index to another.
func (c *chain) span(from, to int) iter.Seq2[int, *rule] {
	return func(yield func(int, *rule) bool) {
		for b := c.locate(from); from < to; b++ {
			code, start := c.blocks[b].code, c.starts[b]
			for ; from < min(to, start+len(code)); from++ {
				if !yield(from, code[from-start].rule) {
					return
				}
			}
		}
	}
}

// list returns the rules.
func (c *chain) list() []*rule {
	list := make([]*rule, 0, c.size)
	for _, r := range c.all() {
		list = append(list, r)
	}
	return list
}

// own returns a block whose fields may change.
func (c *chain) own(b int) *block {
	if c.blocks[b].of != c.edition {
		copied := *c.blocks[b]
		copied.of = nil // the arrays are not
		c.blocks[b] = &copied
	}
	return c.blocks[b]
}

// cut takes the rules from one index to another away.
func (c *chain) cut(from, to int) {
	if from == to {
		return
	}
	first := c.locate(from)
	for b := first; b < len(c.blocks) && c.starts[b] < to; b++ {
		lo, n := max(0, from-c.starts[b]), len(c.blocks[b].code)
		if hi := min(n, to-c.starts[b]); hi-lo < n {
			c.own(b).cut(lo, hi, c.edition)
		} else {
			c.blocks[b] = nil
		}
	}
	c.blocks = slices.DeleteFunc(c.blocks, func(b *block) bool { return b == nil })
	c.join(first + 1)
	c.join(first)
	c.number(max(0, first-1))
}

// cut leaves the arrays as they are at either end, and copies those of others in between.
func (b *block) cut(lo, hi int, own *edition) {
	switch {
	case hi == len(b.code): // what is added next must not be written over them
		b.code, b.prints = b.code[:lo:lo], b.prints[:lo:lo]
	case lo == 0:
		b.code, b.prints = b.code[hi:], b.prints[hi:]
	case b.of == own:
		b.code, b.prints = slices.Delete(b.code, lo, hi), slices.Delete(b.prints, lo, hi)
	default:
		b.code, b.prints = slices.Concat(b.code[:lo], b.code[hi:]), slices.Concat(b.prints[:lo], b.prints[hi:])
		b.of = own
	}
}

// join puts the rules of a block that has few to those of the next, or of the one before.
func (c *chain) join(b int) {
	if b >= len(c.blocks) || len(c.blocks) < 2 || len(c.blocks[b].code) > blockSize/4 {
		return
	}
	b = min(b, len(c.blocks)-2)
	x, y := c.blocks[b], c.blocks[b+1]
	if len(x.code)+len(y.code) > blockSize*3/4 {
		return
	}
	c.blocks[b] = &block{slices.Concat(x.code, y.code), slices.Concat(x.prints, y.prints), c.edition}
	c.blocks = slices.Delete(c.blocks, b+1, b+2)
}

// put adds rules so that the first has an index.
func (c *chain) put(at int, rules []*rule) {
	if len(rules) == 0 {
		return
	}
	code, prints := make([]instruction, len(rules)), make([]uint64, len(rules))
	for i, r := range rules {
		code[i], prints[i] = r.instruction(), r.print
	}
	b := c.locate(at)
	switch {
	case len(c.blocks) == 0:
		c.blocks = append(c.blocks, &block{code, prints, c.edition})
	case at == c.size: // grows where it lies
		x := c.own(b)
		x.code, x.prints = append(x.code, code...), append(x.prints, prints...)
	default:
		x, k := c.own(b), at-c.starts[b]
		if x.of != c.edition {
			x.code, x.prints = slices.Clip(x.code), slices.Clip(x.prints) // so that Insert copies them
		}
		x.code, x.prints, x.of = slices.Insert(x.code, k, code...), slices.Insert(x.prints, k, prints...), c.edition
	}
	c.split(b, at == c.size)
	c.number(b)
}

// split divides a block that has become too long. At the end of a chain blocks are full: what is added
// there goes on in a new one.
func (c *chain) split(b int, last bool) {
	x := c.blocks[b]
	n := len(x.code)
	if n <= blockSize {
		return
	}
	size := blockSize
	if !last {
		size = (n + 1) / 2
		if n > 2*blockSize {
			size = blockSize * 3 / 4
		}
	}
	var parts []*block
	for lo := 0; lo < n; lo += size {
		hi := min(n, lo+size)
		part := &block{x.code[lo:hi:hi], x.prints[lo:hi:hi], x.of}
		if hi == n {
			part.code, part.prints = x.code[lo:], x.prints[lo:]
		}
		parts = append(parts, part)
	}
	c.blocks = slices.Replace(c.blocks, b, b+1, parts...)
}

// number notes where the blocks from one on begin.
func (c *chain) number(b int) {
	c.starts = slices.Grow(c.starts[:min(b, len(c.starts))], len(c.blocks))
	c.size = 0
	if b > 0 {
		c.size = c.starts[b-1] + len(c.blocks[b-1].code)
	}
	for _, x := range c.blocks[b:] {
		c.starts = append(c.starts, c.size)
		c.size += len(x.code)
	}
}
