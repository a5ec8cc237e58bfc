package nat

import (
	"slices"
	"strings"
)

// setPolicy takes Accept and Drop alone: the other targets need a rule that they belong
// to.
func (d *draft) setPolicy(c Chain, policy Target) error {
	return d.change(opPolicy, c, func(t *table, ch *chain) error {
		if !ch.builtin() {
			return ErrNotBuiltin
		}
		switch policy {
		case Accept{}:
			ch.policy = accept
		case Drop{}:
			if (Drop{}).place().tables&(1<<t.id) == 0 {
				return ErrTarget
			}
			ch.policy = dropped
		default:
			return ErrPolicy
		}
		ch.count = new(counter)
		return nil
	})
}

// newChain gives the chain the index of one that is gone, if there is such. Jumps are
// indices, and no jump leads to that one any more.
func (d *draft) newChain(c Chain) error {
	return d.change(opNewChain, c, func(t *table, ch *chain) error {
		_, name := c.split()
		if err := checkChainName(name); err != nil {
			return err
		}
		if ch != nil {
			return ErrChainExists
		}
		ch = &chain{hook: numHooks, name: name, full: c, id: t.free(), handle: t.newHandle()}
		d.adopt(ch)
		t.chains[ch.id] = ch
		d.ownNames(t).set(name, ch.id)
		return nil
	})
}

// free returns an index that no chain has.
func (t *table) free() int {
	for i := int(numHooks); i < len(t.chains); i++ {
		if t.chains[i] == nil {
			return i
		}
	}
	t.chains = append(t.chains, nil)
	return len(t.chains) - 1
}

// deleteChain wants the chain empty, as iptables -X does, and out of use: no rule of the
// table may name what does not exist.
func (d *draft) deleteChain(c Chain) error {
	return d.change(opDeleteChain, c, func(t *table, ch *chain) error {
		switch {
		case ch.builtin():
			return ErrBuiltin
		case ch.size > 0:
			return ErrNotEmpty
		case t.references(ch) > 0:
			return ErrChainInUse
		}
		t.chains[ch.id] = nil
		d.ownNames(t).delete(ch.name)
		return nil
	})
}

// rename changes the rules that jump to the chain, too. For packets nothing changes: they
// know chains by their indices.
func (d *draft) rename(c Chain, name string) error {
	return d.change(opRename, c, func(t *table, ch *chain) error {
		if ch.builtin() {
			return ErrBuiltin
		}
		if err := checkChainName(name); err != nil {
			return err
		}
		if t.find(name) != nil {
			return ErrChainExists
		}
		names := d.ownNames(t)
		names.delete(ch.name)
		names.set(name, ch.id)
		ch.name, ch.full = name, fullName(t.id, name)
		for id, from := range t.chains {
			if from != nil && from.callsTo(ch.id) > 0 {
				d.own(t, id).redirect(ch)
			}
		}
		return nil
	})
}

// redirect makes the rules that jump to a chain say its new name.
func (c *chain) redirect(to *chain) {
	rules := c.list()
	for i, r := range rules {
		if r.to != to.id {
			continue
		}
		copied := *r
		if _, ok := r.Target.(Goto); ok {
			copied.Target = Goto{to.name}
		} else {
			copied.Target = Jump{to.name}
		}
		copied.print = fingerprint(&copied.Rule)
		rules[i] = &copied
	}
	c.splice(0, len(rules), rules...)
}

// unmake takes a built-in chain away, which is as new then.
func (d *draft) unmake(c Chain) error {
	return d.look(opDeleteChain, c, nil, func(t *table, ch *chain) error {
		switch {
		case !ch.builtin():
			return ErrNotBuiltin
		case ch.handle == 0:
			return ErrNoChain
		case ch.size > 0:
			return ErrNotEmpty
		}
		fresh := newBuiltin(t.id, ch.hook)
		d.ownTable(t.id).chains[ch.id] = fresh
		d.adopt(fresh)
		return nil
	})
}

// reset makes a table as new.
func (d *draft) reset(table string) error {
	id, ok := tableNamed(table)
	if !ok {
		return refused(opReset, Chain(table), nil, ErrNoTable)
	}
	t := newTable(id)
	for _, c := range t.chains {
		if c != nil {
			d.adopt(c)
		}
	}
	d.state.tables[id], d.tables[id], d.names[id], d.graphs[id] = t, true, true, nil
	return nil
}

// maxChainName is XT_EXTENSION_MAXNAMELEN with its closing 0.
const maxChainName = 28

// checkChainName checks the name of a chain that is to be made: a word that rules can say,
// and no option or target.
func checkChainName(name string) error {
	if name == "" || name[0] == '-' || name[0] == '!' || len(name) > maxChainName ||
		strings.ContainsAny(name, " \t\n\v\f\r") || slices.Contains(reserved, name) {
		return ErrChainName
	}
	return nil
}
