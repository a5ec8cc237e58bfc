package nat

import (
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A Ruleset is the tables raw, mangle, nat, filter and security of one address family. Its
// methods are safe for concurrent use and for use while packets pass: those see
// the rules as they were before a change or after it. A change that is refused
// changes nothing; the error is a *RuleError. Several changes at once are an [Ruleset.Edit].
//
// A change copies what it touches and no more: the block of up to 128 rules in which it is, wherever
// that is in the chain, 72 bytes for each rule, and the list of blocks, once for all changes of an
// Edit. Has and Delete find a rule by a fingerprint, in a few microseconds among 4,000.
//
// The names of chains that one makes have up to 28 bytes. Rules jump only within
// their table, never in a circle and at most 15 times in a row. SNAT, DNAT, MASQUERADE
// and REDIRECT are allowed in nat, REJECT in filter and NOTRACK in raw, all in chains
// of one's own as well, so long as packets come there only from hooks at which Linux
// allows them.
//
// Three things are stricter than in Linux. Chains must not jump in a circle even while
// no packet comes there, a protocol that is ruled out ("! -p tcp") has no ports, and
// the last address of a range is not before the first.
type Ruleset struct {
	v6    bool
	state atomic.Pointer[state]
	mu    sync.Mutex // serializes changes: of state from its Load to its Store
	on    *host
	draft *draft // what Edit changes, in place of state; nil: this is no Edit's
}

// A state is all tables at one moment. It does not change.
type state struct{ tables [numTables]*table }

func newRuleset(v6 bool, on *host) *Ruleset {
	s := new(state)
	for id := range numTables {
		s.tables[id] = newTable(id)
	}
	rs := &Ruleset{v6: v6, on: on}
	rs.state.Store(s)
	return rs
}

// IPv6 reports whether the rules are those of IPv6, of ip6tables.
func (rs *Ruleset) IPv6() bool { return rs.v6 }

// Now returns the time by the clock of the tables, the date of what is saved.
func (rs *Ruleset) Now() time.Time { return rs.on.clock.Now() }

// Edit makes several changes that packets and others see all at once. f makes them in the
// Ruleset that it is given, where it finds the rules as they were and as it has left them;
// it must not use rs itself, which waits, nor keep its argument. If f fails, nothing has
// changed; of a change that was refused f may make nothing.
func (rs *Ruleset) Edit(f func(tx *Ruleset) error) error {
	return rs.edit(func(d *draft) error { return f(&Ruleset{v6: rs.v6, on: rs.on, draft: d}) })
}

// edit is Edit with the draft itself.
func (rs *Ruleset) edit(f func(d *draft) error) error {
	if rs.draft != nil {
		return f(rs.draft)
	}
	rs.mu.Lock()
	defer rs.mu.Unlock()
	d := &draft{on: rs.on, v6: rs.v6, state: *rs.state.Load()}
	err := f(d)
	if err == nil {
		rs.state.Store(&d.state)
	}
	if d.shares {
		rs.on.prune(rs.v6, rs.state.Load())
	}
	return err
}

// current returns the tables as rs shows them.
func (rs *Ruleset) current() *state {
	if rs.draft != nil {
		return &rs.draft.state
	}
	return rs.state.Load()
}

// traverse passes p through a table.
func (rs *Ruleset) traverse(id tableID, p *packet) verdict {
	return rs.state.Load().tables[id].traverse(p)
}

// Append adds rules to the end of a chain, all or none.
func (rs *Ruleset) Append(c Chain, rules ...Rule) error {
	return rs.edit(func(d *draft) error { return d.append(c, rules...) })
}

// Insert adds rules to a chain so that the first has the number at, counted from 1.
func (rs *Ruleset) Insert(c Chain, at int, rules ...Rule) error {
	return rs.edit(func(d *draft) error { return d.insert(c, at, rules...) })
}

// Replace puts r in the place of the rule of number at. Its counters begin at 0.
func (rs *Ruleset) Replace(c Chain, at int, r Rule) error {
	return rs.edit(func(d *draft) error { return d.replace(c, at, r) })
}

// Delete removes the first rule of a chain that is equal to r.
func (rs *Ruleset) Delete(c Chain, r Rule) error {
	return rs.edit(func(d *draft) error { return d.delete(c, r) })
}

// DeleteAt removes the rule of number at, counted from 1.
func (rs *Ruleset) DeleteAt(c Chain, at int) error {
	return rs.edit(func(d *draft) error { return d.deleteAt(c, at) })
}

// Has reports whether a chain has a rule that is equal to r, as iptables -C does.
func (rs *Ruleset) Has(c Chain, r Rule) (bool, error) {
	d := &draft{on: rs.on, v6: rs.v6, state: *rs.current()}
	found := false
	err := d.look(opCheck, c, &r, func(t *table, ch *chain) (err error) {
		at, err := d.index(t, ch, r)
		found = at >= 0
		return err
	})
	return found, err
}

// NewChain makes an empty chain.
func (rs *Ruleset) NewChain(c Chain) error {
	return rs.edit(func(d *draft) error { return d.newChain(c) })
}

// DeleteChain removes a chain of one's own, which must be empty and no rule's target.
func (rs *Ruleset) DeleteChain(c Chain) error {
	return rs.edit(func(d *draft) error { return d.deleteChain(c) })
}

// Unmake makes a built-in chain without rules as it was before somebody used it, as iptables -X does. One that nobody has
// used is refused.
func (rs *Ruleset) Unmake(c Chain) error {
	return rs.edit(func(d *draft) error { return d.unmake(c) })
}

// RenameChain gives a chain of one's own another name, in the rules that jump to it
// too.
func (rs *Ruleset) RenameChain(c Chain, name string) error {
	return rs.edit(func(d *draft) error { return d.rename(c, name) })
}

// Flush removes the rules of a chain.
func (rs *Ruleset) Flush(c Chain) error {
	return rs.edit(func(d *draft) error { return d.flush(c) })
}

// Zero sets the counters of a chain, those of its rules and of its policy, to 0. A policy
// that does not count still does not.
func (rs *Ruleset) Zero(c Chain) error {
	return rs.edit(func(d *draft) error { return d.zero(c) })
}

// SetCounters sets the counters of the rule of number at, counted from 1, or with 0 those
// of the policy of a built-in chain, which then counts.
func (rs *Ruleset) SetCounters(c Chain, at int, n Counters) error {
	return rs.edit(func(d *draft) error { return d.setCounters(c, at, n) })
}

// Reset makes a table as new: its own chains go, and the built-in ones have no rules and accept.
func (rs *Ruleset) Reset(table string) error {
	return rs.edit(func(d *draft) error { return d.reset(table) })
}

// SetPolicy decides what becomes of packets that reach the end of a built-in chain:
// Accept or Drop. Table nat only accepts. The policy counts from then on, from 0; one that was
// never set does not count, as with iptables on nf_tables.
func (rs *Ruleset) SetPolicy(c Chain, policy Target) error {
	return rs.edit(func(d *draft) error { return d.setPolicy(c, policy) })
}

// Chains returns the chains of a table: the built-in ones in the order of their hooks
// and then those of one's own by name. There are none in a table that does not exist.
func (rs *Ruleset) Chains(table string) iter.Seq[Chain] {
	return func(yield func(Chain) bool) {
		id, ok := tableNamed(table)
		if !ok {
			return
		}
		for _, c := range rs.current().tables[id].sorted() {
			if !yield(c.full) {
				return
			}
		}
	}
}

// Rules returns the rules of a chain in their order, as they are when the iteration
// begins, and what they have counted. A chain that does not exist has none.
//
// Rules come back as iptables would print them: addresses without the bits outside of
// their masks, a Limit with its burst, a Reject with its answer.
func (rs *Ruleset) Rules(c Chain) iter.Seq2[Rule, Counters] {
	return func(yield func(Rule, Counters) bool) {
		ch := rs.find(c)
		if ch == nil {
			return
		}
		rules := ch.all()
		if rs.draft != nil { // which may change them where they lie
			rules = slices.All(ch.list())
		}
		for _, r := range rules {
			if !yield(r.Rule.clone(), r.count.load()) {
				return
			}
		}
	}
}

// Policy returns the policy of a built-in chain and what it has decided about since it was
// set. It is false for other chains.
func (rs *Ruleset) Policy(c Chain) (Target, Counters, bool) {
	ch := rs.find(c)
	if ch == nil || !ch.builtin() {
		return nil, Counters{}, false
	}
	var policy Target = Accept{}
	if ch.policy == dropped {
		policy = Drop{}
	}
	if ch.count == nil {
		return policy, Counters{}, true
	}
	return policy, ch.count.load(), true
}

// References returns the number of rules that jump or go to a chain.
func (rs *Ruleset) References(c Chain) int {
	table, name := c.split()
	id, ok := tableNamed(table)
	if !ok {
		return 0
	}
	t := rs.current().tables[id]
	if ch := t.find(name); ch != nil {
		return t.references(ch)
	}
	return 0
}

// Len returns the number of rules of a chain. It is false if there is no such chain.
func (rs *Ruleset) Len(c Chain) (int, bool) {
	if ch := rs.find(c); ch != nil {
		return ch.size, true
	}
	return 0, false
}

// Used reports whether anything has ever been made in a table: a rule, a chain or a
// policy. A table that is not used counts nothing, and iptables-save does not show it.
func (rs *Ruleset) Used(table string) bool {
	id, ok := tableNamed(table)
	return ok && rs.current().tables[id].used()
}

// TableHandle returns the number that a table has for nft, in the order in which tables were made, those of nft among
// them. It is 0 if nobody has made anything in it.
func (rs *Ruleset) TableHandle(table string) uint64 {
	if id, ok := tableNamed(table); ok {
		return rs.current().tables[id].handle
	}
	return 0
}

// ChainHandle returns the number that a chain has for nft, in the order in which chains and rules of its table were made.
// It is 0 for one that does not exist, and for a built-in one that nobody has used yet: iptables on nf_tables makes those
// when they first get a rule or a policy.
func (rs *Ruleset) ChainHandle(c Chain) uint64 {
	if ch := rs.find(c); ch != nil {
		return ch.handle
	}
	return 0
}

// RuleHandles returns the numbers that the rules of a chain have for nft.
func (rs *Ruleset) RuleHandles(c Chain) (list []uint64) {
	if ch := rs.find(c); ch != nil {
		for _, r := range ch.all() {
			list = append(list, r.handle)
		}
	}
	return list
}

// find returns a chain, nil if there is none.
func (rs *Ruleset) find(c Chain) *chain {
	table, name := c.split()
	if id, ok := tableNamed(table); ok {
		return rs.current().tables[id].find(name)
	}
	return nil
}
