package router

import (
	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

const (
	maxICMP4 = 576                   // bytes of an ICMP error with its IP header, RFC 1812
	maxICMP6 = header.IPv6MinimumMTU // RFC 4443
)

// complain sends the source of pkt an ICMP error, if such a packet may have one and
// not too many were sent. The error is sent from the address of the interface that
// it leaves through: net.ipv4.icmp_errors_use_inbound_ifaddr is 0.
func (r *Router) complain(pkt *stack.PacketBuffer, why complaint, mtu int) {
	src, _ := addresses(pkt)
	if !deserves(pkt) || !r.limiter.allow(r.stack.Clock().NowMonotonic(), src, why) {
		return
	}
	nic := tcpip.NICID(0)
	if header.IsV6LinkLocalUnicastAddress(src) {
		nic = pkt.InputNICID
	}
	route, err := r.stack.FindRoute(nic, tcpip.Address{}, src, pkt.NetworkProtocolNumber, false)
	if err != nil {
		return
	}
	defer route.Release()
	answer, params := r.answer(route, pkt, why, mtu)
	if answer == nil {
		return
	}
	defer answer.DecRef()
	if r.relate != nil {
		r.relate(answer, pkt)
	}
	// Errors on the way of an error are nobody's concern.
	_ = route.WritePacket(params, answer)
}

// deserves reports whether an ICMP error may be sent about pkt: not about one to
// many, a fragment other than the first, one that is an ICMP error itself, or one
// from nobody in particular.
func deserves(pkt *stack.PacketBuffer) bool {
	src, dst := addresses(pkt)
	if pkt.PktType != tcpip.PacketHost {
		return false
	}
	transport := pkt.TransportHeader().Slice()
	if pkt.NetworkProtocolNumber == ipv6.ProtocolNumber {
		return src != header.IPv6Any && !header.IsV6MulticastAddress(src) && !header.IsV6MulticastAddress(dst) &&
			!(isFragment(pkt) && len(transport) == 0) &&
			!(pkt.TransportProtocolNumber == header.ICMPv6ProtocolNumber && (len(transport) == 0 || isError6(header.ICMPv6Type(transport[0]))))
	}
	return src != header.IPv4Any && !header.IsV4MulticastAddress(dst) &&
		header.IPv4(pkt.NetworkHeader().Slice()).FragmentOffset() == 0 &&
		!(pkt.TransportProtocolNumber == header.ICMPv4ProtocolNumber && (len(transport) == 0 || isError4(header.ICMPv4Type(transport[0]))))
}

// answer makes the ICMP error about pkt, nil if there is no room for it.
func (r *Router) answer(route *stack.Route, pkt *stack.PacketBuffer, why complaint, mtu int) (*stack.PacketBuffer, stack.NetworkHeaderParams) {
	params := stack.NetworkHeaderParams{Protocol: header.ICMPv4ProtocolNumber, TTL: route.DefaultTTL(), TOS: errorTOS(pkt)}
	room := min(int(route.MTU()), maxICMP4-header.IPv4MinimumSize) - header.ICMPv4MinimumSize
	if why.six {
		params.Protocol, params.TOS = header.ICMPv6ProtocolNumber, 0
		room = min(int(route.MTU()), maxICMP6-header.IPv6MinimumSize) - header.ICMPv6MinimumSize
	}
	if room < len(pkt.NetworkHeader().Slice())+8 {
		return nil, params
	}
	answer := stack.NewPacketBuffer(stack.PacketBufferOptions{
		ReserveHeaderBytes: int(route.MaxHeaderLength()) + header.ICMPv6MinimumSize,
		Payload:            quote(pkt, room),
	})
	answer.TransportProtocolNumber = params.Protocol
	sum := answer.Data().Checksum()
	b := answer.TransportHeader().Push(header.ICMPv6MinimumSize) // IPv4's is as long
	b[0], b[1] = why.kind, why.code
	if why.six {
		h := header.ICMPv6(b)
		h.SetTypeSpecific(uint32(mtu))
		h.SetChecksum(header.ICMPv6Checksum(header.ICMPv6ChecksumParams{
			Header: h, Src: route.LocalAddress(), Dst: route.RemoteAddress(),
			PayloadCsum: sum, PayloadLen: answer.Data().Size(),
		}))
	} else {
		h := header.ICMPv4(b)
		h.SetMTU(uint16(min(mtu, 0xffff)))
		h.SetChecksum(header.ICMPv4Checksum(h, sum))
	}
	return answer, params
}

// errorTOS returns the type of service of an ICMP error: that of pkt with
// precedence 6, as Linux's.
func errorTOS(pkt *stack.PacketBuffer) uint8 {
	const tosMask, internetControl = 0x1e, 0xc0
	return pkt.NetworkHeader().Slice()[1]&tosMask | internetControl
}

// quote returns a copy of the beginning of pkt.
func quote(pkt *stack.PacketBuffer, room int) buffer.Buffer {
	whole := stack.BufferSince(pkt.NetworkHeader())
	defer whole.Release()
	v := buffer.NewViewSize(min(room, int(whole.Size())))
	whole.ReadAt(v.AsSlice(), 0)
	return buffer.MakeWithView(v)
}
