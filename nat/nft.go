package nat

import (
	"iter"
	"slices"
	"sync"
	"sync/atomic"
)

// An Nftables is the tables of nft of one machine, beside those of iptables ([NftEdit.Iptables]): packets pass both, in
// the order of priorities (see [BaseChain]). To drop a packet
// is final in any chain, to accept one ends the base chain alone. Its methods are safe for
// concurrent use and for use while packets pass: those see the rules before a change or
// after it.
//
// A change copies the chains and sets that it touches; to append to a chain costs the same however
// long it is.
type Nftables struct {
	on    *host
	rules [2]*Ruleset // of iptables and of ip6tables
	mu    sync.Mutex  // serializes changes; taken before those of rules
	state atomic.Pointer[nftState]
}

// A NftTable is what a table is called.
type NftTable struct {
	Family  Family
	Name    string
	Handle  uint64
	Comment string
	Dormant bool // packets do not come to its chains
}

// A NftChain is what a chain is called, and how packets come to it.
type NftChain struct {
	Name    string
	Handle  uint64
	Base    *BaseChain // nil: by rules
	Comment string
}

// Nft returns the tables of nft.
func (t *Tables) Nft() *Nftables { return &t.nft }

// Edit makes several changes that packets and others see all at once, or, if f fails or what it
// made may not be, none of them. Changes of what is iptables' are seen a moment after the others. f must not use n itself or the
// rules of iptables, which wait, nor keep its argument.
func (n *Nftables) Edit(f func(tx *NftEdit) error) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.rules[0].Edit(func(v4 *Ruleset) error {
		return n.rules[1].Edit(func(v6 *Ruleset) error { return n.edit(f, v4, v6) })
	})
}

func (n *Nftables) edit(f func(tx *NftEdit) error, v4, v6 *Ruleset) error {
	tx := &NftEdit{on: n.on, rules: [2]*Ruleset{v4, v6}}
	if s := n.state.Load(); s != nil {
		tx.state = *s
	}
	tx.state.tables = slices.Clone(tx.state.tables)
	if err := f(tx); err != nil {
		return err
	}
	return n.commit(tx)
}

func (n *Nftables) commit(tx *NftEdit) error {
	if err := tx.Validate(); err != nil || len(tx.owned) == 0 && !tx.changed {
		return err
	}
	tx.state.link() // without tables, too, which go on being counted
	n.state.Store(&tx.state)
	return nil
}

// View returns the tables as they are now, without waiting for an Edit. Changes to it are for nothing, but for those to
// Iptables, whose tables are as they are whenever they are asked.
func (n *Nftables) View() *NftEdit {
	tx := &NftEdit{on: n.on, rules: n.rules, view: true}
	if s := n.state.Load(); s != nil {
		tx.state = *s
		tx.state.tables = slices.Clone(s.tables)
	}
	return tx
}

// Iptables returns the tables of iptables of a family, which change with the others; nil if the family has none. They are
// tables of the same kernel: nft shows both.
func (tx *NftEdit) Iptables(f Family) *Ruleset {
	if int(f) < len(tx.rules) {
		return tx.rules[f]
	}
	return nil
}

// Tables returns the tables of nft in the order in which they were made.
func (tx *NftEdit) Tables() iter.Seq[NftTable] {
	return func(yield func(NftTable) bool) {
		for _, t := range slices.Clone(tx.state.tables) {
			if !yield(NftTable{t.family, t.name, t.handle, t.comment, t.dormant}) {
				return
			}
		}
	}
}

// Table returns the table of a name.
func (tx *NftEdit) Table(f Family, name string) (NftTable, bool) {
	if t := tx.find(f, name); t != nil {
		return NftTable{t.family, t.name, t.handle, t.comment, t.dormant}, true
	}
	return NftTable{}, false
}

// Chains returns the chains of a table in the order in which they were made.
func (tx *NftEdit) Chains(f Family, table string) (list []NftChain) {
	t := tx.find(f, table)
	if t == nil {
		return nil
	}
	for _, c := range t.main().chains {
		if c != nil {
			list = append(list, c.info())
		}
	}
	slices.SortFunc(list, func(a, b NftChain) int { return int(a.Handle) - int(b.Handle) })
	return list
}

func (c *chain) info() NftChain { return NftChain{c.name, c.nft.Handle, c.nft.Base, c.nft.Comment} }

// Chain returns the chain of a name.
func (tx *NftEdit) Chain(f Family, table, name string) (NftChain, bool) {
	if t := tx.find(f, table); t != nil {
		if c := t.chain(name); c != nil {
			return c.info(), true
		}
	}
	return NftChain{}, false
}

// Rules returns the rules of a chain, as they are when the iteration begins.
func (tx *NftEdit) Rules(f Family, table, name string) iter.Seq[*NftRule] {
	return func(yield func(*NftRule) bool) {
		t := tx.find(f, table)
		if t == nil {
			return
		}
		c := t.chain(name)
		if c == nil {
			return
		}
		for _, r := range c.list() {
			if !yield(r.nft) {
				return
			}
		}
	}
}

// Len returns how many rules a chain has.
func (tx *NftEdit) Len(f Family, table, name string) int {
	if t := tx.find(f, table); t != nil {
		if c := t.chain(name); c != nil {
			return c.size
		}
	}
	return 0
}

// Place returns the place of the rule of a chain with a handle, counted from 0, -1 if there is none.
func (tx *NftEdit) Place(f Family, table, name string, handle uint64) int {
	if t := tx.find(f, table); t != nil {
		if c := t.chain(name); c != nil {
			return c.place(handle)
		}
	}
	return -1
}

// Sets returns the sets and maps of a table in the order in which they were made.
func (tx *NftEdit) Sets(f Family, table string) (list []*NftSet) {
	t := tx.find(f, table)
	if t == nil {
		return nil
	}
	for _, s := range t.sets {
		if s != nil {
			list = append(list, s)
		}
	}
	slices.SortFunc(list, func(a, b *NftSet) int { return int(a.Handle) - int(b.Handle) })
	return list
}

// Set returns the set or map of a name, nil if there is none.
func (tx *NftEdit) Set(f Family, table, name string) *NftSet {
	if t := tx.find(f, table); t != nil {
		return t.set(name)
	}
	return nil
}

// Objects returns the named counters and quotas of a table in the order in which they were made.
func (tx *NftEdit) Objects(f Family, table string) []*Object {
	if t := tx.find(f, table); t != nil {
		return slices.Clone(t.objects)
	}
	return nil
}

// Rule returns the rule of a chain by the names that packets tell, those of [Dropped] and [Traced]:
// nil for the policy, false for a chain of iptables and for a rule that has gone.
func (tx *NftEdit) Rule(c Chain, at int) (*NftRule, bool) {
	for _, t := range tx.state.tables {
		for _, ch := range t.main().chains {
			if ch != nil && ch.full == c {
				switch {
				case at < 1:
					return nil, true
				case at > ch.size:
					return nil, false
				}
				return ch.at(at - 1).rule.nft, true
			}
		}
	}
	return nil, false
}

// HasInterface reports whether the machine has an interface of that name, as far as is known.
func (tx *NftEdit) HasInterface(name string) bool {
	s := tx.on.stack.Load()
	if s == nil {
		return name == loopback
	}
	_, ok := nicByName(s, name)
	return ok
}
