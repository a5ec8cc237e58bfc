package packet

import (
	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// Offloaded reports whether pkt was vouched for rather than checksummed: it comes
// straight from a stack, crossed a cable from one, or is a super-segment, which has
// no checksum of its own. Its checksum field may be unset, and computing it makes
// it right. Of other packets it is unknown whether they are intact.
func Offloaded(pkt *stack.PacketBuffer) bool {
	return pkt.RXChecksumValidated || pkt.PktType == tcpip.PacketOutgoing || pkt.GSOOptions.Type != stack.GSONone
}

// Inbound returns pkt as a receiver gets it: a packet of its own, without headers,
// that shares the bytes of pkt. The caller owns the result.
//
// It is for Ethernet to parse the link header, and better later than sooner: as
// long as pkt lives too, gVisor copies the memory that the header lies in.
func Inbound(pkt *stack.PacketBuffer) *stack.PacketBuffer {
	in := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: pkt.ToBuffer()})
	in.RXChecksumValidated = Offloaded(pkt)
	in.GSOOptions = pkt.GSOOptions
	in.InputNICID = pkt.InputNICID
	return in
}

// Cables returns how many cables between two bridges a frame has crossed since a stack has
// sent it. Outside of stacks a frame has no interface of arrival, so that the field for it
// can hold the number; who makes its link header sets it.
func Cables(pkt *stack.PacketBuffer) int { return int(pkt.InputNICID) }

// SetCables sets what Cables returns, of a packet of the caller's own.
func SetCables(pkt *stack.PacketBuffer, n int) { pkt.InputNICID = tcpip.NICID(n) }

// Arrival returns the Ethernet header by which a packet came that has none any more, since the room for
// it is that of the way out. It is nil if nobody has set it. Until a packet has a route to leave by, the
// field for that can hold it.
func Arrival(pkt *stack.PacketBuffer) []byte {
	if pkt.EgressRoute.NetProto != arrived {
		return nil
	}
	return pkt.EgressRoute.LocalAddress.AsSlice()[:header.EthernetMinimumSize]
}

// SetArrival sets what Arrival returns, unless link is no Ethernet header.
func SetArrival(pkt *stack.PacketBuffer, link []byte) {
	if len(link) != header.EthernetMinimumSize {
		return
	}
	var room [header.IPv6AddressSize]byte
	copy(room[:], link)
	pkt.EgressRoute.LocalAddress, pkt.EgressRoute.NetProto = tcpip.AddrFrom16(room), arrived
}

// arrived is no protocol that a route is of.
const arrived tcpip.NetworkProtocolNumber = 1

// Ethernet returns the link header of a packet made by Inbound, which it parses
// unless that has been done. It is nil if pkt is no Ethernet frame.
func Ethernet(pkt *stack.PacketBuffer) header.Ethernet {
	if pkt.HeaderSize() > 0 {
		return pkt.LinkHeader().Slice()
	}
	b, ok := pkt.LinkHeader().Consume(header.EthernetMinimumSize)
	if !ok {
		return nil
	}
	pkt.NetworkProtocolNumber = header.Ethernet(b).Type()
	return b
}

// Complete returns pkt with its transport checksum computed, as it must be where
// frames leave for something that does not take the sender's word: a device, a
// capture. The result is pkt itself when there is nothing to compute; either way
// the caller owns a reference to it. pkt is not changed.
func Complete(pkt *stack.PacketBuffer) *stack.PacketBuffer {
	if !Offloaded(pkt) {
		return pkt.IncRef()
	}
	v := pkt.ToView()
	if !completeFrame(v.AsSlice()) {
		v.Release()
		return pkt.IncRef()
	}
	out := wrap(v)
	out.GSOOptions = pkt.GSOOptions
	return out
}

// Bytes returns a copy of the frame with its transport checksum computed.
func Bytes(pkt *stack.PacketBuffer) []byte {
	b := make([]byte, pkt.Size())
	Copy(b, pkt, 0)
	if Offloaded(pkt) {
		completeFrame(b)
	}
	return b
}

// LoopbackFrame returns a packet without link header as lo of Linux shows it, in a frame with
// addresses of zeros and its transport checksum computed.
func LoopbackFrame(pkt *stack.PacketBuffer) []byte {
	b := make([]byte, header.EthernetMinimumSize+pkt.Size())
	Copy(b[header.EthernetMinimumSize:], pkt, 0)
	header.Ethernet(b).Encode(&header.EthernetFields{Type: pkt.NetworkProtocolNumber})
	completeFrame(b)
	return b
}

// completeFrame computes the checksum of the frame b, if there is one to compute.
func completeFrame(b []byte) bool {
	l, ok := ParseFrame(b, len(b))
	return ok && l.complete(b[header.EthernetMinimumSize:])
}

// ParseFrame is Parse for a frame of size bytes that begins with b. It is false if the
// frame is none of IP, or of another version than it says.
func ParseFrame(b []byte, size int) (Layout, bool) {
	if len(b) < header.EthernetMinimumSize {
		return Layout{}, false
	}
	l, ok := Parse(b[header.EthernetMinimumSize:], size-header.EthernetMinimumSize)
	want := header.IPv4ProtocolNumber
	if l.V6 {
		want = header.IPv6ProtocolNumber
	}
	return l, ok && header.Ethernet(b).Type() == want
}

// Copy copies bytes of pkt from an offset on to b, as many as there is room for, and
// returns their number.
func Copy(b []byte, pkt *stack.PacketBuffer, off int) int {
	views, skip := pkt.AsViewList()
	skip += off
	n := 0
	for v := views.Front(); v != nil && n < len(b); v = v.Next() {
		from := v.AsSlice()
		if skip >= len(from) {
			skip -= len(from)
			continue
		}
		n += copy(b[n:], from[skip:])
		skip = 0
	}
	return n
}

// Front returns the bytes of pkt from an offset on that lie in one piece. They are not
// the caller's to change.
func Front(pkt *stack.PacketBuffer, off int) []byte {
	views, skip := pkt.AsViewList()
	skip += off
	for v := views.Front(); v != nil; v = v.Next() {
		if b := v.AsSlice(); skip < len(b) {
			return b[skip:]
		}
		skip -= v.Size()
	}
	return nil
}

// wrap makes a packet of the Ethernet frame in v, which it takes over.
func wrap(v *buffer.View) *stack.PacketBuffer {
	pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithView(v)})
	Ethernet(pkt)
	pkt.RXChecksumValidated = true
	return pkt
}
