package nat

import (
	"slices"
	"strings"
	"sync/atomic"
)

// A Chain names a chain in its table: "filter/FORWARD", "nat/DOCKER".
type Chain string

// The built-in chains.
const (
	RawPrerouting Chain = "raw/PREROUTING"
	RawOutput     Chain = "raw/OUTPUT"

	ManglePrerouting  Chain = "mangle/PREROUTING"
	MangleInput       Chain = "mangle/INPUT"
	MangleForward     Chain = "mangle/FORWARD"
	MangleOutput      Chain = "mangle/OUTPUT"
	ManglePostrouting Chain = "mangle/POSTROUTING"

	NATPrerouting  Chain = "nat/PREROUTING"
	NATInput       Chain = "nat/INPUT"
	NATOutput      Chain = "nat/OUTPUT"
	NATPostrouting Chain = "nat/POSTROUTING"

	FilterInput   Chain = "filter/INPUT"
	FilterForward Chain = "filter/FORWARD"
	FilterOutput  Chain = "filter/OUTPUT"
)

// split returns the names of the table and of the chain.
func (c Chain) split() (table, name string) {
	table, name, _ = strings.Cut(string(c), "/")
	return table, name
}

// Counters count what a rule matched, or what the policy of a chain decided. The
// bytes are those of IP packets.
type Counters struct{ Packets, Bytes uint64 }

// A counter is Counters that packets change.
type counter struct{ packets, bytes atomic.Uint64 }

func newCounter(c Counters) *counter {
	n := new(counter)
	n.packets.Store(c.Packets)
	n.bytes.Store(c.Bytes)
	return n
}

func (n *counter) add(size int) {
	n.packets.Add(1)
	n.bytes.Add(uint64(size))
}

func (n *counter) load() Counters {
	return Counters{Packets: n.packets.Load(), Bytes: n.bytes.Load()}
}

// A rule is a Rule in a chain. It does not change; a changed one is a copy, which
// shares what packets change: counters and the buckets of limits.
type rule struct {
	Rule
	count      *counter
	want, mask digest     // of packets that it may match
	rest       conditions // that decide whether it does
	applier    applier    // Target, if it does something
	hooks      hookSet    // at which it is allowed
	to         int        // index of the chain that it jumps to, or noChain
}

// noChain is the index of no chain.
const noChain = -1

// A chain is a chain of a table that packets pass. It does not change: drafts change
// copies. Copies share the arrays behind rules and code, which only ever grow
// behind the end that older copies know.
type chain struct {
	id     int  // index in its table; of built-in ones the hook
	hook   hook // numHooks: a chain of one's own
	name   string
	full   Chain
	policy verdict  // of built-in chains
	count  *counter // of the policy
	rules  []*rule
	code   []instruction // of rules
	calls  []int         // chains that rules jump to, once for each
}

func (c *chain) builtin() bool { return c.hook < numHooks }

// splice puts rules in the place of those from one index to another.
func (c *chain) splice(from, to int, rules ...*rule) {
	code := make([]instruction, len(rules))
	for i, r := range rules {
		code[i] = r.instruction()
	}
	if from == len(c.rules) {
		c.rules, c.code = append(c.rules, rules...), append(c.code, code...)
		c.call(rules)
		return
	}
	c.rules = slices.Concat(c.rules[:from], rules, c.rules[to:])
	c.code = slices.Concat(c.code[:from], code, c.code[to:])
	c.calls = nil
	c.call(c.rules)
}

func (c *chain) call(rules []*rule) {
	for _, r := range rules {
		if r.to != noChain {
			c.calls = append(c.calls, r.to)
		}
	}
}

// A table is the chains of a table. Like them it does not change.
type table struct {
	id     tableID
	used   bool           // that somebody has made something in it, without which packets pass it by
	chains []*chain       // built-in ones at their hooks; nil: there is none
	names  map[string]int // indices of chains
}

func newTable(id tableID) *table {
	t := &table{id: id, chains: make([]*chain, numHooks), names: make(map[string]int)}
	for h := range numHooks {
		if tableHooks[id].has(h) {
			t.chains[h] = newBuiltin(id, h)
			t.names[hookNames[h]] = int(h)
		}
	}
	return t
}

func newBuiltin(id tableID, h hook) *chain {
	name := hookNames[h]
	return &chain{id: int(h), hook: h, name: name, full: fullName(id, name), policy: accept, count: new(counter)}
}

func fullName(id tableID, name string) Chain { return Chain(tableNames[id] + "/" + name) }

func (t *table) find(name string) *chain {
	if i, ok := t.names[name]; ok {
		return t.chains[i]
	}
	return nil
}

// references returns the number of rules that jump to c.
func (t *table) references(c *chain) int {
	n := 0
	for _, from := range t.chains {
		if from == nil {
			continue
		}
		for _, to := range from.calls {
			if to == c.id {
				n++
			}
		}
	}
	return n
}

// sorted returns the built-in chains in the order of their hooks and then those of
// one's own by name.
func (t *table) sorted() []*chain {
	var all []*chain
	for _, c := range t.chains {
		if c != nil {
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b *chain) int {
		if a.hook != b.hook {
			return int(a.hook) - int(b.hook)
		}
		return strings.Compare(a.name, b.name)
	})
	return all
}
