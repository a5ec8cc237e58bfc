package nat

import (
	"maps"
	"slices"
)

// wideElements are concatenations with ranges, in the order of their first values.
type wideElements struct {
	list []*Element
	ends []Word // by element the greatest end of a first value, of it and those before
	at   map[wideKey]*Element
}

// A wideKey is the values of an element.
type wideKey struct{ first, last Words }

func (s *wideElements) clone() wideElements {
	return wideElements{slices.Clone(s.list), slices.Clone(s.ends), maps.Clone(s.at)}
}

func (s *wideElements) exact(e *Element) *Element { return s.at[wideKey{e.Key, e.Last}] }

// behind returns the place of the first element whose first value begins behind w.
func (s *wideElements) behind(w Word) int {
	i, _ := slices.BinarySearchFunc(s.list, w, func(e *Element, w Word) int {
		if e.Key[0].Compare(w) <= 0 {
			return -1
		}
		return 1
	})
	return i
}

// find returns an element that has the values, nil if there is none. It looks at those alone whose first value may be it.
func (s *wideElements) find(w *Words, n int) *Element {
next:
	for i := s.behind(w[0]) - 1; i >= 0 && s.ends[i].Compare(w[0]) >= 0; i-- {
		e := s.list[i]
		for k, v := range w[:n] {
			if v.Compare(e.Key[k]) < 0 || v.Compare(e.Last[k]) > 0 {
				continue next
			}
		}
		return e
	}
	return nil
}

func (s *wideElements) add(e *Element) {
	if s.at == nil {
		s.at = make(map[wideKey]*Element)
	}
	s.at[wideKey{e.Key, e.Last}] = e
	i := s.behind(e.Key[0])
	s.list = slices.Insert(s.list, i, e)
	s.reach(i)
}

func (s *wideElements) remove(e *Element) {
	delete(s.at, wideKey{e.Key, e.Last})
	i := slices.Index(s.list, e)
	s.list = slices.Delete(s.list, i, i+1)
	s.reach(i)
}

// reach makes ends anew from a place on.
func (s *wideElements) reach(from int) {
	s.ends = slices.Grow(s.ends[:from], len(s.list)-from)[:len(s.list)]
	for i := from; i < len(s.list); i++ {
		if s.ends[i] = s.list[i].Last[0]; i > 0 && s.ends[i-1].Compare(s.ends[i]) > 0 {
			s.ends[i] = s.ends[i-1]
		}
	}
}
