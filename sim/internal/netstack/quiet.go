package netstack

import (
	"drydock/drop"
	"drydock/internal/packet"
	"drydock/sim/internal/router"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// GVisor has one logger for the process, which writes to stderr, and it belongs to the
// program that imports this module: it may have stacks of its own. So nothing here sets
// it. Instead the two kinds of packets that gVisor drops with a message, and Linux without
// one, do not come that far: IPv4 packets with an address of 127.0.0.0/8 from outside, and
// SYNs that there is no way back for. A router has them end in its own way.
//
// What remains, and is rare: a later segment without a way back to a port that is listened
// on, of a connection that the stack does not have.

// logged returns why gVisor would drop a packet with a message, drop.Unknown if it would not.
// One of 127.0.0.0/8 is counted as gVisor does.
func (l *link) logged(proto tcpip.NetworkProtocolNumber, pkt *stack.PacketBuffer) drop.Reason {
	// The headers that a stack sends lie in one piece; others are copied.
	off := len(pkt.LinkHeader().Slice())
	b := packet.Front(pkt, off)
	if len(b) < header.IPv6MinimumSize+header.TCPMinimumSize && off+len(b) < pkt.Size() {
		var room [packet.MaxHeaders]byte
		b = room[:packet.Copy(room[:], pkt, off)]
	}
	switch {
	case proto == ipv4.ProtocolNumber && len(b) >= header.IPv4MinimumSize:
		const loopback = 127 // first byte of the network
		switch ip := l.stack.Stats().IP; {
		case b[12] == loopback:
			ip.InvalidSourceAddressesReceived.Increment()
			return drop.MartianSource
		case b[16] == loopback:
			ip.InvalidDestinationAddressesReceived.Increment()
			return drop.MartianDestination
		}
		h := header.IPv4(b)
		size := int(h.HeaderLength())
		if h.Protocol() == packet.TCP && size <= len(b) && h.FragmentOffset() == 0 && router.Opens(b[size:]) &&
			l.unanswerable(pkt.NICID, h.SourceAddress(), h.DestinationAddress()) {
			return drop.NoReturn
		}
	case proto == ipv6.ProtocolNumber && len(b) >= header.IPv6MinimumSize:
		h := header.IPv6(b)
		if h.NextHeader() == packet.TCP && router.Opens(b[header.IPv6MinimumSize:]) &&
			l.unanswerable(pkt.NICID, h.SourceAddress(), h.DestinationAddress()) {
			return drop.NoReturn
		}
	}
	return drop.Unknown
}

// unanswerable reports whether a packet for the stack has no way back.
func (l *link) unanswerable(nic tcpip.NICID, src, dst tcpip.Address) bool {
	proto := ipv4.ProtocolNumber
	if dst.Len() == header.IPv6AddressSize {
		proto = ipv6.ProtocolNumber
	}
	return !router.CanAnswer(l.stack, nic, src, dst) && l.stack.CheckLocalAddress(0, proto, dst) != 0
}
