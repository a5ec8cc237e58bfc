package veth

import (
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
func (e *Endpoint) Tap(fn func(Tapped)) (remove func()) { return e.taps.Add(fn) }

// show shows a frame to the taps. Each gets a copy of its own.
func (e *Endpoint) show(d Direction, pkt *stack.PacketBuffer) {
	if e.taps.Empty() {
		return
	}
	now := e.clock.Now()
	e.taps.Show(func() Tapped { return Tapped{Time: now, Direction: d, Frame: packet.Bytes(pkt)} })
}
