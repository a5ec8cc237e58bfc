package nat

import "slices"

// AddRule puts a rule before the one that has the place at, counted from 0, or with -1 at the end. It
// returns the handle of the rule.
func (tx *NftEdit) AddRule(f Family, table, name string, at int, r NftRule) (uint64, error) {
	t, c, err := tx.look(f, table, name)
	if err != nil {
		return 0, err
	}
	if at < 0 || at > c.size {
		at = c.size
	}
	return tx.splice(t, c.id, at, at, r)
}

// ReplaceRule puts a rule in the place of the one with a handle.
func (tx *NftEdit) ReplaceRule(f Family, table, name string, handle uint64, r NftRule) error {
	t, c, err := tx.look(f, table, name)
	if err != nil {
		return err
	}
	at := c.place(handle)
	if at < 0 {
		return ErrNotThere
	}
	_, err = tx.splice(t, c.id, at, at+1, r)
	return err
}

// place returns the place of the rule with a handle, -1 if there is none.
func (c *chain) place(h uint64) int {
	for i, r := range c.all() {
		if r.nft.Handle == h {
			return i
		}
	}
	return -1
}

// splice puts a rule in the place of others.
func (tx *NftEdit) splice(t *nfTable, id, from, to int, r NftRule) (uint64, error) {
	made := &NftRule{Comment: r.Comment, Kept: r.Kept, Statements: make([]Statement, len(r.Statements))}
	if tooLong(r.Statements) {
		return 0, ErrInvalid
	}
	for i, s := range r.Statements {
		if s == nil || i > 0 && ends(r.Statements[i-1]) {
			return 0, ErrValue
		}
		var err error
		if made.Statements[i], err = s.prepared(t); err != nil {
			return 0, err
		}
		t.next += anonymous(made.Statements[i])
	}
	made.Handle = t.newHandle()
	print, leads := made.fingerprint(), false
	tx.each(t, id, func(c *chain, v6 bool) {
		r := t.compile(made, print, v6, tx.on)
		leads = leads || r.to != noChain || r.translates || r.hooks != everyHook || r.verdictMap() != nil
		c.splice(from, to, r)
	})
	if leads { // others change nothing of where packets come
		tx.doubt(t)
	}
	return made.Handle, nil
}

// Rewrite makes a chain as somebody leaves it who writes it anew: rules that are not Kept go, and the others count from 0.
func (tx *NftEdit) Rewrite(f Family, table, name string) error {
	t := tx.find(f, table)
	if t == nil || t.chain(name) == nil {
		return ErrNotThere
	}
	rules := t.chain(name).list()
	if !slices.ContainsFunc(rules, func(r *rule) bool { return !r.nft.Kept || r.nft.counted() }) {
		return nil
	}
	if err := tx.FlushChain(f, table, name); err != nil {
		return err
	}
	for _, r := range rules {
		if !r.nft.Kept {
			continue
		}
		if _, err := tx.AddRule(f, table, name, -1, r.nft.zeroed()); err != nil {
			return err
		}
	}
	return nil
}

// counted reports whether a counter of the rule is not 0.
func (r *NftRule) counted() bool {
	return slices.ContainsFunc(r.Statements, func(s Statement) bool {
		n, ok := s.(*Count)
		return ok && n.Name == "" && n.Counters() != Counters{}
	})
}

// zeroed returns the rule with counters of 0.
func (r *NftRule) zeroed() NftRule {
	fresh := *r
	fresh.Statements = slices.Clone(r.Statements)
	for i, s := range fresh.Statements {
		if n, ok := s.(*Count); ok && n.Name == "" {
			fresh.Statements[i] = new(Count)
		}
	}
	return fresh
}

// anonymous returns how many handles the sets of a statement take on Linux, where they have names that are not shown.
func anonymous(s Statement) uint64 {
	n := uint64(0)
	for _, e := range anonymousOf(s) {
		if e != nil {
			n++
		}
	}
	return n
}

func anonymousOf(s Statement) []*Elements {
	switch s := s.(type) {
	case Lookup:
		return []*Elements{s.Anon}
	case VerdictMap:
		return []*Elements{s.Anon}
	case Translate:
		return []*Elements{s.Addr.Anon, s.Port.Anon}
	}
	return nil
}

// DeleteRule removes the rule with a handle.
func (tx *NftEdit) DeleteRule(f Family, table, name string, handle uint64) error {
	t, c, err := tx.look(f, table, name)
	if err != nil {
		return err
	}
	return tx.cut(t, c, c.place(handle))
}

// DeleteAt removes the rule of a place, counted from 0.
func (tx *NftEdit) DeleteAt(f Family, table, name string, at int) error {
	t, c, err := tx.look(f, table, name)
	if err != nil {
		return err
	}
	return tx.cut(t, c, at)
}

func (tx *NftEdit) cut(t *nfTable, c *chain, at int) error {
	if at < 0 || at >= c.size {
		return ErrNotThere
	}
	tx.each(t, c.id, func(c *chain, _ bool) { c.splice(at, at+1) })
	return nil
}

// FlushChain removes the rules of a chain.
func (tx *NftEdit) FlushChain(f Family, table, name string) error {
	t, c, err := tx.look(f, table, name)
	if err == nil {
		tx.each(t, c.id, func(c *chain, _ bool) { c.splice(0, c.size) })
	}
	return err
}
