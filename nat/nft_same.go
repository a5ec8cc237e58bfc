package nat

import (
	"hash/maphash"
	"slices"
)

// Find returns the place of the first rule of a chain that is as r, counted from 0, but for its handle and for what it has
// counted, -1 if there is none.
func (tx *NftEdit) Find(f Family, table, name string, r *NftRule) int {
	t := tx.find(f, table)
	if t == nil {
		return -1
	}
	c := t.chain(name)
	if c == nil {
		return -1
	}
	print := r.fingerprint()
	for b, x := range c.blocks {
		for i, p := range x.prints {
			if p == print && x.code[i].rule.nft.same(r) {
				return c.starts[b] + i
			}
		}
	}
	return -1
}

// Commented returns the place of the first rule of a chain with a comment, counted from 0, -1 if there is none.
func (tx *NftEdit) Commented(f Family, table, name, comment string) int {
	if t := tx.find(f, table); t != nil {
		if c := t.chain(name); c != nil {
			for i, r := range c.all() {
				if r.nft.Comment == comment {
					return i
				}
			}
		}
	}
	return -1
}

func (r *NftRule) same(o *NftRule) bool {
	return r.Comment == o.Comment && slices.EqualFunc(r.Statements, o.Statements, sameStatement)
}

// fingerprint is equal for rules that are the same. Of elements it knows nothing.
func (r *NftRule) fingerprint() uint64 {
	var h maphash.Hash
	h.SetSeed(printSeed)
	maphash.WriteComparable(&h, r.Comment)
	for _, s := range r.Statements {
		switch s := plain(s).(type) {
		case Lookup:
			maphash.WriteComparable(&h, s.Set)
			writeKeys(&h, s.Keys)
		case VerdictMap:
			maphash.WriteComparable(&h, s.Set)
			writeKeys(&h, s.Keys)
		case Translate:
			maphash.WriteComparable(&h, [2]Word{s.Addr.Min, s.Port.Min})
			writeKeys(&h, s.Addr.Keys)
		default:
			maphash.WriteComparable(&h, s)
		}
	}
	return h.Sum64()
}

func writeKeys(h *maphash.Hash, keys []Key) {
	for _, k := range keys {
		maphash.WriteComparable(h, k)
	}
}

// plain returns what is said in a statement that remembers something.
func plain(s Statement) any {
	switch s := s.(type) {
	case *Count:
		return Count{Name: s.Name}
	case *RateLimit:
		c := RateLimit{Rate: s.Rate, Unit: s.Unit, Burst: s.Burst, Bytes: s.Bytes, Over: s.Over}
		if !c.Bytes && c.Burst == 0 {
			c.Burst = limitBurst
		}
		return c
	case *Quota:
		if s.Name != "" {
			return Quota{Name: s.Name}
		}
		return Quota{Bytes: s.Bytes, Over: s.Over}
	}
	return s
}

func sameStatement(a, b Statement) bool {
	switch a := a.(type) {
	case Lookup:
		b, ok := b.(Lookup)
		return ok && a.Mask == b.Mask && a.Set == b.Set && a.Not == b.Not && slices.Equal(a.Keys, b.Keys) && a.Anon.same(b.Anon)
	case VerdictMap:
		b, ok := b.(VerdictMap)
		return ok && a.Set == b.Set && slices.Equal(a.Keys, b.Keys) && a.Anon.same(b.Anon)
	case Translate:
		b, ok := b.(Translate)
		return ok && a.Kind == b.Kind && a.Random == b.Random && a.FullyRandom == b.FullyRandom && a.Persistent == b.Persistent &&
			a.Addr.same(&b.Addr) && a.Port.same(&b.Port)
	}
	switch b.(type) {
	case Lookup, VerdictMap, Translate: // which == does not compare
		return false
	}
	return plain(a) == plain(b)
}

func (o *Operand) same(b *Operand) bool {
	return o.Given == b.Given && o.V6 == b.V6 && o.Min == b.Min && o.Max == b.Max && o.Set == b.Set && o.Pair == b.Pair &&
		slices.Equal(o.Keys, b.Keys) && o.Anon.same(b.Anon)
}

// same reports whether others are the same elements, whatever they have counted.
func (s *Elements) same(o *Elements) bool {
	if s == nil || o == nil || s == o {
		return s == o
	}
	if s.Len() != o.Len() {
		return false
	}
	for e := range s.All() {
		if f := o.exact(e); f == nil || f.Data != e.Data || f.Verdict != e.Verdict || f.Comment != e.Comment || f.Counted != e.Counted {
			return false
		}
	}
	return true
}
