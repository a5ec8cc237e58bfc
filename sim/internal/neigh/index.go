package neigh

import (
	"cmp"
	"encoding/binary"
	"iter"
	"math/bits"
	"math/rand/v2"
	"slices"
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
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

// factors are odd, and nobody knows them: addresses that share a chain are hard to choose. Package
// maphash takes twice as long.
var factors = [2]uint64{rand.Uint64() | 1, rand.Uint64() | 1}

func slot(heads []atomic.Pointer[node], a tcpip.Address) *atomic.Pointer[node] {
	var sum uint64
	if a.Len() == header.IPv4AddressSize {
		b := a.As4()
		sum = uint64(binary.LittleEndian.Uint32(b[:])) * factors[0]
	} else {
		b := a.As16()
		sum = binary.LittleEndian.Uint64(b[:])*factors[0] + binary.LittleEndian.Uint64(b[8:])*factors[1]
	}
	i, _ := bits.Mul64(sum, uint64(len(heads))) // the high bits are the good ones
	return &heads[i]
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
