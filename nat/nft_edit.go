package nat

import (
	"slices"
)

// A NftEdit is the tables of nft while they change, or a View of them. What is refused changes nothing, for one of the
// reasons ErrNotThere, ErrThere, ErrInUse, ErrInvalid, ErrUnsupported, ErrLinks, ErrFull, ErrOverflow and ErrValue.
type NftEdit struct {
	on      *host
	rules   [2]*Ruleset // of iptables
	state   nftState
	owned   map[*nfTable]bool // copies
	chains  map[*chain]bool   // copies
	sets    map[*NftSet]bool  // copies
	changed bool
	view    bool                       // nothing that it appends may be written behind what packets see
	suspect map[Family]map[string]bool // tables whose chains are to be looked through
}

func (tx *NftEdit) find(f Family, name string) *nfTable {
	for _, t := range tx.state.tables {
		if t.family == f && t.name == name {
			return t
		}
	}
	return nil
}

// own returns a table that may change, nil if there is none.
func (tx *NftEdit) own(f Family, name string) *nfTable {
	i := slices.IndexFunc(tx.state.tables, func(t *nfTable) bool { return t.family == f && t.name == name })
	if i < 0 {
		return nil
	}
	t := tx.state.tables[i]
	if tx.owned[t] {
		return t
	}
	c := *t
	for k, p := range c.progs {
		if p != nil {
			prog := *p
			prog.chains = slices.Clone(p.chains)
			prog.names = p.names.clone()
			c.progs[k] = &prog
		}
	}
	c.sets, c.objects, c.bases = slices.Clone(c.sets), slices.Clone(c.objects), slices.Clone(c.bases)
	tx.state.tables[i] = &c
	tx.adopt(&c)
	return &c
}

func (tx *NftEdit) adopt(t *nfTable) {
	if tx.owned == nil {
		tx.owned = make(map[*nfTable]bool)
	}
	tx.owned[t] = true
}

// each changes a chain in each program of its table.
func (tx *NftEdit) each(t *nfTable, id int, f func(c *chain, v6 bool)) {
	for i, p := range t.progs {
		if p == nil {
			continue
		}
		c := p.chains[id]
		if !tx.chains[c] {
			c = c.edit()
			if tx.view {
				c.clip()
			}
			p.chains[id] = c
			if tx.chains == nil {
				tx.chains = make(map[*chain]bool)
			}
			tx.chains[c] = true
		}
		f(c, i == 1)
	}
}

// look finds a chain of a table that may change.
func (tx *NftEdit) look(f Family, table, name string) (*nfTable, *chain, error) {
	if t := tx.find(f, table); t == nil || t.chain(name) == nil {
		return nil, nil, ErrNotThere
	}
	t := tx.own(f, table)
	return t, t.chain(name), nil
}

// AddTable makes an empty table.
func (tx *NftEdit) AddTable(n NftTable) error {
	if n.Family > FamilyINet {
		return ErrValue
	}
	if tx.find(n.Family, n.Name) != nil {
		return ErrThere
	}
	t := &nfTable{family: n.Family, name: n.Name, handle: tx.on.made.Add(1), comment: n.Comment, dormant: n.Dormant}
	for i := range t.progs {
		if n.Family.has()&(1<<i) != 0 {
			t.progs[i] = &table{handle: 1}
		}
	}
	tx.adopt(t)
	tx.state.tables = append(tx.state.tables, t)
	return nil
}

// SetDormant has packets come to the base chains of a table, or not.
func (tx *NftEdit) SetDormant(f Family, name string, dormant bool) error {
	t := tx.own(f, name)
	if t == nil {
		return ErrNotThere
	}
	t.dormant = dormant
	return nil
}

// DeleteTable removes a table and all that is in it.
func (tx *NftEdit) DeleteTable(f Family, name string) error {
	i := slices.IndexFunc(tx.state.tables, func(t *nfTable) bool { return t.family == f && t.name == name })
	if i < 0 {
		return ErrNotThere
	}
	tx.state.tables = slices.Delete(tx.state.tables, i, i+1)
	tx.changed = true
	return nil
}

// AddChain makes an empty chain.
func (tx *NftEdit) AddChain(f Family, table string, n NftChain) error {
	return tx.addChain(f, table, n, tx.state.seq+1)
}

// addChain is AddChain for a base chain that is asked before those of its priority with a lower seq.
func (tx *NftEdit) addChain(f Family, table string, n NftChain, seq uint64) error {
	if tx.find(f, table) == nil {
		return ErrNotThere
	}
	if err := n.check(); err != nil {
		return err
	}
	t := tx.own(f, table)
	if t.chain(n.Name) != nil {
		return ErrThere
	}
	info := &chainInfo{Handle: t.newHandle(), Comment: n.Comment}
	policy := accept
	if n.Base != nil {
		base := *n.Base
		tx.state.seq = max(tx.state.seq, seq)
		info.Base, info.seq = &base, seq
		if base.Drops {
			policy = dropped
		}
	}
	for _, p := range t.progs {
		if p == nil {
			continue
		}
		c := &chain{id: p.free(), hook: numHooks, name: n.Name, full: t.full(n.Name), policy: policy, nft: info}
		p.chains[c.id] = c
		p.names.set(n.Name, c.id)
		if tx.chains == nil {
			tx.chains = make(map[*chain]bool)
		}
		tx.chains[c] = true
	}
	if n.Base != nil {
		t.bases = append(t.bases, t.chain(n.Name).id)
	}
	return nil
}

// check wants base chains where Linux has them.
func (n NftChain) check() error {
	b := n.Base
	switch {
	case b == nil:
	case b.Hook > HookPostrouting || b.Type > RouteChain:
		return ErrValue
	case b.Type == RouteChain && b.Hook != HookOutput, b.Type == NATChain && (b.Hook == HookForward || b.Priority <= connPriority):
		return ErrUnsupported
	}
	return nil
}

// SetPolicy changes the policy of a base chain.
func (tx *NftEdit) SetPolicy(f Family, table, name string, drops bool) error {
	t, c, err := tx.look(f, table, name)
	switch {
	case err != nil:
		return err
	case c.nft.Base == nil:
		return ErrUnsupported
	}
	info, base := *c.nft, *c.nft.Base
	info.Base, base.Drops = &base, drops
	tx.each(t, c.id, func(c *chain, _ bool) {
		if c.nft, c.policy = &info, accept; drops {
			c.policy = dropped
		}
	})
	return nil
}

// DeleteChain removes a chain with its rules. No rule and no map may lead there.
func (tx *NftEdit) DeleteChain(f Family, table, name string) error {
	t, c, err := tx.look(f, table, name)
	if err != nil {
		return err
	}
	if t.main().references(c) > 0 || t.mapsTo(c.id) {
		return ErrInUse
	}
	for _, p := range t.progs {
		if p != nil {
			p.chains[c.id] = nil
			p.names.delete(name)
		}
	}
	t.bases = slices.DeleteFunc(t.bases, func(id int) bool { return id == c.id })
	return nil
}

// mapsTo reports whether a named map leads to a chain.
func (t *nfTable) mapsTo(id int) bool {
	for _, s := range t.sets {
		if s == nil || !s.Verdicts {
			continue
		}
		if _, leads := s.elements.leads.get(id); leads {
			return true
		}
	}
	return false
}

// RenameChain gives a chain another name.
func (tx *NftEdit) RenameChain(f Family, table, name, to string) error {
	t, c, err := tx.look(f, table, name)
	switch {
	case err != nil:
		return err
	case t.chain(to) != nil:
		return ErrThere
	}
	if t.main().references(c) > 0 {
		tx.renameInRules(t, name, to)
	}
	if t.mapsTo(c.id) {
		tx.renameInMaps(t, name, to)
	}
	tx.each(t, c.id, func(c *chain, _ bool) { c.name, c.full = to, t.full(to) })
	for _, p := range t.progs {
		if p != nil {
			p.names.delete(name)
			p.names.set(to, c.id)
		}
	}
	return nil
}
