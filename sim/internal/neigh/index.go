package neigh

import (
	"cmp"
	"hash/maphash"
	"iter"
	"slices"
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// An index finds entries by their addresses. Readers take no lock: nodes do not change, and a
// chain that does gets new nodes. Who changes it holds Table.mu. The zero index is empty.
type index struct {
	heads atomic.Pointer[[]atomic.Pointer[node]] // nil: none yet; the length is a power of two
	size  int
}

type node struct {
	entry *entry
	next  *node
}

// fewestHeads are enough for the neighbours that most containers have.
const fewestHeads = 4

var seed = maphash.MakeSeed()

func slot(heads []atomic.Pointer[node], a tcpip.Address) *atomic.Pointer[node] {
	return &heads[maphash.Comparable(seed, a)&uint64(len(heads)-1)]
}

// find returns the entry of an address, or nil.
func (x *index) find(a tcpip.Address) *entry {
	heads := x.heads.Load()
	if heads == nil {
		return nil
	}
	for n := slot(*heads, a).Load(); n != nil; n = n.next {
		if n.entry.addr == a {
			return n.entry
		}
	}
	return nil
}

// all returns the entries. They may be removed meanwhile.
func (x *index) all() iter.Seq[*entry] {
	return func(yield func(*entry) bool) {
		heads := x.heads.Load()
		if heads == nil {
			return
		}
		for i := range *heads {
			for n := (*heads)[i].Load(); n != nil; n = n.next {
				if !yield(n.entry) {
					return
				}
			}
		}
	}
}

func (x *index) insert(e *entry) {
	heads := x.heads.Load()
	if heads == nil || x.size >= 2*len(*heads) {
		more := make([]atomic.Pointer[node], max(fewestHeads, 4*x.size))
		if heads != nil {
			for old := range x.all() {
				push(more, old)
			}
		}
		heads = &more
		x.heads.Store(heads)
	}
	push(*heads, e)
	x.size++
}

func push(heads []atomic.Pointer[node], e *entry) {
	s := slot(heads, e.addr)
	s.Store(&node{e, s.Load()})
}

// remove takes out an entry that is there.
func (x *index) remove(e *entry) {
	s := slot(*x.heads.Load(), e.addr)
	var chain *node
	for n := s.Load(); n != nil; n = n.next {
		if n.entry != e {
			chain = &node{n.entry, chain}
		}
	}
	s.Store(chain)
	x.size--
}

func sortEntries(list []*entry) {
	slices.SortFunc(list, func(a, b *entry) int { return cmp.Or(cmp.Compare(a.deadline, b.deadline), cmp.Compare(a.made, b.made)) })
}
