package netstack

import (
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
)

// ignoreBroadcastEcho makes s like Linux with its default of
// net.ipv4.icmp_echo_ignore_broadcasts: echo requests to broadcast and IPv4
// multicast addresses are not answered.
func (s *Stack) ignoreBroadcastEcho() {
	s.stack.SetTransportProtocolHandler(icmp.ProtocolNumber4, func(_ stack.TransportEndpointID, pkt *stack.PacketBuffer) bool {
		h := header.ICMPv4(pkt.TransportHeader().Slice())
		dst := pkt.Network().DestinationAddress()
		return h.Type() == header.ICMPv4Echo &&
			(pkt.NetworkPacketInfo.LocalAddressBroadcast || header.IsV4MulticastAddress(dst))
	})
}
