package nat

import (
	"math"
	"slices"
	"sync/atomic"
)

// A ruleIndex finds the rules of a chain whose digest a packet has without looking at each, by
// tuple space search (Srinivasan, Suri and Varghese: Packet Classification using Tuple Space
// Search, 1999). Rules that ask for the same bits are a group; what a packet has of these bits
// is the key of those that want it. Whatever their number, a packet costs a look into the map
// of each group, some 20 ns. The order of rules is kept: next returns one after the other, as
// a walk through the chain would find them.
//
// Rules that cannot be told apart so are looked at one by one: where few ask for the same bits,
// where many want the same of them, as those do that differ by a set or a range, and where none
// are asked for. An index does not change.
type ruleIndex struct {
	end    int // of the rules that are in it; those before indexHead are not
	groups []ruleGroup
	same   []int32 // by rule the next one of its group that wants the same, 0: none
	loose  []int32 // rules without a group
}

// A ruleGroup is the rules that ask for the bits of a mask.
type ruleGroup struct {
	mask  digest
	first map[digest]int32 // the first rule that wants these bits
}

const (
	indexHead   = 16 // rules at the beginning of a chain that are always looked at one by one
	indexFrom   = 48 // rules of a chain that gets an index
	indexGroups = 16 // of an index at most, each of which costs every packet a look
	groupFrom   = 8  // rules that are worth a group
	mostSame    = 4  // rules of a group that want the same
)

// under returns the bits of d under a mask.
func (d *digest) under(mask *digest) digest {
	return digest{d.addrs & mask.addrs, d.transport & mask.transport, d.nics & mask.nics}
}

// newRuleIndex returns an index of all rules of a chain.
func newRuleIndex(code []instruction) *ruleIndex {
	x := &ruleIndex{end: len(code), same: make([]int32, len(code))}
	at := x.group(code)
	length := make([]uint8, len(code)) // how many follow that want the same
	for i := len(code) - 1; i >= indexHead; i-- {
		in := &code[i]
		g, ok := at[in.mask]
		if !ok {
			x.loose = append(x.loose, int32(i))
			continue
		}
		first, key := x.groups[g].first, in.want.under(&in.mask)
		next, others := first[key]
		if others && length[next]+1 == mostSame {
			x.loose = append(x.loose, int32(i))
			continue
		}
		if others {
			x.same[i], length[i] = next, length[next]+1
		}
		first[key] = int32(i)
	}
	slices.Reverse(x.loose)
	return x
}

// group makes the groups, and returns where that of each mask is.
func (x *ruleIndex) group(code []instruction) map[digest]int {
	members := make(map[digest]int)
	var masks []digest
	for i := range code[indexHead:] {
		mask := code[indexHead+i].mask
		if members[mask]++; members[mask] == groupFrom && mask != (digest{}) {
			masks = append(masks, mask)
		}
	}
	slices.SortStableFunc(masks, func(a, b digest) int { return members[b] - members[a] })
	at := make(map[digest]int)
	for g, mask := range masks[:min(len(masks), indexGroups)] {
		x.groups = append(x.groups, ruleGroup{mask, make(map[digest]int32, members[mask])})
		at[mask] = g
	}
	return at
}

// next returns the first rule from an index on whose digest a packet has, x.end if there is
// none.
func (x *ruleIndex) next(from int, d *digest, code []instruction) int {
	best := int32(x.end)
	for i := range x.groups {
		g := &x.groups[i]
		at := g.first[d.under(&g.mask)]
		for at != 0 && int(at) < from {
			at = x.same[at]
		}
		if at != 0 && at < best {
			best = at
		}
	}
	k, _ := slices.BinarySearch(x.loose, int32(from))
	for ; k < len(x.loose) && x.loose[k] < best; k++ {
		if in := &code[x.loose[k]]; !d.differs(&in.want, &in.mask) {
			return int(x.loose[k])
		}
	}
	return int(best)
}

// An indexed is the index of a chain as it stands, made when packets have walked through it for
// longer than that takes: chains that change often, and those that hardly anybody passes, have
// none. It may lack the last rules.
type indexed struct {
	index  atomic.Pointer[ruleIndex]
	walked atomic.Int64 // rules that were looked at since it was made, one by one
}

// grown returns what is left of it when rules come to the end of the chain.
func (x *indexed) grown() *indexed {
	g := new(indexed)
	if x != nil {
		g.index.Store(x.index.Load())
	}
	return g
}

// indexWorth is how many times a chain is walked through before it is worth an index: to enter
// a rule costs as much as to look at a hundred.
const indexWorth = 100

// walk notes that so many rules were looked at.
func (x *indexed) walk(rules int, code []instruction) {
	worth := int64(indexWorth * len(code))
	n := x.walked.Add(int64(rules))
	if n < worth || !x.walked.CompareAndSwap(n, 0) { // who makes it is one
		return
	}
	if index := newRuleIndex(code); 2*len(index.loose) < len(code) {
		x.index.Store(index)
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
	if x := c.found.index.Load(); x != nil {
		for next < x.end {
			if next = x.next(next, d, c.code); next == x.end {
				break
			}
			if i := &c.code[next]; !i.more || i.matches(d, p) {
				return next
			}
			next++
		}
	}
	from := next
	next = c.linear(next, len(c.code), d, p)
	if next-from > indexHead {
		c.found.walk(next-from, c.code)
	}
	return next
}
