package ipset

import (
	"slices"
	"sync"
)

// A Table has the sets of one machine.
type Table struct {
	now    func() int64
	random func() uint64
	mu     sync.RWMutex // guards sets and their names; before body.mu
	sets   []*Set       // by their ids; nil: free
}

// NewTable returns a table without sets. now is nanoseconds of a clock that does not go
// back, random is for initval.
func NewTable(now func() int64, random func() uint64) *Table { return &Table{now: now, random: random} }

// find needs mu.
func (t *Table) find(name string) *Set {
	for _, s := range t.sets {
		if s != nil && s.name == name {
			return s
		}
	}
	return nil
}

// Find returns the set of a name, nil if there is none.
func (t *Table) Find(name string) *Set {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.find(name)
}

// All returns all sets in the order of their ids: a new one has the first that is free.
func (t *Table) All() []*Set {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return slices.DeleteFunc(slices.Clone(t.sets), func(s *Set) bool { return s == nil })
}

// Create makes a set.
func (t *Table) Create(name string, spec Spec) (*Set, error) {
	if err := spec.check(); err != nil {
		return nil, err
	}
	if name == "" || len(name) > MaxName {
		return nil, ErrValue
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	at := slices.Index(t.sets, nil)
	switch {
	case t.find(name) != nil:
		return nil, ErrSetExists
	case at < 0 && len(t.sets) >= maxSets:
		return nil, ErrMaxSets
	case at < 0:
		at, t.sets = len(t.sets), append(t.sets, nil)
	}
	if spec.Type.HasAddr() && spec.InitVal == 0 {
		spec.InitVal = uint32(t.random())
	}
	s := &Set{table: t, name: name}
	s.body.Store(&body{spec: spec, by: make(map[Key]*element)})
	t.sets[at] = s
	return s, nil
}

// References returns in how many lists a set is. Package nat adds its rules.
func (t *Table) References(s *Set) int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.references(s)
}

func (t *Table) references(s *Set) int {
	n, now := 0, t.now()
	for _, list := range t.sets {
		if list == nil {
			continue
		}
		b := list.body.Load()
		b.mu.RLock()
		if b.place(s, now) >= 0 {
			n++
		}
		b.mu.RUnlock()
	}
	return n
}

// Destroy removes sets, all or none. used says which are held elsewhere.
func (t *Table) Destroy(used func(*Set) bool, sets ...*Set) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range sets {
		if used(s) || len(sets) == 1 && t.references(s) > 0 {
			return ErrDestroy
		}
	}
	for _, s := range sets {
		if at := slices.Index(t.sets, s); at >= 0 {
			t.sets[at] = nil
		}
	}
	return nil
}

// Rename gives a set another name, unless it is used.
func (t *Table) Rename(used func(*Set) bool, s *Set, name string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case used(s) || t.references(s) > 0:
		return ErrRename
	case t.find(name) != nil:
		return ErrNewName
	case name == "" || len(name) > MaxName:
		return ErrValue
	}
	s.name = name
	return nil
}

// Swap exchanges what two sets of the same type and family have. Rules that ask about the
// one go on asking about its name.
func (t *Table) Swap(a, b *Set) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	x, y := a.body.Load(), b.body.Load()
	if x.spec.Type != y.spec.Type || x.spec.V6 != y.spec.V6 {
		return ErrSwapType
	}
	a.body.Store(y)
	b.body.Store(x)
	return nil
}
