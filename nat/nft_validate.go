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
	prog := t.main()
	n := len(prog.chains)
	v := &validation{table: t, prog: prog, busy: make([]bool, n), seen: make([]int8, n), next: make([][]int, n)}
	for _, id := range t.bases {
		base := v.prog.chains[id]
		clear(v.seen)
		if err := v.chain(base, base.nft.Base, 1); err != nil {
			return err
		}
	}
	return nil
}

// A validation goes where packets go. What it knows of a chain is at the chain's index.
type validation struct {
	table *nfTable
	prog  *table
	busy  []bool // on the way
	seen  []int8 // the most jumps with which it was looked through
	next  [][]int
}

func (v *validation) chain(c *chain, from *BaseChain, depth int) error {
	switch {
	case v.busy[c.id], depth > maxJumps+1:
		return ErrLinks
	case int(v.seen[c.id]) >= depth:
		return nil
	}
	v.seen[c.id] = int8(depth)
	v.busy[c.id] = true
	defer func() { v.busy[c.id] = false }()
	if c.bars[from.Hook] > 0 || from.Type != NATChain && c.translations > 0 {
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
	if list := v.next[c.id]; list != nil {
		return list
	}
	list := make([]int, 0, len(c.calls))
	for _, e := range c.calls {
		list = append(list, e.to)
	}
	if c.lookups > 0 {
		list = v.mapped(c, list)
	}
	slices.Sort(list)
	list = slices.Compact(list)
	v.next[c.id] = list
	return list
}

// mapped adds the chains that rules of c lead to by maps with names.
func (v *validation) mapped(c *chain, list []int) []int {
	for _, r := range c.all() {
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
	return list
}
