package veth

import (
	"sync"

	"drydock/internal/packet"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/refs"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A lender has a packet that it lends for one delivery of a small frame after the other. Pools
// of packets, views and chunks cost 60 ns a frame, more than everything else that a cable does.
// Who keeps the packet has it for good, and who keeps its bytes, as sockets do, has these: the
// next frame gets a chunk of its own. Hosts that forward, bridges and stations that a frame is
// not for keep nothing. A lender belongs to one goroutine, for a batch of frames: it is in the caches of
// the CPU that has used it last. The zero lender is empty.
type lender struct {
	pkt  *stack.PacketBuffer // nil: none, or it is out of hand
	view *buffer.View        // of pkt
}

var lenders = sync.Pool{New: func() any { return new(lender) }}

// aLender returns a lender, which the caller puts back into lenders; nil while gVisor looks for leaks: a packet
// is to be made once then.
func aLender() *lender {
	if refs.GetLeakMode() != refs.NoLeakChecking {
		return nil
	}
	return lenders.Get().(*lender)
}

// lend returns the frame of a slot, which must be a small one, as a packet until back is called.
func (l *lender) lend(s *slot) *stack.PacketBuffer {
	if l.pkt == nil {
		l.view = buffer.NewView(maxSmall)
		l.pkt = stack.NewPacketBuffer(stack.PacketBufferOptions{})
	} else {
		*l.pkt = stack.PacketBuffer{}
		l.pkt.InitRefs()
		l.view.Reset()
	}
	l.view.Write(s.data[:s.size]) // into a new chunk if somebody shares this one
	b := buffer.MakeWithView(l.view)
	l.pkt.Data().MergeBuffer(&b)
	l.pkt.RXChecksumValidated = s.note&validated != 0
	packet.SetCables(l.pkt, int(s.note&^validated))
	return l.pkt
}

// back ends a loan.
func (l *lender) back() {
	if l.pkt.ReadRefs() == 1 {
		if views, _ := l.pkt.AsViewList(); views.Front() == l.view && views.Back() == l.view {
			return
		}
		// The receiver has taken it apart.
	}
	l.pkt.DecRef()
	l.pkt, l.view = nil, nil
}
