package nat

import (
	"drydock/nat/conntrack"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// An answer is what REJECT sends.
type answer struct {
	v6      bool
	proto   tcpip.TransportProtocolNumber
	nic     tcpip.NICID   // by which it leaves; 0: the route says so
	src     tcpip.Address // unset: that of the route
	dst     tcpip.Address
	header  []byte // of the transport, without checksum
	payload []byte
	ref     *conntrack.Ref
}

// internetControl is the type of service of ICMP errors (RFC 1812, section 4.3.2.5).
const internetControl = 0xc0

// send sends the answer through OUTPUT and POSTROUTING, if there is a route.
func (a *answer) send(t *Tables, s *stack.Stack) {
	route, own := a.route(s)
	if route == nil || a.proto != header.TCPProtocolNumber && !s.AllowICMPMessage() {
		return
	}
	defer route.Release()
	if !own {
		a.forge(t, route)
		return
	}
	pkt := a.packet(route, route.LocalAddress())
	defer pkt.DecRef()
	tos := uint8(internetControl)
	if a.proto == header.TCPProtocolNumber {
		tos = 0
	}
	route.WritePacket(stack.NetworkHeaderParams{Protocol: a.proto, TTL: route.DefaultTTL(), TOS: tos}, pkt)
}

func (a *answer) network() tcpip.NetworkProtocolNumber {
	if a.v6 {
		return header.IPv6ProtocolNumber
	}
	return header.IPv4ProtocolNumber
}

// route returns the way to the destination, nil if there is none, and whether it is one
// from an address of the stack's own.
func (a *answer) route(s *stack.Stack) (r *stack.Route, own bool) {
	if a.src.BitLen() == 0 || s.CheckLocalAddress(0, a.network(), a.src) != 0 {
		if r, err := s.FindRoute(a.nic, a.src, a.dst, a.network(), false); err == nil {
			return r, true
		}
	}
	r, err := s.FindRoute(a.nic, tcpip.Address{}, a.dst, a.network(), false)
	if err != nil {
		return nil, false
	}
	return r, a.src.BitLen() == 0
}

// packet returns the answer without IP header. The caller owns it.
func (a *answer) packet(route *stack.Route, src tcpip.Address) *stack.PacketBuffer {
	pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{
		ReserveHeaderBytes: int(route.MaxHeaderLength()) + len(a.header),
		Payload:            buffer.MakeWithData(a.payload),
	})
	pkt.Owner = a.ref
	pkt.TransportProtocolNumber = a.proto
	h := pkt.TransportHeader().Push(len(a.header))
	copy(h, a.header)
	sum := uint16(0)
	if a.proto != header.ICMPv4ProtocolNumber {
		sum = header.PseudoHeaderChecksum(a.proto, src, a.dst, uint16(len(h)+len(a.payload)))
	}
	sum = ^checksum.Checksum(a.payload, checksum.Checksum(h, sum))
	if a.proto == header.TCPProtocolNumber {
		header.TCP(h).SetChecksum(sum)
	} else {
		checksum.Put(h[2:], sum)
	}
	return pkt
}

// forge sends the answer in the name of somebody else: of the host to which a segment
// was not let through.
func (a *answer) forge(t *Tables, route *stack.Route) {
	pkt := a.packet(route, a.src)
	defer pkt.DecRef()
	pkt.NetworkProtocolNumber = a.network()
	af := stack.IP
	if a.v6 {
		af = stack.IP6
		header.IPv6(pkt.NetworkHeader().Push(header.IPv6MinimumSize)).Encode(&header.IPv6Fields{
			PayloadLength:     uint16(len(a.header) + len(a.payload)),
			TransportProtocol: a.proto,
			HopLimit:          route.DefaultTTL(),
			SrcAddr:           a.src,
			DstAddr:           a.dst,
		})
	} else {
		ip := header.IPv4(pkt.NetworkHeader().Push(header.IPv4MinimumSize))
		ip.Encode(&header.IPv4Fields{
			TotalLength: uint16(pkt.Size()),
			Flags:       header.IPv4FlagDontFragment,
			TTL:         route.DefaultTTL(),
			Protocol:    uint8(a.proto),
			SrcAddr:     a.src,
			DstAddr:     a.dst,
		})
		ip.SetChecksum(^ip.CalculateChecksum())
	}
	if !t.CheckOutput(pkt, route, af) {
		return
	}
	out := stack.NewPacketBuffer(stack.PacketBufferOptions{
		ReserveHeaderBytes: int(route.MaxHeaderLength()),
		Payload:            pkt.ToBuffer(),
		Mark:               pkt.Mark,
	})
	defer out.DecRef()
	out.Owner = pkt.Owner
	route.WriteHeaderIncludedPacket(out)
}
