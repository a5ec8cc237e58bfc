package nat

import (
	wire "drydock/internal/packet"
	"drydock/nat/conntrack"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// An answer is what REJECT sends: an ICMP error or a TCP segment.
type answer struct {
	v6    bool
	nic   tcpip.NICID   // by which it leaves; 0: the route says so
	src   tcpip.Address // unset: that of the route
	dst   tcpip.Address
	err   wire.Error
	quote []byte
	reset []byte // the header of the segment; nil: an ICMP error
	ref   *conntrack.Ref
}

// send sends the answer through OUTPUT and POSTROUTING, if there is a route.
func (a *answer) send(h *host, s *stack.Stack) {
	route, own := a.route(s)
	if route == nil {
		return
	}
	defer route.Release()
	if allow := h.mayTell.Load(); a.reset == nil && (allow != nil && !(*allow)(a.dst) || !s.AllowICMPMessage()) {
		return
	}
	src := a.src
	if own {
		src = route.LocalAddress()
	}
	pkt, params := a.packet(route, src)
	if pkt == nil {
		return
	}
	defer pkt.DecRef()
	if !own {
		a.forge(h, pkt, route, params)
		return
	}
	route.WritePacket(params, pkt)
}

// network returns the family of the answer.
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

// packet returns the answer without IP header, nil if there is no room for it on the
// link, and how it travels. The caller owns it.
func (a *answer) packet(route *stack.Route, src tcpip.Address) (*stack.PacketBuffer, stack.NetworkHeaderParams) {
	params := stack.NetworkHeaderParams{Protocol: header.TCPProtocolNumber, TTL: route.DefaultTTL()}
	var pkt *stack.PacketBuffer
	if a.reset == nil {
		params = a.err.Params(route, a.quote)
		pkt = a.err.Packet(route, src, a.quote)
	} else {
		pkt = stack.NewPacketBuffer(stack.PacketBufferOptions{
			ReserveHeaderBytes: int(route.MaxHeaderLength()) + len(a.reset),
		})
		pkt.TransportProtocolNumber = params.Protocol
		copy(pkt.TransportHeader().Push(len(a.reset)), a.reset)
		wire.Seal(pkt, src, a.dst)
	}
	if pkt != nil {
		pkt.Owner = a.ref
	}
	return pkt, params
}

// forge sends the answer pkt in the name of somebody else: of the host to which a segment
// was not let through.
func (a *answer) forge(h *host, pkt *stack.PacketBuffer, route *stack.Route, params stack.NetworkHeaderParams) {
	size := pkt.Size()
	pkt.NetworkProtocolNumber = a.network()
	af := stack.IP
	if a.v6 {
		af = stack.IP6
		header.IPv6(pkt.NetworkHeader().Push(header.IPv6MinimumSize)).Encode(&header.IPv6Fields{
			TrafficClass:      params.TOS,
			PayloadLength:     uint16(size),
			TransportProtocol: params.Protocol,
			HopLimit:          params.TTL,
			SrcAddr:           a.src,
			DstAddr:           a.dst,
		})
	} else {
		ip := header.IPv4(pkt.NetworkHeader().Push(header.IPv4MinimumSize))
		ip.Encode(&header.IPv4Fields{
			TOS:         params.TOS,
			TotalLength: uint16(pkt.Size()),
			Flags:       header.IPv4FlagDontFragment,
			TTL:         params.TTL,
			Protocol:    uint8(params.Protocol),
			SrcAddr:     a.src,
			DstAddr:     a.dst,
		})
		wire.SetHeaderSum(ip)
	}
	if !h.hooks.CheckOutput(pkt, route, af) {
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
