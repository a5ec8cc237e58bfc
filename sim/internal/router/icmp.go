package router

import (
	"drydock/internal/packet"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// complain sends the source of pkt an ICMP error, if such a packet may have one and
// not too many were sent. The error is sent from the address of the interface that
// it leaves through: net.ipv4.icmp_errors_use_inbound_ifaddr is 0.
func (r *Router) complain(pkt *stack.PacketBuffer, why packet.Error, mtu int) {
	src, _ := addresses(pkt)
	if r.trial != nil || !deserves(pkt) || !r.limiter.allow(r.stack.Clock().NowMonotonic(), src, why) {
		return
	}
	// A link-local source means somebody on the link that the packet came by.
	nic := tcpip.NICID(0)
	if header.IsV6LinkLocalUnicastAddress(src) {
		nic = pkt.InputNICID
	}
	route, err := r.stack.FindRoute(nic, tcpip.Address{}, src, pkt.NetworkProtocolNumber, false)
	if err != nil {
		return
	}
	defer route.Release()
	why.Info = uint32(mtu)
	link := len(pkt.LinkHeader().Slice())
	quote := why.Quote(pkt, link, pkt.Size()-link)
	answer := why.Packet(route, route.LocalAddress(), quote)
	if answer == nil {
		return
	}
	defer answer.DecRef()
	if f := r.filter.Load(); f != nil && f.relate != nil {
		f.relate(answer, pkt)
	}
	// Errors on the way of an error are nobody's concern.
	_ = route.WritePacket(why.Params(route, quote), answer)
}

// deserves reports whether an ICMP error may be sent about pkt: not about one to
// many, a fragment other than the first, one that is an ICMP error itself, or one
// from nobody in particular. Without that, RFC 1122 (section 3.2.2) says, one bad broadcast
// makes all hosts of a network answer, and two hosts complain about each other for ever.
func deserves(pkt *stack.PacketBuffer) bool {
	src, dst := addresses(pkt)
	if pkt.PktType != tcpip.PacketHost {
		return false
	}
	if pkt.NetworkProtocolNumber == ipv6.ProtocolNumber {
		if src == header.IPv6Any || header.IsV6MulticastAddress(src) || header.IsV6MulticastAddress(dst) {
			return false
		}
	} else if src == header.IPv4Any || header.IsV4MulticastAddress(dst) {
		return false
	}
	transport := pkt.TransportHeader().Slice()
	l, ok := packet.Parse(pkt.NetworkHeader().Slice(), pkt.Size())
	return ok && l.Fragment != packet.Following &&
		!(l.IsICMP() && (len(transport) == 0 || !packet.IsQuery(l.Protocol, transport[0])))
}
