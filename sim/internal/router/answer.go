package router

import (
	"drydock/drop"
	"drydock/internal/packet"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

// Opens reports whether the TCP header that b begins with asks for a connection.
func Opens(b []byte) bool {
	return len(b) >= header.TCPMinimumSize &&
		header.TCP(b).Flags()&(header.TCPFlagSyn|header.TCPFlagAck|header.TCPFlagRst) == header.TCPFlagSyn
}

// CanAnswer reports whether s has a way back for a packet from src to dst that arrived at
// an interface. It asks as gVisor's TCP does when it answers a segment of nobody's.
func CanAnswer(s *stack.Stack, nic tcpip.NICID, src, dst tcpip.Address) bool {
	proto := header.IPv4ProtocolNumber
	if src.Len() == header.IPv6AddressSize {
		proto = header.IPv6ProtocolNumber
	}
	route, err := s.FindRoute(nic, dst, src, proto, false)
	if err != nil {
		return false
	}
	route.Release()
	return true
}

// CheckInput drops damaged ICMP after the rules have seen it, as Linux and gVisor do, but gVisor
// without a word. It drops a SYN without a way back, as Linux does, though only after the rules have
// seen it. GVisor would drop it too, but with a message on stderr, and its logger is one for
// the whole process.
func (h hooks) CheckInput(pkt *stack.PacketBuffer, route *stack.Route, af stack.AddressFamily) bool {
	if !h.now().CheckInput(pkt, route, af) {
		return false
	}
	if p := pkt.TransportProtocolNumber; p == packet.ICMP || p == packet.ICMPv6 {
		if !packet.ValidICMP(pkt, len(pkt.LinkHeader().Slice())) {
			h.router.Drop(pkt.NICID, drop.Checksum, pkt)
			return false
		}
		h.router.tell(pkt)
		return true
	}
	if pkt.TransportProtocolNumber != tcp.ProtocolNumber || !Opens(pkt.TransportHeader().Slice()) {
		return true
	}
	src, dst := addresses(pkt)
	if !CanAnswer(h.router.stack, pkt.NICID, src, dst) {
		h.router.Drop(pkt.NICID, drop.NoReturn, pkt)
		return false
	}
	return true
}
