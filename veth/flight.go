package veth

import (
	"sync"

	"drydock/internal/packet"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A node holds a frame that waits on a line, 144 bytes.
type node struct {
	slot
	at    tcpip.MonotonicTime // when it is due; in the queue of a shaper, since when it waits
	bytes int32
	next  int32 // in a list; 0: none
}

// An arena has the nodes of a line. Numbers of nodes begin with 1. An arena that is in use
// no more keeps one chunk; the others go to whichever line needs them next.
type arena struct {
	chunks []*chunk
	top    int32 // nodes that were ever used since the arena was empty
	free   int32 // a list of those that were released
	used   int32
}

type chunk [64]node

var chunks = sync.Pool{New: func() any { return new(chunk) }}

func (a *arena) node(id int32) *node {
	return &a.chunks[(id-1)/int32(len(chunk{}))][(id-1)%int32(len(chunk{}))]
}

// keep stores a frame of so many bytes, which it borrows; own says that the packet may be
// kept as it is.
func (a *arena) keep(pkt *stack.PacketBuffer, size int, own bool) int32 {
	id := a.free
	if id == 0 {
		a.top++
		id = a.top
		if int(id) > len(a.chunks)*len(chunk{}) {
			a.chunks = append(a.chunks, chunks.Get().(*chunk))
		}
	}
	n := a.node(id)
	if a.free != 0 {
		a.free = n.next
	}
	n.next, n.bytes = 0, int32(size)
	switch {
	case isSmall(pkt, size):
		n.keep(pkt, size)
	case own:
		n.pkt = pkt.IncRef()
	default:
		n.pkt = packet.Inbound(pkt)
	}
	a.used++
	return id
}

// take releases a node and returns its frame, which is the caller's.
func (a *arena) take(id int32) *stack.PacketBuffer {
	n := a.node(id)
	pkt := n.packet()
	n.next = a.free
	a.free = id
	if a.used--; a.used == 0 {
		a.reset()
	}
	return pkt
}

func (a *arena) reset() {
	for i, c := range a.chunks[1:] {
		chunks.Put(c)
		a.chunks[i+1] = nil
	}
	a.chunks, a.top, a.free = a.chunks[:1], 0, 0
}

// A list is nodes in a row.
type list struct{ head, tail int32 }

func (l *list) push(a *arena, id int32) {
	if l.tail == 0 {
		l.head = id
	} else {
		a.node(l.tail).next = id
	}
	l.tail = id
}

// pop takes the first node, 0 if there is none.
func (l *list) pop(a *arena) int32 {
	id := l.head
	if id == 0 {
		return 0
	}
	n := a.node(id)
	if l.head = n.next; l.head == 0 {
		l.tail = 0
	}
	n.next = 0
	return id
}

// A flight is the frames on their way, by time of arrival; those that are due at one instant
// stay in their order. Like netem's tfifo it is a list, which costs nothing while delays
// are equal, and beside it a tree of the frames that are due before the list's last one. Of
// two that are due at once the list's is older: it was there when the other was not appended.
type flight struct {
	inOrder list
	early   []earlier // a heap
	order   uint64    // of insertion into early
	held    held
	n       int
	bytes   int
}

type earlier struct {
	at    tcpip.MonotonicTime
	order uint64
	id    int32
}

func (e earlier) before(o earlier) bool {
	return e.at.Before(o.at) || e.at == o.at && e.order < o.order
}

// insert puts a node in flight, which is due at its time.
func (f *flight) insert(a *arena, id int32) {
	if f.held.on {
		f.holdOne(a, id, len(f.held.frames))
		return
	}
	n := a.node(id)
	f.n++
	f.bytes += int(n.bytes)
	if f.inOrder.tail == 0 || !n.at.Before(a.node(f.inOrder.tail).at) {
		f.inOrder.push(a, id)
		return
	}
	f.order++
	f.early = append(f.early, earlier{n.at, f.order, id})
	for i := len(f.early) - 1; i > 0; {
		parent := (i - 1) / 2
		if !f.early[i].before(f.early[parent]) {
			break
		}
		f.early[i], f.early[parent] = f.early[parent], f.early[i]
		i = parent
	}
}

// first returns the node that is due first, 0 if there is none.
func (f *flight) first(a *arena) int32 {
	id := f.inOrder.head
	if len(f.early) == 0 {
		return id
	}
	if e := f.early[0]; id == 0 || e.at.Before(a.node(id).at) {
		return e.id
	}
	return id
}

// remove takes the first node out of flight.
func (f *flight) remove(a *arena) int32 {
	id := f.first(a)
	if id == f.inOrder.head {
		f.inOrder.pop(a)
	} else {
		f.removeEarly()
	}
	f.left(a, id)
	return id
}

func (f *flight) removeEarly() {
	last := len(f.early) - 1
	f.early[0] = f.early[last]
	f.early = f.early[:last]
	for i := 0; ; {
		child := 2*i + 1
		if child >= last {
			return
		}
		if child+1 < last && f.early[child+1].before(f.early[child]) {
			child++
		}
		if !f.early[child].before(f.early[i]) {
			return
		}
		f.early[i], f.early[child] = f.early[child], f.early[i]
		i = child
	}
}
