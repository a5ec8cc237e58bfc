package nat

import (
	"cmp"
	"iter"
	"slices"
)

// An Element is a member of a set, or what a map has for a key. Key is the value, or the first of a
// range whose last is Last.
type Element struct {
	Key, Last Words
	Data      Words   // of maps: a value, or an address and a port
	Verdict   Verdict // of verdict maps
	Comment   string
	Counted   bool
	Start     Counters
	count     *counter
	seq       uint64 // by which its set was asked for it
	to        int    // the chain of Verdict
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
	width int // values of a key
	seq   uint64
	one   layers[Word, *Element]  // single values, while there are no spans
	many  layers[Words, *Element] // those of concatenations
	spans []*Element              // ranges of one value and single values beside them, in order; they do not overlap
	wide  wideElements            // concatenations with ranges
	leads layers[int, int]        // how many verdicts lead to a chain
}

// NewElements returns elements whose keys have so many values. Those that are there twice or overlap
// are refused with ErrThere.
func NewElements(width int, elements ...Element) (*Elements, error) {
	s := &Elements{width: width}
	for _, e := range elements {
		if err := e.complete(width); err != nil {
			return nil, err
		}
		if err := s.add(&e); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// complete has an element without Last be a single value, and wants its ranges to be some.
func (e *Element) complete(width int) error {
	if e.Last == (Words{}) {
		e.Last = e.Key
	}
	for i := range e.Key {
		if e.Last[i].Compare(e.Key[i]) < 0 || i >= width && e.Last[i] != (Word{}) {
			return ErrInvalid
		}
	}
	return nil
}

// clone returns a copy that may change.
func (s *Elements) clone() *Elements {
	return &Elements{s.width, s.seq, s.one.clone(), s.many.clone(), slices.Clone(s.spans), s.wide.clone(), s.leads.clone()}
}

// fresh returns a copy whose elements are others, too, for another table.
func (s *Elements) fresh() *Elements {
	return s.each(func(e Element) Element {
		if e.Counted {
			e.count = newCounter(e.Counters())
		}
		return e
	})
}

// each returns a copy with other elements of the same keys.
func (s *Elements) each(other func(e Element) Element) *Elements {
	c := s.clone()
	c.one, c.many = layers[Word, *Element]{}, layers[Words, *Element]{}
	again := func(e *Element) *Element {
		n := other(*e)
		return &n
	}
	for k, e := range s.one.all() {
		c.one.set(k, again(e))
	}
	for k, e := range s.many.all() {
		c.many.set(k, again(e))
	}
	for _, list := range [][]*Element{c.spans, c.wide.list} {
		for i, e := range list {
			list[i] = again(e)
		}
	}
	for _, e := range c.wide.list {
		c.wide.at[wideKey{e.Key, e.Last}] = e
	}
	return c
}

// Len returns how many there are.
func (s *Elements) Len() int { return s.one.n + s.many.n + len(s.spans) + len(s.wide.list) }

// All returns them in no order.
func (s *Elements) All() iter.Seq[*Element] {
	return func(yield func(*Element) bool) {
		for _, e := range s.one.all() {
			if !yield(e) {
				return
			}
		}
		for _, e := range s.many.all() {
			if !yield(e) {
				return
			}
		}
		for _, list := range [][]*Element{s.spans, s.wide.list} {
			for _, e := range list {
				if !yield(e) {
					return
				}
			}
		}
	}
}

// Added returns them in the order in which they were added.
func (s *Elements) Added() []*Element {
	return slices.SortedFunc(s.All(), func(a, b *Element) int { return cmp.Compare(a.seq, b.seq) })
}

// find returns the element that has the values, nil if there is none.
func (s *Elements) find(w *Words, n int) *Element {
	if n == 1 {
		if e, ok := s.one.get(w[0]); ok {
			return e
		}
		return s.span(w[0])
	}
	if e, ok := s.many.get(*w); ok {
		return e
	}
	return s.wide.find(w, n)
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
	f := (*Element)(nil)
	switch {
	case s.width == 1:
		if f, _ = s.one.get(e.Key[0]); f == nil {
			f = s.span(e.Key[0])
		}
	case !e.isRange():
		f, _ = s.many.get(e.Key)
	default:
		f = s.wide.exact(e)
	}
	if f == nil || f.Key != e.Key || f.Last != e.Last {
		return nil
	}
	return f
}

// Overlaps returns an element that has a value in common with e, nil if there is none. Of concatenations with ranges those
// are found that Linux finds: in which the first values of e are, or the last ones.
func (s *Elements) Overlaps(e *Element) *Element {
	if f := s.exact(e); f != nil {
		return f
	}
	if s.width > 1 {
		if f := s.find(&e.Key, s.width); f != nil {
			return f
		}
		return s.find(&e.Last, s.width)
	}
	if i := s.spanFrom(e.Key[0]); i < len(s.spans) && s.spans[i].Key[0].Compare(e.Last[0]) <= 0 {
		return s.spans[i]
	}
	if e.isRange() {
		for w, f := range s.one.all() { // there are no ranges yet: the first one puts them in order
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
	s.seq++
	e.seq = s.seq
	s.lead(e, 1)
	switch {
	case s.width == 1 && !e.isRange() && len(s.spans) == 0:
		s.one.set(e.Key[0], e)
	case s.width == 1:
		s.ordered()
		s.spans = slices.Insert(s.spans, s.spanFrom(e.Key[0]), e)
	case !e.isRange():
		s.many.set(e.Key, e)
	default:
		s.wide.add(e)
	}
	return nil
}

// ordered puts single values among the ranges, where a range finds those that are in it.
func (s *Elements) ordered() {
	if s.one.n == 0 {
		return
	}
	for _, e := range s.one.all() {
		s.spans = append(s.spans, e)
	}
	slices.SortFunc(s.spans, func(a, b *Element) int { return a.Key[0].Compare(b.Key[0]) })
	s.one = layers[Word, *Element]{}
}

// remove removes the element with the key of e.
func (s *Elements) remove(e *Element) error {
	f := s.exact(e)
	if f == nil {
		return ErrNotThere
	}
	s.lead(f, -1)
	is := func(g *Element) bool { return g == f }
	switch {
	case s.width == 1 && s.one.n > 0:
		s.one.delete(e.Key[0])
	case s.width == 1:
		s.spans = slices.DeleteFunc(s.spans, is)
	case !e.isRange():
		s.many.delete(e.Key)
	default:
		s.wide.remove(f)
	}
	return nil
}

// lead counts the verdict of an element that comes or goes.
func (s *Elements) lead(e *Element, n int) {
	if e.Verdict.Chain == "" {
		return
	}
	if before, _ := s.leads.get(e.to); before+n > 0 {
		s.leads.set(e.to, before+n)
	} else {
		s.leads.delete(e.to)
	}
}

// checkVerdicts wants the chains of verdicts to be there, and notes where.
func (s *Elements) checkVerdicts(on *nfTable) error {
	s.leads = layers[int, int]{}
	for e := range s.All() {
		if err := e.resolve(on); err != nil {
			return err
		}
		s.lead(e, 1)
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
