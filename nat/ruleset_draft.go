package nat

import (
	"slices"
)

// A draft is a state to be. Tables and chains are copied when they first change. A change
// that is refused leaves it as it was, so that the next may follow.
type draft struct {
	on     *host
	v6     bool
	shares bool // that rules come or go whose state has a name
	state  state

	tables [numTables]bool // copies
	names  [numTables]bool // tables whose names are a copy
	chains map[*chain]bool // copies
	graphs [numTables]*graph
}

// look finds a chain and asks f about it.
func (d *draft) look(op string, c Chain, r *Rule, f func(t *table, ch *chain) error) error {
	table, name := c.split()
	id, ok := tableNamed(table)
	err := ErrNoTable
	if ok {
		t := d.state.tables[id]
		if ch := t.find(name); ch != nil || op == opNewChain {
			err = f(t, ch)
		} else {
			err = ErrNoChain
		}
	}
	if err != nil {
		return refused(op, c, r, err)
	}
	return nil
}

// change is look for an f that changes t and ch, copies both, or fails and leaves them as
// they were.
func (d *draft) change(op string, c Chain, f func(t *table, ch *chain) error) error {
	return d.look(op, c, nil, func(t *table, ch *chain) error {
		t = d.ownTable(t.id)
		if ch != nil {
			ch = d.own(t, ch.id)
		}
		undo := func() {}
		if op != opZero && op != opSetCounters {
			undo = d.use(t, ch)
		}
		if err := f(t, ch); err != nil {
			d.graphs[t.id] = nil // which a jump that came to nothing may have spoiled
			undo()
			return err
		}
		return nil
	})
}

// use gives a table that somebody makes something in its handle, and so a chain, nil if that is to be
// made. undo takes them away.
func (d *draft) use(t *table, ch *chain) (undo func()) {
	table, next := t.handle, t.next
	if table == 0 {
		t.handle = d.on.made.Add(1)
	}
	if ch == nil || ch.handle > 0 {
		return func() { t.handle, t.next = table, next }
	}
	ch.handle = t.newHandle()
	return func() { t.handle, t.next, ch.handle = table, next, 0 }
}

// ownTable returns a table that may change.
func (d *draft) ownTable(id tableID) *table {
	if !d.tables[id] {
		t := *d.state.tables[id]
		t.chains = slices.Clone(t.chains)
		d.state.tables[id], d.tables[id] = &t, true
	}
	return d.state.tables[id]
}

// own returns a chain of a table, both of which may change.
func (d *draft) own(t *table, id int) *chain {
	c := t.chains[id]
	if !d.chains[c] {
		c = c.edit()
		t.chains[id] = c
		d.adopt(c)
	}
	return c
}

// adopt lets a chain change in this draft.
func (d *draft) adopt(c *chain) {
	if d.chains == nil {
		d.chains = make(map[*chain]bool)
	}
	d.chains[c] = true
}

// ownNames returns the names of a table that may change.
func (d *draft) ownNames(t *table) *layers[string, int] {
	if !d.names[t.id] {
		t.names, d.names[t.id] = t.names.clone(), true
	}
	return &t.names
}

// graph returns from where packets come to the chains of a table, which is found out when
// it is first asked for: most rules are allowed everywhere and do not ask.
func (d *draft) graph(t *table) *graph {
	if d.graphs[t.id] == nil {
		d.graphs[t.id] = newGraph(t)
	}
	d.graphs[t.id].grow(t)
	return d.graphs[t.id]
}
