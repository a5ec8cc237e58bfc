package veth

import (
	"drydock/drop"

	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A Dropped is a frame that did not arrive.
type Dropped struct {
	// Endpoint is where it was dropped: the end that sent it for what happens on the way, the
	// end that was to receive it for drop.QueueFull, drop.Unattached and drop.Checksum, and for
	// what its queue loses.
	Endpoint *Endpoint
	Reason   drop.Reason
	Frame    *stack.PacketBuffer // borrowed; possibly a super-segment
}

// OnDrop calls fn with every frame that is dropped at e, until remove is called. fn runs in a
// goroutine that drops frames and must be quick. It holds no lock of the cable, but a
// sender may hold its own: fn must not use a stack. It may still be running in another
// goroutine when remove returns.
func (e *Endpoint) OnDrop(fn func(Dropped)) (remove func()) { return e.onDrop.Add(fn) }

// Drops returns how many frames were dropped at e, by reason. A super-segment that is dropped
// whole is one.
func (e *Endpoint) Drops() drop.Counts { return e.drops.Load() }

// drop counts a frame and tells who asked. It borrows pkt.
func (e *Endpoint) drop(r drop.Reason, pkt *stack.PacketBuffer) {
	e.dropQuietly(r, pkt)
	e.tellDrops()
}

// dropQuietly is drop for who holds locks of the cable, and calls tellDrops without them.
func (e *Endpoint) dropQuietly(r drop.Reason, pkt *stack.PacketBuffer) {
	e.drops.Add(r, 1)
	if e.onDrop.Empty() {
		return
	}
	e.untoldMu.Lock()
	defer e.untoldMu.Unlock()
	// Not pkt itself, which may go on its way, as the original of a copy does.
	e.untold = append(e.untold, Dropped{e, r, pkt.Clone()})
	e.tells.Store(true)
}

// tellDrops tells who asked of the frames that were dropped quietly.
func (e *Endpoint) tellDrops() {
	if !e.tells.Load() {
		return
	}
	e.untoldMu.Lock()
	list := e.untold
	e.untold = nil
	e.tells.Store(false)
	e.untoldMu.Unlock()
	for _, d := range list {
		e.onDrop.Show(func() Dropped { return d })
		d.Frame.DecRef()
	}
}
