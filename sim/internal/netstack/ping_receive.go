package netstack

import (
	"encoding/binary"
	"net/netip"

	"drydock/sim/ping"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
)

// An arrival is a reply or an error on its way from the stack to the goroutine of
// Ping.
type arrival struct {
	at    tcpip.MonotonicTime
	event ping.Event
	err   *ping.ICMPError // instead of a reply; the own stack's is from nobody yet
}

func (p *pinger) arrive(e ping.Event, err *ping.ICMPError) {
	select {
	case p.arrived <- arrival{p.now(), e, err}:
	default: // lost, as when a socket's buffer is full
	}
}

// HandlePacket implements stack.TransportEndpoint: it takes replies. The stack has
// verified their checksum.
//
// What a packet's Slice or PullUp returns is valid until the next of these calls,
// which may move the packet's bytes if they are shared.
func (p *pinger) HandlePacket(_ stack.TransportEndpointID, pkt *stack.PacketBuffer) {
	h := pkt.TransportHeader().Slice()
	if len(h) < echoHeader {
		return
	}
	kind, seq, size := h[0], binary.BigEndian.Uint16(h[6:]), len(h)+pkt.Data().Size()
	switch {
	case kind == p.types().reply:
		p.arrive(ping.Event{
			Seq:  int(seq),
			From: p.fromAddress(pkt.Network().SourceAddress(), pkt.NICID),
			TTL:  ttl(pkt),
			Size: size,
		}, nil)
	case kind == p.types().request && pkt.NetworkPacketInfo.LocalAddressTemporary:
		p.answer(pkt)
	}
}

// answer replies to a request of our own. Packets to the own addresses travel over
// lo, and netstack does not answer IPv4 requests there that are not for 127.0.0.0/8.
func (p *pinger) answer(request *stack.PacketBuffer) {
	route, err := p.route()
	if err != nil {
		return
	}
	defer route.Release()
	pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{
		ReserveHeaderBytes: int(route.MaxHeaderLength()) + echoHeader,
		Payload:            request.Data().ToBuffer(),
	})
	defer pkt.DecRef()
	pkt.TransportProtocolNumber = p.transport
	h := header.ICMPv4(pkt.TransportHeader().Push(echoHeader))
	copy(h, request.TransportHeader().Slice())
	h.SetType(header.ICMPv4EchoReply)
	h.SetChecksum(header.ICMPv4Checksum(h, pkt.Data().Checksum()))
	route.WritePacket(stack.NetworkHeaderParams{Protocol: p.transport, TTL: route.DefaultTTL()}, pkt)
}

func ttl(pkt *stack.PacketBuffer) int {
	h := pkt.NetworkHeader().Slice()
	if pkt.NetworkProtocolNumber == ipv4.ProtocolNumber {
		return int(header.IPv4(h).TTL())
	}
	return int(header.IPv6(h).HopLimit())
}

// fromAddress converts a, with a zone if it needs one.
func (p *pinger) fromAddress(a tcpip.Address, nic tcpip.NICID) netip.Addr {
	addr := fromAddress(a)
	if addr.Is6() && addr.IsLinkLocalUnicast() {
		addr = addr.WithZone(p.stack.stack.FindNICNameFromID(nic))
	}
	return addr
}

// HandleError implements stack.TransportEndpoint: it takes errors that quote a
// request, and notices that the own stack found no neighbour to send one to. What
// is left of pkt is the quoted ICMP packet; the headers before it are parsed.
func (p *pinger) HandleError(_ stack.TransportError, pkt *stack.PacketBuffer) {
	quoted, ok := pkt.Data().PullUp(echoHeader)
	if !ok || quoted[0] != p.types().request {
		return
	}
	seq := int(binary.BigEndian.Uint16(quoted[6:]))
	var e *ping.ICMPError
	if h := pkt.TransportHeader().Slice(); len(h) >= echoHeader {
		e = parseICMPError(h, p.v4())
		e.From = p.fromAddress(pkt.Network().SourceAddress(), pkt.NICID)
	} else {
		e = &ping.ICMPError{Type: p.types().unreachable, Code: p.types().hostUnreachable}
	}
	p.arrive(ping.Event{Seq: seq}, e)
}

// A rawPinger takes the errors that the stack gives to nobody else. It sees them
// before INPUT does.
type rawPinger struct{ *pinger }

// HandlePacket implements stack.RawTransportEndpoint.
func (r *rawPinger) HandlePacket(pkt *stack.PacketBuffer) {
	v := stack.PayloadSince(pkt.TransportHeader())
	defer v.Release()
	msg := v.AsSlice()
	if len(msg) < echoHeader || !r.undelivered(msg[0], msg[1]) {
		return
	}
	q, ok := parseQuote(msg[echoHeader:], r.v4())
	if !ok || q.kind != r.types().request || q.ident != r.ident || q.dst != r.dst {
		return
	}
	src, dst := pkt.Network().SourceAddress(), pkt.Network().DestinationAddress()
	if q.src != dst || r.stack.stack.CheckLocalAddress(0, r.network, dst) == 0 || !r.intact(msg, src, dst) {
		return
	}
	e := parseICMPError(msg, r.v4())
	e.From = r.fromAddress(src, pkt.NICID)
	r.arrive(ping.Event{Seq: int(q.seq)}, e)
}

// undelivered reports whether netstack has no transport endpoint handle a type of
// error.
func (p *pinger) undelivered(kind, code uint8) bool {
	if p.v4() {
		switch header.ICMPv4Type(kind) {
		case header.ICMPv4TimeExceeded, header.ICMPv4ParamProblem:
			return true
		}
		return false
	}
	switch header.ICMPv6Type(kind) {
	case header.ICMPv6DstUnreachable:
		c := header.ICMPv6Code(code)
		return c != header.ICMPv6NetworkUnreachable && c != header.ICMPv6PortUnreachable
	case header.ICMPv6TimeExceeded, header.ICMPv6ParamProblem:
		return true
	}
	return false
}

// intact verifies the checksum of an ICMP message.
func (p *pinger) intact(msg []byte, src, dst tcpip.Address) bool {
	var pseudo uint16
	if !p.v4() {
		pseudo = header.PseudoHeaderChecksum(icmp.ProtocolNumber6, src, dst, uint16(len(msg)))
	}
	return checksum.Checksum(msg, pseudo) == 0xffff
}

// icmpTypes are the numbers in which ICMP differs from ICMPv6.
type icmpTypes struct {
	request, reply               uint8
	unreachable, hostUnreachable uint8
}

func (p *pinger) types() icmpTypes {
	if p.v4() {
		return icmpTypes{
			request: uint8(header.ICMPv4Echo), reply: uint8(header.ICMPv4EchoReply),
			unreachable: uint8(header.ICMPv4DstUnreachable), hostUnreachable: uint8(header.ICMPv4HostUnreachable),
		}
	}
	return icmpTypes{
		request: uint8(header.ICMPv6EchoRequest), reply: uint8(header.ICMPv6EchoReply),
		unreachable: uint8(header.ICMPv6DstUnreachable), hostUnreachable: uint8(header.ICMPv6AddressUnreachable),
	}
}
