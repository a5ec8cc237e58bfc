package ipset

import (
	"slices"
	"sync"
	"sync/atomic"
)

// A Set is a named set. Its contents change places with those of another by [Table.Swap]:
// who holds the Set, as a rule does, then sees the others.
type Set struct {
	table *Table
	name  string // guarded by table.mu
	body  atomic.Pointer[body]
}

// A body is what a set has but its name.
type body struct {
	spec Spec
	mu   sync.RWMutex // guards what follows
	by   map[Key]*element
	bits []int     // lengths of networks that there are, longest first
	many [129]int  // how many of each length
	list []*member // of list:set, in its order
}

// Name returns the name, which a rename changes.
func (s *Set) Name() string {
	s.table.mu.RLock()
	defer s.table.mu.RUnlock()
	return s.name
}

// Spec returns what the set was created with.
func (s *Set) Spec() Spec { return s.body.Load().spec }

// normal brings a key into the form in which the set has it.
func (b *body) normal(k Key) (Key, error) {
	s := &b.spec
	switch {
	case s.Type == BitmapPort && (k.Port < s.From || k.Port > s.To):
		return k, ErrRange
	case s.Type == BitmapPort:
		return Key{Port: k.Port}, nil
	case !k.Net.IsValid() || k.Net.Addr().Is6() != s.V6:
		return k, ErrFamily
	case !s.Type.HasPort():
		k.Proto, k.Port = 0, 0
	}
	bits := k.Net.Bits()
	if !s.Type.HasNet() {
		bits = orElse(int(s.Netmask), s.width())
	}
	if bits == 0 {
		return k, ErrNull
	}
	k.Set = ""
	k.Net, _ = k.Net.Addr().Prefix(bits)
	return k, nil
}

// Add adds an entry. One that is there makes it fail, or with exist is changed.
func (s *Set) Add(e Entry, exist bool) error {
	b := s.body.Load()
	switch spec := &b.spec; {
	case e.Timeout != 0 && !spec.Timeouts:
		return ErrNoTimeout
	case (e.Packets != 0 || e.Bytes != 0) && !spec.Counters:
		return ErrNoCounters
	case e.Comment != "" && !spec.Comments:
		return ErrNoComment
	case e.Timeout < 0 || e.Timeout > MaxTimeout || len(e.Comment) > MaxComment || e.NoMatch && !spec.Type.HasNet():
		return ErrValue
	case spec.Type == ListSet:
		return s.table.addMember(b, e, exist)
	}
	k, err := b.normal(e.Key)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := s.table.now()
	if old := b.by[k]; old != nil {
		if old.alive(now) && !exist {
			return ErrAdded
		}
		if e.Packets == 0 && e.Bytes == 0 && old.alive(now) {
			e.Packets, e.Bytes = old.packets.Load(), old.bytes.Load()
		}
		b.by[k] = filled(&b.spec, &e, now)
		return nil
	}
	if b.full(now) {
		return ErrFull
	}
	b.by[k] = filled(&b.spec, &e, now)
	b.count(k, 1)
	return nil
}

func filled(s *Spec, e *Entry, now int64) *element {
	made := new(element)
	made.fill(s, e, now)
	return made
}

// full makes room by what has expired before it says so.
func (b *body) full(now int64) bool {
	most := int(b.spec.MaxElem)
	if b.spec.Type == BitmapPort || len(b.by) < most {
		return false
	}
	for k, e := range b.by {
		if !e.alive(now) {
			b.remove(k)
		}
	}
	return len(b.by) >= most
}

func (b *body) remove(k Key) {
	delete(b.by, k)
	b.count(k, -1)
}

// count keeps the lengths of networks that are to be tried.
func (b *body) count(k Key, n int) {
	if !b.spec.Type.HasNet() {
		return
	}
	bits := k.Net.Bits()
	before := b.many[bits]
	b.many[bits] += n
	at, _ := slices.BinarySearchFunc(b.bits, bits, func(x, y int) int { return y - x })
	switch {
	case before == 0:
		b.bits = slices.Insert(b.bits, at, bits)
	case b.many[bits] == 0:
		b.bits = slices.Delete(b.bits, at, at+1)
	}
}

// Delete removes an entry.
func (s *Set) Delete(e Entry) error {
	b := s.body.Load()
	if b.spec.Type == ListSet {
		return s.table.deleteMember(b, e)
	}
	k, err := b.normal(e.Key)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	old := b.by[k]
	if old != nil {
		b.remove(k)
	}
	if old == nil || !old.alive(s.table.now()) {
		return ErrNotAdded
	}
	return nil
}

// Test reports whether an entry is in the set: as such, or for one address in a network
// that is.
func (s *Set) Test(e Entry) (bool, error) {
	b := s.body.Load()
	if b.spec.Type == ListSet {
		return s.table.testMember(b, e)
	}
	k, err := b.normal(e.Key)
	if err != nil {
		return false, err
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	if b.spec.Type.HasNet() && k.Net.IsSingleIP() {
		found := b.find(&k, s.table.now())
		return found != nil && found.nomatch == e.NoMatch, nil
	}
	found := b.by[k]
	return found != nil && found.alive(s.table.now()) && found.nomatch == e.NoMatch, nil
}

// find returns the entry with the longest network around an address, nil for none. Of
// networks it tries each length that there is.
func (b *body) find(k *Key, now int64) *element {
	if !b.spec.Type.HasNet() {
		if e := b.by[*k]; e != nil && e.alive(now) {
			return e
		}
		return nil
	}
	inner := *k
	for _, bits := range b.bits {
		inner.Net, _ = k.Net.Addr().Prefix(bits)
		if e := b.by[inner]; e != nil && e.alive(now) {
			return e
		}
	}
	return nil
}

// Entries returns the entries that have not expired: those of list:set in its order, others
// in that of their keys.
func (s *Set) Entries() []Entry {
	b := s.body.Load()
	if b.spec.Type == ListSet {
		return s.table.members(b)
	}
	now := s.table.now()
	b.mu.RLock()
	defer b.mu.RUnlock()
	all := make([]Entry, 0, len(b.by))
	for k, e := range b.by {
		if e.alive(now) {
			all = append(all, e.entry(k, now))
		}
	}
	slices.SortFunc(all, func(a, b Entry) int { return a.Compare(b.Key) })
	return all
}

// Flush removes all entries.
func (s *Set) Flush() {
	b := s.body.Load()
	if b.spec.Type == ListSet {
		s.table.mu.Lock()
		defer s.table.mu.Unlock()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.by, b.bits, b.many, b.list = make(map[Key]*element), nil, [129]int{}, nil
}
