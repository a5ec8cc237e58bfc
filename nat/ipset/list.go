package ipset

import "slices"

// A member is an entry of list:set. It names its set, so that a rename shows.
type member struct {
	set *Set
	element
}

// find returns the place of a set in a list, -1 for none that is alive.
func (b *body) place(set *Set, now int64) int {
	return slices.IndexFunc(b.list, func(m *member) bool { return m.set == set && m.alive(now) })
}

// named returns the set of an entry, and the one beside which it is to be, nil for none.
func (t *Table) named(e Entry) (set, beside *Set, err error) {
	if set = t.find(e.Set); set == nil {
		return nil, nil, ErrNoMember
	}
	if name := orElse(e.Before, e.After); name != "" {
		if beside = t.find(name); beside == nil {
			return nil, nil, ErrNoRef
		}
	}
	return set, beside, nil
}

// addMember is Set.Add for lists. One that is there stays where it is.
func (t *Table) addMember(b *body, e Entry, exist bool) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	set, beside, err := t.named(e)
	switch {
	case err != nil:
		return err
	case set.body.Load().spec.Type == ListSet:
		return ErrLoop
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := t.now()
	b.list = slices.DeleteFunc(slices.Clone(b.list), func(m *member) bool { return !m.alive(now) })
	at := len(b.list)
	if beside != nil {
		if at = b.place(beside, now); at < 0 {
			return ErrNoRef
		}
		if e.After != "" {
			at++
		}
	}
	made := &member{set: set}
	made.fill(&b.spec, &e, now)
	if old := b.place(set, now); old >= 0 {
		if !exist {
			return ErrAdded
		}
		b.list[old] = made
		return nil
	}
	if len(b.list) >= int(b.spec.Size) {
		return ErrListFull
	}
	b.list = slices.Insert(b.list, at, made)
	return nil
}

func (t *Table) deleteMember(b *body, e Entry) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	b.mu.Lock()
	defer b.mu.Unlock()
	at, err := b.member(t, e)
	switch {
	case err != nil:
		return err
	case at < 0:
		return ErrNotAdded
	}
	b.list = slices.Delete(slices.Clone(b.list), at, at+1)
	return nil
}

func (t *Table) testMember(b *body, e Entry) (bool, error) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	b.mu.RLock()
	defer b.mu.RUnlock()
	at, err := b.member(t, e)
	return at >= 0, err
}

// member returns the place of an entry, -1 if it is not there or not where it says.
func (b *body) member(t *Table, e Entry) (int, error) {
	set, beside, err := t.named(e)
	if err != nil {
		return -1, err
	}
	now := t.now()
	at := b.place(set, now)
	if at < 0 || beside == nil {
		return at, nil
	}
	next := 1
	if e.After != "" {
		next = -1
	}
	if at+next < 0 || at+next >= len(b.list) || b.list[at+next].set != beside {
		return -1, nil
	}
	return at, nil
}

func (t *Table) members(b *body) []Entry {
	t.mu.RLock()
	defer t.mu.RUnlock()
	b.mu.RLock()
	defer b.mu.RUnlock()
	var all []Entry
	for _, m := range b.list {
		if now := t.now(); m.alive(now) {
			all = append(all, m.entry(Key{Set: m.set.name}, now))
		}
	}
	return all
}
