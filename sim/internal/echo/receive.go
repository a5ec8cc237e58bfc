package echo

import (
	"encoding/binary"
	"net/netip"

	"drydock/internal/packet"
	"drydock/sim/ping"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
)

// An arrival is a reply or an error on its way from the stack to the goroutine of a ping.
type arrival struct {
	at    tcpip.MonotonicTime
	event ping.Event
	err   *ping.ICMPError // instead of a reply; the own stack's is from nobody yet
}

// arrive leaves what came for the goroutine of the ping, with the time at which it came:
// that goroutine may be frozen, or in Observe.
func (c *socket) arrive(e ping.Event, err *ping.ICMPError) {
	a := arrival{c.now(), e, err}
	c.stack.Later(func() { // by the goroutine that delivers packets to the stack, which must not wait
		select {
		case c.arrived <- a:
		default: // lost, as when a socket's buffer is full
		}
	})
}

// HandlePacket implements stack.TransportEndpoint: it takes replies. The stack has
// verified their checksum.
//
// What a packet's Slice or PullUp returns is valid until the next of these calls,
// which may move the packet's bytes if they are shared.
func (c *socket) HandlePacket(_ stack.TransportEndpointID, pkt *stack.PacketBuffer) {
	h := pkt.TransportHeader().Slice()
	if len(h) < echoHeader {
		return
	}
	kind, seq, size := h[0], binary.BigEndian.Uint16(h[6:]), len(h)+pkt.Data().Size()
	switch {
	case kind == c.types.reply:
		c.arrive(ping.Event{
			Seq:  int(seq),
			From: c.addr(pkt.Network().SourceAddress(), pkt.NICID),
			TTL:  ttl(pkt),
			Size: size,
		}, nil)
	case kind == c.types.request && pkt.NetworkPacketInfo.LocalAddressTemporary:
		c.answer(pkt)
	}
}

// answer replies to a request of our own. Packets to the own addresses travel over
// lo, and netstack does not answer IPv4 requests there that are not for 127.0.0.0/8.
func (c *socket) answer(request *stack.PacketBuffer) {
	route, err := c.route()
	if err != nil {
		return
	}
	defer route.Release()
	pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{
		ReserveHeaderBytes: int(route.MaxHeaderLength()) + echoHeader,
		Payload:            request.Data().ToBuffer(),
	})
	defer pkt.DecRef()
	pkt.TransportProtocolNumber = c.transport
	h := pkt.TransportHeader().Push(echoHeader)
	copy(h, request.TransportHeader().Slice())
	h[0] = c.types.reply
	packet.Seal(pkt, route.LocalAddress(), c.dst)
	route.WritePacket(stack.NetworkHeaderParams{Protocol: c.transport, TTL: route.DefaultTTL()}, pkt)
}

// ttl returns the TTL or hop limit that pkt arrived with.
func ttl(pkt *stack.PacketBuffer) int {
	h := pkt.NetworkHeader().Slice()
	if pkt.NetworkProtocolNumber == ipv4.ProtocolNumber {
		return int(header.IPv4(h).TTL())
	}
	return int(header.IPv6(h).HopLimit())
}

// addr converts a, with a zone if it needs one.
func (c *socket) addr(a tcpip.Address, nic tcpip.NICID) netip.Addr {
	addr := packet.FromAddress(a)
	if addr.Is6() && addr.IsLinkLocalUnicast() {
		addr = addr.WithZone(c.stack.TCPIP().FindNICNameFromID(nic))
	}
	return addr
}

// HandleError implements stack.TransportEndpoint: it takes errors that quote a
// request, and notices that the own stack found no neighbour to send one to. What
// is left of pkt is the quoted ICMP packet; the headers before it are parsed.
func (c *socket) HandleError(_ stack.TransportError, pkt *stack.PacketBuffer) {
	quoted, ok := pkt.Data().PullUp(echoHeader)
	if !ok || quoted[0] != c.types.request {
		return
	}
	// The stack has found this socket by source, destination and identifier of the quote.
	seq := int(binary.BigEndian.Uint16(quoted[6:]))
	var e *ping.ICMPError
	if h := pkt.TransportHeader().Slice(); len(h) >= echoHeader {
		e = readError(h, c.v4())
		e.From = c.addr(pkt.Network().SourceAddress(), pkt.NICID)
	} else { // no ICMP packet at all: ARP or NDP has given up after 3 s
		e = &ping.ICMPError{Type: c.types.unreachable, Code: c.types.hostUnreachable}
	}
	c.arrive(ping.Event{Seq: seq}, e)
}

// A rawSocket takes the errors that the stack gives to nobody else. It sees them
// before INPUT does.
type rawSocket struct{ *socket }

// HandlePacket implements stack.RawTransportEndpoint. Unlike what the socket itself is
// given, the packet may be anybody's, and its checksum may be wrong.
func (r *rawSocket) HandlePacket(pkt *stack.PacketBuffer) {
	v := stack.PayloadSince(pkt.TransportHeader())
	defer v.Release()
	msg := v.AsSlice()
	if len(msg) < echoHeader || !undelivered(msg[0], msg[1], r.v4()) {
		return
	}
	q, ok := parseQuote(msg[echoHeader:])
	if !ok || q.kind != r.types.request || q.ident != r.ident || q.dst != r.dst {
		return
	}
	// The quote must be of a packet of this host, or the error is passing by, or forged.
	src, dst := pkt.Network().SourceAddress(), pkt.Network().DestinationAddress()
	if q.src != dst || r.stack.TCPIP().CheckLocalAddress(0, r.network, dst) == 0 || !r.intact(msg, src, dst) {
		return
	}
	e := readError(msg, r.v4())
	e.From = r.addr(src, pkt.NICID)
	r.arrive(ping.Event{Seq: int(q.seq)}, e)
}

// intact verifies the checksum of an ICMP message.
func (r *rawSocket) intact(msg []byte, src, dst tcpip.Address) bool {
	var pseudo uint16
	if !r.v4() {
		pseudo = header.PseudoHeaderChecksum(icmp.ProtocolNumber6, src, dst, uint16(len(msg)))
	}
	return checksum.Checksum(msg, pseudo) == 0xffff
}
