package router

import (
	"drydock/internal/packet"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

// GVisor's sockets hear of ICMPv4's unreachables, and of ICMPv6's that there is no route or no
// port. Linux has a connect fail by the others, too, and by what ran out of hops.

// A told is what a socket is told.
type told stack.TransportErrorKind

// Forbidden is what a socket is told where Linux's connect has EACCES, for which gVisor has no
// kind. ICMPv6 has no use for this one, which becomes tcpip.ErrNoNet.
const forbidden = told(stack.SourceHostIsolatedTransportError)

// Kind implements stack.TransportError.
func (t told) Kind() stack.TransportErrorKind { return stack.TransportErrorKind(t) }

// Origin, Type, Code and Info are for those who ask for a queue of errors, as nobody does.
func (told) Origin() tcpip.SockErrOrigin { return tcpip.SockExtErrorOriginNone }
func (told) Type() uint8                 { return 0 }
func (told) Code() uint8                 { return 0 }
func (told) Info() uint32                { return 0 }

// untold returns what sockets are to be told by ICMP of which gVisor tells them nothing
// (icmpv6_err_convert, tcp_v4_err).
func untold(proto, kind, code uint8) (t told, ok bool) {
	const (
		reserved    = 2 // "not a neighbour" once
		policyFail  = 5
		rejectRoute = 6
	)
	unreachable := told(stack.DestinationHostUnreachableTransportError)
	switch {
	case proto == packet.ICMP:
		return unreachable, kind == uint8(header.ICMPv4TimeExceeded)
	case kind == uint8(header.ICMPv6TimeExceeded):
		return unreachable, true
	case kind != uint8(header.ICMPv6DstUnreachable):
		return 0, false
	}
	switch header.ICMPv6Code(code) {
	case header.ICMPv6Prohibited, policyFail, rejectRoute:
		return forbidden, true
	case header.ICMPv6AddressUnreachable, reserved:
		return unreachable, true
	}
	return 0, false
}

// tell tells the socket that pkt is about that it cannot connect. Pkt is an ICMP message for this
// stack whose checksum is right.
func (r *Router) tell(pkt *stack.PacketBuffer) {
	var room [packet.MaxHeaders]byte
	b := room[:packet.Copy(room[:], pkt, len(pkt.LinkHeader().Slice()))]
	l, ok := packet.Parse(b, pkt.Size()-len(pkt.LinkHeader().Slice()))
	if !ok || l.Fragment != packet.Whole || len(b) < l.Transport+header.ICMPv4MinimumSize {
		return
	}
	b = b[l.Transport:]
	t, ok := untold(l.Protocol, b[0], b[1])
	if !ok {
		return
	}
	quoted := b[header.ICMPv4MinimumSize:]
	q, ok := packet.ParseQuote(quoted)
	const ports = 4
	if !ok || q.Protocol != packet.TCP || q.Fragment == packet.Following || len(quoted) < q.Transport+ports {
		return
	}
	src, dst := packet.Addrs(quoted)
	from := header.TCP(quoted[q.Transport:])
	id := stack.TransportEndpointID{
		LocalPort: from.SourcePort(), LocalAddress: packet.ToAddress(src),
		RemotePort: from.DestinationPort(), RemoteAddress: packet.ToAddress(dst),
	}
	proto := ipv4.ProtocolNumber
	if src.Is6() {
		proto = ipv6.ProtocolNumber
	}
	if ep, ok := r.stack.FindTransportEndpoint(proto, tcp.ProtocolNumber, id, pkt.NICID).(*tcp.Endpoint); ok && ep.EndpointState() == tcp.StateSynSent {
		ep.HandleError(t, pkt)
	}
}
