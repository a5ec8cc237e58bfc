package nat

import (
	"slices"
	"strings"
)

// A table is the chains of a table. Like them it does not change, so that packets need one
// atomic load to see all of it as it was at one moment. Chains are known by their index,
// which a jump has in place of a name; that of a chain that is gone is given to the next.
type table struct {
	id     tableID
	handle uint64              // as that of a table of nft; 0: nobody has made anything in it, and packets pass it by
	next   uint64              // the newest handle of a chain or a rule
	chains []*chain            // built-in ones at their hooks; nil: there is none
	names  layers[string, int] // indices of chains
}

// used reports whether somebody has made something in it.
func (t *table) used() bool { return t.handle > 0 }

// newHandle returns a handle for a chain or a rule.
func (t *table) newHandle() uint64 {
	t.next++
	return t.next
}

// newTable returns a table that nobody has used. Packets pass it without being counted.
func newTable(id tableID) *table {
	t := &table{id: id, chains: make([]*chain, numHooks)}
	for h := range numHooks {
		if tableHooks[id].has(h) {
			t.chains[h] = newBuiltin(id, h)
			t.names.set(hookNames[h], int(h))
		}
	}
	return t
}

// newBuiltin returns an empty chain that accepts. Its index is its hook, so that packets
// find it without its name.
func newBuiltin(id tableID, h hook) *chain {
	name := hookNames[h]
	return &chain{id: int(h), hook: h, name: name, full: fullName(id, name), policy: accept}
}

// find returns the chain of a name, nil if there is none.
func (t *table) find(name string) *chain {
	if i, ok := t.names.get(name); ok {
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
		n += from.callsTo(c.id)
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
