package nat

import (
	"iter"
	"maps"
	"slices"
)

// An Element is a member of a set, or what a map has for a key. Key is the value, or the first of a
// range whose last is Last.
type Element struct {
	Key, Last Words
	Data      [2]Word // of maps: a value, or an address and a port
	Verdict   Verdict // of verdict maps
	Comment   string
	Counted   bool
	Start     Counters
	count     *counter
	to        int // the chain of Verdict
}

// Counters returns what has been counted by an element that counts.
func (e *Element) Counters() Counters {
	if e.count == nil {
		return e.Start
	}
	return e.count.load()
}

// isRange is false for a single value.
func (e *Element) isRange() bool { return e.Key != e.Last }

// Elements are the members of a set or of a map. Those that are in one do not change: a change makes
// others.
type Elements struct {
	width int                // values of a key
	one   map[Word]*Element  // single values
	many  map[Words]*Element // those of concatenations
	spans []*Element         // ranges of one value, in order; they do not overlap
	wide  []*Element         // concatenations with ranges
}

// NewElements returns elements whose keys have so many values. Those that are there twice or overlap
// are refused with ErrThere.
func NewElements(width int, elements ...Element) (*Elements, error) {
	s := &Elements{width: width}
	for i := range elements {
		if err := s.add(&elements[i]); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// clone returns a copy that may change.
func (s *Elements) clone() *Elements {
	return &Elements{s.width, maps.Clone(s.one), maps.Clone(s.many), slices.Clone(s.spans), slices.Clone(s.wide)}
}

// fresh returns a copy whose elements are others, too, for another table.
func (s *Elements) fresh() *Elements {
	c := s.clone()
	again := func(e *Element) *Element {
		n := *e
		if n.Counted {
			n.count = newCounter(e.Counters())
		}
		return &n
	}
	for k, e := range c.one {
		c.one[k] = again(e)
	}
	for k, e := range c.many {
		c.many[k] = again(e)
	}
	for _, list := range [][]*Element{c.spans, c.wide} {
		for i, e := range list {
			list[i] = again(e)
		}
	}
	return c
}

// Len returns how many there are.
func (s *Elements) Len() int { return len(s.one) + len(s.many) + len(s.spans) + len(s.wide) }

// All returns them in no order.
func (s *Elements) All() iter.Seq[*Element] {
	return func(yield func(*Element) bool) {
		for _, e := range s.one {
			if !yield(e) {
				return
			}
		}
		for _, e := range s.many {
			if !yield(e) {
				return
			}
		}
		for _, list := range [][]*Element{s.spans, s.wide} {
			for _, e := range list {
				if !yield(e) {
					return
				}
			}
		}
	}
}

// find returns the element that has the values, nil if there is none.
func (s *Elements) find(w *Words, n int) *Element {
	if n == 1 {
		if e := s.one[w[0]]; e != nil {
			return e
		}
		return s.span(w[0])
	}
	if e := s.many[*w]; e != nil {
		return e
	}
next:
	for _, e := range s.wide {
		for i, v := range w[:n] {
			if v.Compare(e.Key[i]) < 0 || v.Compare(e.Last[i]) > 0 {
				continue next
			}
		}
		return e
	}
	return nil
}

// span returns the range that a value is in.
func (s *Elements) span(w Word) *Element {
	i := s.spanFrom(w)
	if i < len(s.spans) && s.spans[i].Key[0].Compare(w) <= 0 {
		return s.spans[i]
	}
	return nil
}

// spanFrom returns the first range that ends at w or behind it.
func (s *Elements) spanFrom(w Word) int {
	i, _ := slices.BinarySearchFunc(s.spans, w, func(e *Element, w Word) int { return e.Last[0].Compare(w) })
	return i
}

// exact returns the element with that key, nil if there is none.
func (s *Elements) exact(e *Element) *Element {
	switch {
	case s.width == 1 && !e.isRange():
		return s.one[e.Key[0]]
	case s.width == 1:
		if f := s.span(e.Key[0]); f != nil && f.Key == e.Key && f.Last == e.Last {
			return f
		}
		return nil
	case !e.isRange():
		return s.many[e.Key]
	}
	for _, f := range s.wide {
		if f.Key == e.Key && f.Last == e.Last {
			return f
		}
	}
	return nil
}

// Overlaps returns an element that has a value in common with e, nil if there is none. Of concatenations with ranges
// only those of the same range are looked at.
func (s *Elements) Overlaps(e *Element) *Element {
	if f := s.exact(e); f != nil || s.width > 1 {
		return f
	}
	if i := s.spanFrom(e.Key[0]); i < len(s.spans) && s.spans[i].Key[0].Compare(e.Last[0]) <= 0 {
		return s.spans[i]
	}
	if e.isRange() {
		for w, f := range s.one {
			if w.Compare(e.Key[0]) >= 0 && w.Compare(e.Last[0]) <= 0 {
				return f
			}
		}
	}
	return nil
}

// add adds an element, which it keeps.
func (s *Elements) add(e *Element) error {
	if s.Overlaps(e) != nil {
		return ErrThere
	}
	if e.Counted && e.count == nil {
		e.count = newCounter(e.Start)
	}
	switch {
	case s.width == 1 && !e.isRange():
		if s.one == nil {
			s.one = make(map[Word]*Element)
		}
		s.one[e.Key[0]] = e
	case s.width == 1:
		s.spans = slices.Insert(s.spans, s.spanFrom(e.Key[0]), e)
	case !e.isRange():
		if s.many == nil {
			s.many = make(map[Words]*Element)
		}
		s.many[e.Key] = e
	default:
		s.wide = append(s.wide, e)
	}
	return nil
}

// remove removes the element with the key of e.
func (s *Elements) remove(e *Element) error {
	f := s.exact(e)
	is := func(g *Element) bool { return g == f }
	switch {
	case f == nil:
		return ErrNotThere
	case s.width == 1 && !e.isRange():
		delete(s.one, e.Key[0])
	case s.width == 1:
		s.spans = slices.DeleteFunc(s.spans, is)
	case !e.isRange():
		delete(s.many, e.Key)
	default:
		s.wide = slices.DeleteFunc(s.wide, is)
	}
	return nil
}

// checkVerdicts wants the chains of verdicts to be there, and notes where.
func (s *Elements) checkVerdicts(on *nfTable) error {
	for e := range s.All() {
		if err := e.resolve(on); err != nil {
			return err
		}
	}
	return nil
}

// resolve finds the chain of the verdict.
func (e *Element) resolve(on *nfTable) error {
	if err := e.Verdict.check(on); err != nil {
		return err
	}
	if e.to = noChain; e.Verdict.Chain != "" {
		e.to = on.chain(e.Verdict.Chain).id
	}
	return nil
}
