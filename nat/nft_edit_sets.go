package nat

import (
	"cmp"
	"slices"
)

// AddSet makes a set or a map with the elements.
func (tx *NftEdit) AddSet(f Family, table string, s NftSet, elements *Elements) error {
	if tx.find(f, table) == nil {
		return ErrNotThere
	}
	t := tx.own(f, table)
	if t.set(s.Name) != nil {
		return ErrThere
	}
	if elements == nil {
		elements = &Elements{width: s.Width}
	}
	if s.Width < 1 || s.Width > maxConcat || elements.width != s.Width {
		return ErrInvalid
	}
	elements = elements.fresh()
	if s.Constant {
		s.room = uint32(elements.Len())
	}
	if s.Verdicts {
		if err := elements.checkVerdicts(t); err != nil {
			return err
		}
	}
	s.Handle, s.elements = t.newHandle(), elements
	if i := slices.Index(t.sets, nil); i >= 0 {
		t.sets[i] = &s
	} else {
		t.sets = append(t.sets, &s)
	}
	tx.doubt(t)
	return nil
}

// DeleteSet removes a set or a map that no rule asks.
func (tx *NftEdit) DeleteSet(f Family, table, name string) error {
	t, i, err := tx.lookSet(f, table, name)
	switch {
	case err != nil:
		return err
	case t.uses(name):
		return ErrInUse
	}
	t.sets[i] = nil
	return nil
}

// uses reports whether a rule asks the set of a name.
func (t *nfTable) uses(set string) bool {
	return t.any(func(s Statement) bool {
		switch s := s.(type) {
		case Lookup:
			return s.Set == set
		case VerdictMap:
			return s.Set == set
		case Translate:
			return s.Addr.Set == set || s.Port.Set == set
		}
		return false
	})
}

// any reports whether a statement of some rule is such.
func (t *nfTable) any(is func(Statement) bool) bool {
	for _, c := range t.main().chains {
		if c == nil {
			continue
		}
		for _, r := range c.all() {
			if slices.ContainsFunc(r.nft.Statements, is) {
				return true
			}
		}
	}
	return false
}

func (tx *NftEdit) lookSet(f Family, table, name string) (*nfTable, int, error) {
	if tx.Set(f, table, name) == nil {
		return nil, 0, ErrNotThere
	}
	t := tx.own(f, table)
	return t, t.setIndex(name), nil
}

// change has do change the elements of a set, all or none.
func (tx *NftEdit) change(f Family, table, name string, do func(t *nfTable, s *NftSet, e *Elements) error) error {
	t, i, err := tx.lookSet(f, table, name)
	if err != nil {
		return err
	}
	s := t.sets[i]
	if !tx.sets[s] {
		copied := *s
		copied.elements = s.elements.clone()
		s, t.sets[i] = &copied, &copied
		if tx.sets == nil {
			tx.sets = make(map[*NftSet]bool)
		}
		tx.sets[s] = true
	}
	return do(t, s, s.elements)
}

// AddElements adds elements to a set. One that is there already is left, but in a map with another
// value it is ErrThere, as are ranges that overlap. What came before the one that is refused stays
// until the Edit fails.
func (tx *NftEdit) AddElements(f Family, table, name string, create bool, elements ...Element) error {
	return tx.change(f, table, name, func(t *nfTable, s *NftSet, in *Elements) error {
		for _, added := range elements {
			e := &added
			if err := e.complete(s.Width); err != nil {
				return err
			}
			if s.Verdicts {
				if err := e.resolve(t); err != nil {
					return err
				}
			}
			if s.Counts {
				e.Counted = true
			}
			if old := in.exact(e); old != nil {
				if create || old.Data != e.Data || old.Verdict != e.Verdict {
					return ErrThere
				}
				continue
			}
			if size := cmp.Or(s.Size, s.room); size > 0 && uint32(in.Len()) >= size {
				return ErrFull
			}
			if err := in.add(e); err != nil {
				return err
			}
		}
		if s.Verdicts {
			tx.doubt(t)
		}
		return nil
	})
}

// DeleteElements removes elements from a set.
func (tx *NftEdit) DeleteElements(f Family, table, name string, elements ...Element) error {
	return tx.change(f, table, name, func(_ *nfTable, s *NftSet, in *Elements) error {
		for _, e := range elements {
			if err := e.complete(s.Width); err != nil {
				return err
			}
			if err := in.remove(&e); err != nil {
				return err
			}
		}
		return nil
	})
}

// FlushSet removes all elements.
func (tx *NftEdit) FlushSet(f Family, table, name string) error {
	return tx.change(f, table, name, func(_ *nfTable, s *NftSet, in *Elements) error {
		s.elements = &Elements{width: s.Width}
		return nil
	})
}

// AddObject makes a named counter or quota.
func (tx *NftEdit) AddObject(f Family, table string, o Object) error {
	if tx.find(f, table) == nil {
		return ErrNotThere
	}
	if o.Kind > ObjectQuota {
		return ErrValue
	}
	t := tx.own(f, table)
	if t.object(o.Kind, o.Name) != nil {
		return ErrThere
	}
	o.Handle, o.count, o.Quota = t.newHandle(), newCounter(o.Counters()), *o.Quota.own()
	t.objects = append(t.objects, &o)
	return nil
}

// DeleteObject removes one that no rule uses.
func (tx *NftEdit) DeleteObject(f Family, table string, kind ObjectKind, name string) error {
	if t := tx.find(f, table); t == nil || t.object(kind, name) == nil {
		return ErrNotThere
	}
	t := tx.own(f, table)
	if t.any(func(s Statement) bool {
		switch s := s.(type) {
		case *Count:
			return kind == ObjectCounter && s.Name == name
		case *Quota:
			return kind == ObjectQuota && s.Name == name
		}
		return false
	}) {
		return ErrInUse
	}
	t.objects = slices.DeleteFunc(t.objects, func(o *Object) bool { return o.Kind == kind && o.Name == name })
	return nil
}

// SetConstant has a set keep the room for as many elements as it has now. Without any it has room for all.
func (tx *NftEdit) SetConstant(f Family, table, name string) error {
	return tx.change(f, table, name, func(_ *nfTable, s *NftSet, in *Elements) error {
		s.Constant, s.room = true, uint32(in.Len())
		return nil
	})
}
