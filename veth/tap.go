package veth

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"drydock/internal/packet"

	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A Direction is the way of a frame as seen from an end.
type Direction uint8

const (
	Sent     Direction = iota // before the impairment of this end
	Received                  // before the queue of this end
)

func (d Direction) String() string {
	if d == Sent {
		return "sent"
	}
	return "received"
}

// A Tapped is a frame that passed an end.
type Tapped struct {
	Time      time.Time // by the cable's clock
	Direction Direction
	Frame     []byte // a copy, with checksums; possibly a super-segment
}

// Tap calls fn with every frame that e sends and receives, until remove is called.
// fn runs in the goroutine of the sender: it must be quick and must not write to
// the cable. It may still be running in another goroutine when remove returns.
func (e *Endpoint) Tap(fn func(Tapped)) (remove func()) {
	t := &fn
	e.taps.edit(func(list []*func(Tapped)) []*func(Tapped) { return append(list, t) })
	return func() {
		e.taps.edit(func(list []*func(Tapped)) []*func(Tapped) {
			return slices.DeleteFunc(list, func(o *func(Tapped)) bool { return o == t })
		})
	}
}

// taps is a list that is read without a lock: nil while there is no tap.
type taps struct {
	list atomic.Pointer[[]*func(Tapped)]
	mu   sync.Mutex // serializes edit
}

func (t *taps) edit(change func([]*func(Tapped)) []*func(Tapped)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var list []*func(Tapped)
	if old := t.list.Load(); old != nil {
		list = slices.Clone(*old)
	}
	if list = change(list); len(list) == 0 {
		t.list.Store(nil)
		return
	}
	t.list.Store(&list)
}

func (t *taps) see(e *Endpoint, d Direction, pkt *stack.PacketBuffer) {
	list := t.list.Load()
	if list == nil {
		return
	}
	now := e.clock.Now()
	for _, fn := range *list {
		(*fn)(Tapped{Time: now, Direction: d, Frame: packet.Bytes(pkt)})
	}
}
