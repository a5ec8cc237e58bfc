package veth

import (
	"drydock/internal/packet"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// WriteFrames sends frames as WritePackets does, without a list made for them. Over a perfect
// cable up to 128 go together: what is looked up, locked and woken for one serves them all, also in
// the bridge and the cables behind it. Of more the receiver would lose some: who sends them does not
// give it a turn before all are in its queue.
func (e *Endpoint) WriteFrames(pkts []*stack.PacketBuffer) (int, tcpip.Error) {
	for sent := 0; sent < len(pkts); {
		n := 0
		if sent+1 < len(pkts) && e.plain() {
			n = e.writeBurst(pkts[sent:min(sent+turn, len(pkts))])
		}
		if n == 0 {
			if err := e.WritePacket(pkts[sent]); err != nil {
				return sent, err
			}
			n = 1
		}
		sent += n
	}
	return len(pkts), nil
}

// plain reports whether nothing happens to single frames on the way to the other end.
func (e *Endpoint) plain() bool {
	return e.cable.state.Load() == stateUp && !e.impaired.Load() &&
		e.taps.Empty() && e.peer.taps.Empty() && e.peer.queue.scheduler == nil
}

// writeBurst sends frames from the first to the last one whose size is right, and returns how
// many these are.
func (e *Endpoint) writeBurst(pkts []*stack.PacketBuffer) int {
	n, bytes := 0, 0
	for _, pkt := range pkts {
		size := pkt.Size()
		if size < header.EthernetMinimumSize || e.peer.refuses(pkt, size) {
			break
		}
		n, bytes = n+1, bytes+size
	}
	if n == 0 {
		return 0
	}
	e.queue.inline.speak()
	if f := e.peer.forwarder.Load(); f != nil {
		e.stats.forwarded.addAll(n, bytes)
		forwardBurst(*f, pkts[:n])
	} else {
		e.peer.queue.receiveBurst(pkts[:n])
	}
	return n
}

func forwardBurst(f forwarder, pkts []*stack.PacketBuffer) {
	if f, ok := f.(forwarders); ok {
		f.ForwardFrames(pkts)
		return
	}
	for _, pkt := range pkts {
		f.ForwardFrame(pkt)
	}
}

// receiveBurst is receive for frames in a row. The queue has no scheduler, which would be told of the
// first frame that waits alone.
func (q *queue) receiveBurst(pkts []*stack.PacketBuffer) {
	q.mu.Lock()
	before := q.length
	for _, pkt := range pkts {
		size := pkt.Size()
		q.direct.add(size)
		s := q.slotLocked()
		switch {
		case s == nil:
			q.dropLocked(q.refusalLocked(), pkt)
		case isSmall(pkt, size):
			s.pkt = nil
			s.keep(pkt, size)
		default:
			s.pkt = packet.Inbound(pkt)
		}
	}
	if q.length == before {
		q.mu.Unlock()
	} else {
		q.unlockAndWake()
	}
	q.end.tellDrops()
}
