package nat

import "fmt"

// make returns r as a rule for a chain, if it may be there. The checks are in the order of
// what they need: the rule alone, the names of chains, and from where packets come.
func (d *draft) make(t *table, c *chain, r Rule) (*rule, error) {
	made := &rule{Rule: r.clone(), count: new(counter), to: noChain, handle: t.newHandle()}
	if err := made.check(d.on, d.v6, t.id, c.hook); err != nil {
		return nil, err
	}
	if err := made.resolve(t); err != nil {
		return nil, err
	}
	// What the rule is now is what Rules shows and what Has is asked for.
	made.compile(d.on, d.v6)
	d.shares = d.shares || made.shares()
	made.print = fingerprint(&made.Rule)
	if made.hooks != everyHook {
		if hooks := d.graph(t).hooks[c.id]; hooks&^made.hooks != 0 {
			return nil, made.misplaced(hooks)
		}
	}
	if made.to == noChain {
		return made, nil
	}
	if t.leads(made.to, c.id) {
		return nil, blame("Target", ErrLoop)
	}
	return made, blame("Target", d.graph(t).link(t, c.id, made.to))
}

// resolve finds the chain that r jumps to.
func (r *rule) resolve(t *table) error {
	name, ok := jumpOf(r.Target)
	if !ok {
		return nil
	}
	switch to := t.find(name); {
	case to == nil:
		return blame("Target", ErrNoTarget)
	case to.builtin():
		return blame("Target", fmt.Errorf("%w: %s is built in", ErrNoTarget, name))
	default:
		r.to = to.id
	}
	return nil
}

// append adds at the end, which copies no rule.
func (d *draft) append(c Chain, rules ...Rule) error {
	return d.change(opAppend, c, func(t *table, ch *chain) error {
		return d.add(t, ch, ch.size, rules)
	})
}

// insert copies the block of the rule that it inserts before.
func (d *draft) insert(c Chain, at int, rules ...Rule) error {
	return d.change(opInsert, c, func(t *table, ch *chain) error {
		if err := checkIndex(at, ch.size+1); err != nil {
			return err
		}
		return d.add(t, ch, at-1, rules)
	})
}

// add makes all rules before it puts the first into the chain, so that it is all of them
// or none. They cannot refer to each other.
func (d *draft) add(t *table, ch *chain, at int, rules []Rule) error {
	made := make([]*rule, len(rules))
	for i, r := range rules {
		var err error
		if made[i], err = d.make(t, ch, r); err != nil {
			return refused("", "", &r, err)
		}
	}
	ch.splice(at, at, made...)
	return nil
}

// replace is no delete and insert: the rule that goes must not bar the one that comes, as
// with a jump that would be the sixteenth beside it.
func (d *draft) replace(c Chain, at int, r Rule) error {
	return d.change(opReplace, c, func(t *table, ch *chain) error {
		if err := checkIndex(at, ch.size); err != nil {
			return err
		}
		old := ch.at(at - 1).rule
		d.remove(t, ch, at-1, at) // so that it does not bar what jumps or goes by it
		made, err := d.make(t, ch, r)
		if err != nil {
			ch.splice(at-1, at-1, old)
			return refused("", "", &r, err)
		}
		ch.splice(at-1, at-1, made)
		return nil
	})
}

// delete looks before it owns the chain, so that a rule that is not there costs no copy.
// Docker deletes rules that may be gone.
func (d *draft) delete(c Chain, r Rule) error {
	err := d.look(opDelete, c, &r, func(t *table, ch *chain) error {
		at, err := d.index(t, ch, r)
		if err == nil && at < 0 {
			err = ErrNoRule
		}
		if err == nil {
			t = d.ownTable(t.id)
			d.remove(t, d.own(t, ch.id), at, at+1)
		}
		return err
	})
	return err
}

// deleteAt removes a rule of any kind without looking at it.
func (d *draft) deleteAt(c Chain, at int) error {
	return d.change(opDelete, c, func(t *table, ch *chain) error {
		if err := checkIndex(at, ch.size); err != nil {
			return err
		}
		d.remove(t, ch, at-1, at)
		return nil
	})
}

// flush leaves the policy and what that has counted.
func (d *draft) flush(c Chain) error {
	return d.change(opFlush, c, func(t *table, ch *chain) error {
		d.remove(t, ch, 0, ch.size)
		return nil
	})
}

// remove takes rules away. Chains that they jump to may no longer be met.
func (d *draft) remove(t *table, ch *chain, from, to int) {
	for _, r := range ch.span(from, to) {
		d.shares = d.shares || r.shares()
		if r.to != noChain {
			d.graphs[t.id] = nil
		}
	}
	ch.splice(from, to)
}

// index returns the place of the first rule of a chain that is equal to r, or -1. A rule
// that may not be there is not there, but a chain that it jumps to must exist.
func (d *draft) index(t *table, ch *chain, r Rule) (int, error) {
	if name, ok := jumpOf(r.Target); ok && t.find(name) == nil {
		return -1, blame("Target", ErrNoTarget)
	}
	like := &rule{Rule: r.clone()}
	if like.check(d.on, d.v6, t.id, ch.hook) != nil {
		return -1, nil
	}
	return ch.index(&like.Rule), nil
}

// checkIndex checks the number of a rule.
func checkIndex(at, most int) error {
	if at < 1 || at > most {
		return ErrIndex
	}
	return nil
}

// zero gives new counters rather than changing those that packets see already.
func (d *draft) zero(c Chain) error {
	return d.change(opZero, c, func(t *table, ch *chain) error {
		if ch.count != nil {
			ch.count = new(counter)
		}
		rules := make([]*rule, ch.size)
		for i, r := range ch.all() {
			copied := *r
			copied.count = new(counter)
			rules[i] = &copied
		}
		ch.splice(0, len(rules), rules...)
		return nil
	})
}

// setCounters gives a rule, or for 0 the policy, new counters.
func (d *draft) setCounters(c Chain, at int, n Counters) error {
	return d.change(opSetCounters, c, func(t *table, ch *chain) error {
		if at == 0 && ch.builtin() {
			ch.count = newCounter(n)
			return nil
		}
		if err := checkIndex(at, ch.size); err != nil {
			return err
		}
		copied := *ch.at(at - 1).rule
		copied.count = newCounter(n)
		ch.splice(at-1, at, &copied)
		return nil
	})
}
