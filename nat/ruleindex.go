package nat

import "slices"

// A ruleIndex finds the rules of a chain whose digest a packet has without looking at each, by
// tuple space search (Srinivasan, Suri and Varghese: Packet Classification using Tuple Space
// Search, 1999). Rules that ask for the same bits are a group; what a packet has of these bits
// is the key of those that want it. Whatever their number, a packet costs a look into the map
// of each group, some 20 ns. The order of rules is kept: next returns one after the other, as
// a walk through the chain would find them.
//
// Rules that cannot be told apart so are looked at one by one: where few ask for the same bits,
// where many want the same of them, as those do that differ by a set or a range, and where none
// are asked for. An index does not change: it is of a chain as that once was, whose rules it
// numbers from 1.
type ruleIndex struct {
	end    int // the number of the last rule and 1
	groups []ruleGroup
	same   []int32 // by rule the next one of its group that wants the same, 0: none
	loose  []looseRule
	blocks map[*rule]indexedBlock // by their first rules
}

// A looseRule has no group.
type looseRule struct {
	at int32
	in *instruction
}

// An indexedBlock is a block, of whose rules the first has a number in the index.
type indexedBlock struct {
	code []instruction
	from int
}

// A ruleGroup is the rules that ask for the bits of a mask.
type ruleGroup struct {
	mask  digest
	first map[digest]int32 // the first rule that wants these bits
}

const (
	indexHead   = 16 // rules at the beginning of a chain that are looked at one by one
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
func newRuleIndex(blocks []*block) *ruleIndex {
	x := &ruleIndex{end: 1, blocks: make(map[*rule]indexedBlock, len(blocks))}
	for _, b := range blocks {
		x.blocks[b.code[0].rule] = indexedBlock{b.code, x.end}
		x.end += len(b.code)
	}
	x.same = make([]int32, x.end)
	at := x.group(blocks)
	length := make([]uint8, x.end) // how many follow that want the same
	i := x.end
	for _, b := range slices.Backward(blocks) {
		for k := range slices.Backward(b.code) {
			i--
			x.enter(int32(i), &b.code[k], at, length)
		}
	}
	slices.Reverse(x.loose)
	return x
}

// enter puts a rule before those that are in the index.
func (x *ruleIndex) enter(i int32, in *instruction, at map[digest]int, length []uint8) {
	g, ok := at[in.mask]
	if !ok {
		x.loose = append(x.loose, looseRule{i, in})
		return
	}
	first, key := x.groups[g].first, in.want.under(&in.mask)
	next, others := first[key]
	if others && length[next]+1 == mostSame {
		x.loose = append(x.loose, looseRule{i, in})
		return
	}
	if others {
		x.same[i], length[i] = next, length[next]+1
	}
	first[key] = i
}

// group makes the groups, and returns where that of each mask is.
func (x *ruleIndex) group(blocks []*block) map[digest]int {
	members := make(map[digest]int)
	var masks []digest
	for _, b := range blocks {
		for i := range b.code {
			mask := b.code[i].mask
			if members[mask]++; members[mask] == groupFrom && mask != (digest{}) {
				masks = append(masks, mask)
			}
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

// next returns the first rule from a number on whose digest a packet has, x.end if there is
// none.
func (x *ruleIndex) next(from int, d *digest) int {
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
	k, _ := slices.BinarySearchFunc(x.loose, int32(from), func(l looseRule, at int32) int { return int(l.at - at) })
	for ; k < len(x.loose) && x.loose[k].at < best; k++ {
		if l := &x.loose[k]; !d.differs(&l.in.want, &l.in.mask) {
			return int(l.at)
		}
	}
	return int(best)
}
