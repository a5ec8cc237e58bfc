package veth

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"drydock/drop"
	"drydock/internal/packet"

	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// ErrNotHeld is the error for a frame that is not held.
var ErrNotHeld = errors.New("frame is not held")

// An Inflight is what is on its way from an end to the other one. Endpoint.Inflight returns it.
// Hold has frames wait there; Release, Drop and Duplicate then say what becomes of each, in any
// order; Resume lets the rest go. It is safe for concurrent use. The zero Inflight is not usable.
//
// An impairment comes first: who is held has been lost, doubled, damaged and delayed already.
// A Shaper comes last. What waits for one stays there during a hold, and is not listed. Frames
// are those of the wire: super-segments are cut while they may be held.
//
// As many frames can wait as an impairment without Limit has on its way, or Limit. Further ones are
// dropped as drop.Limit. Without carrier, and when the cable closes, all are lost.
type Inflight struct{ line *line }

// A Flying is a frame on its way.
type Flying struct {
	ID    uint64    // while it is held, which numbers frames from 1 on; else 0
	Due   time.Time // when it arrives or, held, would have arrived
	Frame []byte    // a copy, with checksums
}

// Inflight returns what is on its way from e to the other end.
func (e *Endpoint) Inflight() Inflight { return Inflight{&e.line} }

// Hold keeps what is on its way, and what is sent from now on, from arriving.
func (f Inflight) Hold() {
	l := f.line
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	if l.medium == nil {
		l.medium = &medium{tell: l.from.dropQuietly}
		l.medium.set(Impairment{}, l.seed, int(l.from.mtu.Load()), l.from.clock.NowMonotonic())
	}
	l.medium.flight.hold(&l.medium.arena)
	l.from.cut.Store(true)
	l.from.impaired.Store(true)
}

// Held reports whether a Hold is on.
func (f Inflight) Held() (on bool) {
	f.line.mu.Lock()
	defer f.line.mu.Unlock()
	return f.line.medium != nil && f.line.medium.flight.held.on
}

// Resume ends a Hold. What was due meanwhile arrives now, in the order in which it was due, the
// rest when it is due.
func (f Inflight) Resume() {
	f.change(func(m *medium) error {
		m.flight.resume(&m.arena)
		f.line.from.cut.Store(!m.impairment.whole())
		return nil
	})
}

// Frames returns what is on its way: what is held in the order in which it came, or else all in
// the order in which it arrives. What has arrived, but is still to be given to a stack, is on
// its way no more.
func (f Inflight) Frames() []Flying {
	l := f.line
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.medium == nil {
		return nil
	}
	m := l.medium
	now, since := l.from.clock.Now(), l.from.clock.NowMonotonic()
	var list []Flying
	for _, h := range m.flight.inAir(&m.arena) {
		n := m.arena.node(h.id)
		list = append(list, Flying{h.number, now.Add(n.at.Sub(since)), n.copy()})
	}
	return list
}

// Release has frames arrive now, in this order. They pass a Shaper by. The error wraps ErrNotHeld
// if one of them is not held; nothing has happened then.
func (f Inflight) Release(ids ...uint64) error {
	return f.change(func(m *medium) error {
		held, err := m.flight.take(&m.arena, ids)
		for _, id := range held {
			m.flight.release(&m.arena, id)
		}
		return err
	})
}

// Drop loses frames. They are counted as Discarded. It fails like Release.
func (f Inflight) Drop(ids ...uint64) error {
	return f.change(func(m *medium) error {
		held, err := m.flight.take(&m.arena, ids)
		for _, id := range held {
			m.dropNode(drop.Discarded, id)
		}
		return err
	})
}

// Duplicate puts a copy of a frame behind it and returns its ID. It fails like Release, and if no
// more frames can wait.
func (f Inflight) Duplicate(id uint64) (copied uint64, err error) {
	err = f.change(func(m *medium) error {
		i := m.flight.held.index(id)
		if i < 0 {
			return fmt.Errorf("frame %d: %w", id, ErrNotHeld)
		}
		if !m.room() {
			return errors.New("too many frames on their way")
		}
		n := m.arena.node(m.flight.held.frames[i].id)
		at, size := n.at, int(n.bytes)
		var second int32
		n.view(func(pkt *stack.PacketBuffer) { second = m.arena.keep(pkt, size, false) })
		m.arena.node(second).at = at
		m.counts.Duplicated++
		copied = m.flight.holdOne(&m.arena, second, i+1)
		return nil
	})
	return copied, err
}

// change changes what is held, and delivers what may arrive then.
func (f Inflight) change(edit func(*medium) error) error {
	l := f.line
	l.mu.Lock()
	if l.medium == nil {
		l.mu.Unlock()
		return edit(new(medium)) // nothing is held
	}
	err := edit(l.medium)
	due := l.wake(l.from.clock.NowMonotonic())
	l.settle()
	l.mu.Unlock()
	l.from.tellDrops()
	if due {
		l.deliver()
	}
	return err
}

// settle has frames pass the line by again that need it no more.
// +checklocks:l.mu
func (l *line) settle() {
	if m := l.medium; !l.firing && !m.flight.held.on && m.flight.n == 0 && m.impairment == (Impairment{}) {
		l.from.impaired.Store(false)
	}
}

// Held is what a Hold keeps of a flight.
type held struct {
	on       bool
	numbers  uint64 // of frames that were ever held
	frames   []heldFrame
	released list // they arrive before all others
}

type heldFrame struct {
	number uint64
	id     int32
}

func (h *held) index(number uint64) int {
	return slices.IndexFunc(h.frames, func(f heldFrame) bool { return f.number == number })
}

// hold holds all that is in flight, and what is inserted from now on.
func (f *flight) hold(a *arena) {
	for f.held.on = true; f.first(a) != 0; {
		f.holdOne(a, f.remove(a), len(f.held.frames))
	}
}

// holdOne holds a frame as the i-th one, and returns its number.
func (f *flight) holdOne(a *arena, id int32, i int) (number uint64) {
	f.n++
	f.bytes += int(a.node(id).bytes)
	f.held.numbers++
	f.held.frames = slices.Insert(f.held.frames, i, heldFrame{f.held.numbers, id})
	return f.held.numbers
}

// take takes frames out of flight, all or none.
func (f *flight) take(a *arena, numbers []uint64) ([]int32, error) {
	place := make(map[uint64]int, len(numbers)) // in ids
	for i, number := range numbers {
		if _, twice := place[number]; twice {
			return nil, fmt.Errorf("frame %d: %w", number, ErrNotHeld)
		}
		place[number] = i
	}
	ids := make([]int32, len(numbers)) // no frame has the number 0
	for _, h := range f.held.frames {
		if i, ok := place[h.number]; ok {
			ids[i] = h.id
		}
	}
	if i := slices.Index(ids, 0); i >= 0 {
		return nil, fmt.Errorf("frame %d: %w", numbers[i], ErrNotHeld)
	}
	f.held.frames = slices.DeleteFunc(f.held.frames, func(h heldFrame) bool {
		_, ok := place[h.number]
		return ok
	})
	for _, id := range ids {
		f.left(a, id)
	}
	return ids, nil
}

// left notes that a frame is in flight no more.
func (f *flight) left(a *arena, id int32) {
	f.n--
	f.bytes -= int(a.node(id).bytes)
}

// release has a frame arrive before all others but those that were released before it.
func (f *flight) release(a *arena, id int32) {
	f.n++
	f.bytes += int(a.node(id).bytes)
	f.held.released.push(a, id)
}

// landed returns a frame that was released, 0 if there is none.
func (f *flight) landed(a *arena) int32 {
	id := f.held.released.pop(a)
	if id != 0 {
		f.left(a, id)
	}
	return id
}

// resume puts what is held in flight again.
func (f *flight) resume(a *arena) {
	f.held.on = false
	frames := f.held.frames
	f.held.frames = nil
	for _, h := range frames {
		f.left(a, h.id)
		f.insert(a, h.id)
	}
}

// inAir returns what is in flight: what is held, else all by time of arrival.
func (f *flight) inAir(a *arena) []heldFrame {
	if f.held.on {
		return f.held.frames
	}
	var list []heldFrame
	for id := f.inOrder.head; id != 0; id = a.node(id).next {
		list = append(list, heldFrame{id: id})
	}
	early := slices.Clone(f.early)
	slices.SortFunc(early, func(e, o earlier) int { return cmp.Or(cmp.Compare(e.at.Sub(o.at), 0), cmp.Compare(e.order, o.order)) })
	for _, e := range early {
		list = append(list, heldFrame{id: e.id})
	}
	slices.SortStableFunc(list, func(x, y heldFrame) int { return cmp.Compare(a.node(x.id).at.Sub(a.node(y.id).at), 0) })
	return list
}

// view shows the frame as a packet, which is borrowed.
func (n *node) view(see func(*stack.PacketBuffer)) {
	s := n.slot // which stays full
	pkt := s.packet()
	if n.pkt == nil {
		defer pkt.DecRef()
	}
	see(pkt)
}

// copy returns the bytes of the frame.
func (n *node) copy() (frame []byte) {
	n.view(func(pkt *stack.PacketBuffer) { frame = packet.Bytes(pkt) })
	return frame
}
