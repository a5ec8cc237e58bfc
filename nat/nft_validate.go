package nat

import "slices"

// doubt has the chains of a table looked through before the edit is over.
func (tx *NftEdit) doubt(t *nfTable) {
	if tx.suspect == nil {
		tx.suspect = make(map[Family]map[string]bool)
	}
	if tx.suspect[t.family] == nil {
		tx.suspect[t.family] = make(map[string]bool)
	}
	tx.suspect[t.family][t.name] = true
}

// Validate fails if packets could meet what may not be where they come from: a translation outside
// of chains of type nat and of its hooks, more than 15 jumps in a row, or a circle.
func (tx *NftEdit) Validate() error {
	for f, names := range tx.suspect {
		for name := range names {
			if t := tx.find(f, name); t != nil {
				if err := t.validate(); err != nil {
					return err
				}
			}
		}
	}
	tx.suspect = nil
	return nil
}

func (t *nfTable) validate() error {
	v := &validation{table: t, prog: t.main(), busy: make(map[*chain]bool), seen: make(map[*chain]int), next: make(map[*chain][]int)}
	for _, id := range t.bases {
		base := v.prog.chains[id]
		clear(v.seen)
		if err := v.chain(base, base.nft.Base, 1); err != nil {
			return err
		}
	}
	return nil
}

// A validation goes where packets go.
type validation struct {
	table *nfTable
	prog  *table
	busy  map[*chain]bool // on the way
	seen  map[*chain]int  // by chain the most jumps with which it was looked through
	next  map[*chain][]int
}

func (v *validation) chain(c *chain, from *BaseChain, depth int) error {
	switch {
	case v.busy[c], depth > maxJumps+1:
		return ErrLinks
	case v.seen[c] >= depth:
		return nil
	}
	v.seen[c] = depth
	v.busy[c] = true
	defer delete(v.busy, c)
	if c.bars[from.Hook] > 0 || from.Type != NATChain && slices.ContainsFunc(c.rules, func(r *rule) bool { return r.translates }) {
		return ErrUnsupported
	}
	for _, to := range v.calls(c) {
		if err := v.chain(v.prog.chains[to], from, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// calls returns the chains that rules of c lead to, by maps as well.
func (v *validation) calls(c *chain) []int {
	if list, ok := v.next[c]; ok {
		return list
	}
	list := slices.Clone(c.calls)
	for _, r := range c.rules {
		for l := r.verdictMap(); l != nil; l = l.behind.verdictMap() {
			if l.set < 0 {
				continue
			}
			for e := range v.table.sets[l.set].elements.All() {
				if e.to != noChain {
					list = append(list, e.to)
				}
			}
		}
	}
	slices.Sort(list)
	list = slices.Compact(list)
	v.next[c] = list
	return list
}
