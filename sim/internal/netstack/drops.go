package netstack

import (
	"drydock/drop"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// Drops returns how many packets the stack has dropped, but for those that netfilter did.
//
// What sockets drop for lack of room or for its checksum is counted by gVisor, which does not
// tell which packets these were: Options.OnDrop does not hear of them.
func (s *Stack) Drops() drop.Counts {
	var n drop.Counts
	if s.router != nil {
		n = s.router.Drops()
	}
	tcp, udp, icmp := s.stack.Stats().TCP, s.stack.Stats().UDP, s.stack.Stats().ICMP
	n[drop.SocketFull] += tcp.ListenOverflowSynDrop.Value() + tcp.ListenOverflowAckDrop.Value() + udp.ReceiveBufferErrors.Value()
	n[drop.Checksum] += tcp.ChecksumErrors.Value() + udp.ChecksumErrors.Value()
	n[drop.Checksum] += icmp.V4.PacketsReceived.Invalid.Value() // of fragments; others end in the router
	n[drop.Malformed] += udp.MalformedPacketsReceived.Value() + s.stack.Stats().ARP.MalformedPacketsReceived.Value() +
		icmp.V6.PacketsReceived.Invalid.Value()
	return n
}

// drop counts a packet that is dropped at an interface, if there is a router, and tells of it.
func (s *namespace) drop(at tcpip.NICID, why drop.Reason, pkt *stack.PacketBuffer) {
	if s.router != nil {
		s.router.Drop(at, why, pkt)
	}
}

// countStrays makes s count the packets for which there is no socket. GVisor asks who takes
// them before it answers them.
func (s *namespace) countStrays() {
	for _, proto := range []tcpip.TransportProtocolNumber{header.TCPProtocolNumber, header.UDPProtocolNumber} {
		s.stack.SetTransportProtocolHandler(proto, func(_ stack.TransportEndpointID, pkt *stack.PacketBuffer) bool {
			s.drop(pkt.NICID, drop.NoSocket, pkt)
			return false
		})
	}
}
