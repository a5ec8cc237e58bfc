package netstack

import (
	"sync/atomic"

	"drydock/internal/packet"
	"drydock/sim/ping"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
)

const (
	icmpHeader  = 8 // of an error
	quotedPorts = 4 // what is needed of the quoted transport header
)

// An errorTap tells of the ICMP errors about the packets of one socket, as IP_RECVERR does.
// Netstack gives sockets the unreachable destinations alone, and not who says so.
type errorTap struct {
	stack         *Stack
	network       tcpip.NetworkProtocolNumber
	transport     tcpip.TransportProtocolNumber // of the socket
	local, remote tcpip.FullAddress
	tell          func(*ping.ICMPError)
}

// tapErrors has tell called for the errors of a bound socket until it closes. It comes before
// the first packet, so that none is missed. The gate is open.
func (c *sock) tapErrors(remote tcpip.FullAddress, transport tcpip.TransportProtocolNumber, tell func(*ping.ICMPError)) {
	local, err := c.ep.GetLocalAddress()
	if err != nil || tell == nil {
		return
	}
	t := &errorTap{c.stack, packet.Network(packet.FromAddress(remote.Addr)), transport, local, remote, tell}
	if c.stack.stack.RegisterRawTransportEndpoint(t.network, t.icmp(), t) == nil {
		c.tap = t
	}
}

// untap undoes tapErrors.
func (t *errorTap) untap() {
	if t != nil {
		t.stack.stack.UnregisterRawTransportEndpoint(t.network, t.icmp(), t)
	}
}

// watch has tell called if the stack finds no neighbour to send to. Netstack tells TCP and echo
// requests of that, but not a socket of UDP. The gate is open.
func (t *errorTap) watch(closed *atomic.Bool) {
	route, err := t.stack.findRoute(t.remote.NIC, t.remote.Addr)
	if err != nil {
		return
	}
	defer route.Release()
	hop := route.NextHop()
	if hop.Len() == 0 {
		hop = t.remote.Addr
	}
	n := t.stack.nic(route.NICID())
	if n == nil { // lo
		return
	}
	n.tables[familyOf(hop)].NotifyFailure(hop, func() {
		if closed.Load() {
			return
		}
		e := &ping.ICMPError{From: t.stack.addrPort(t.local, false).Addr(), Type: uint8(header.ICMPv4DstUnreachable), Code: uint8(header.ICMPv4HostUnreachable)}
		if !t.v4() {
			e.Type, e.Code = uint8(header.ICMPv6DstUnreachable), uint8(header.ICMPv6AddressUnreachable)
		}
		t.tell(e)
	})
}

func (t *errorTap) v4() bool { return t.network == ipv4.ProtocolNumber }

func (t *errorTap) icmp() tcpip.TransportProtocolNumber {
	if t.v4() {
		return icmp.ProtocolNumber4
	}
	return icmp.ProtocolNumber6
}

// HandlePacket implements stack.RawTransportEndpoint. The packet may be anybody's, and nobody
// has looked at its checksum.
func (t *errorTap) HandlePacket(pkt *stack.PacketBuffer) {
	v := stack.PayloadSince(pkt.TransportHeader())
	defer v.Release()
	msg := v.AsSlice()
	if len(msg) < icmpHeader || !t.reports(msg[0]) || !t.quotes(msg[icmpHeader:]) {
		return
	}
	src, dst := pkt.Network().SourceAddress(), pkt.Network().DestinationAddress()
	var pseudo uint16
	if !t.v4() {
		pseudo = header.PseudoHeaderChecksum(icmp.ProtocolNumber6, src, dst, uint16(len(msg)))
	}
	if dst != t.local.Addr || checksum.Checksum(msg, pseudo) != 0xffff {
		return
	}
	e := packet.ReadError(!t.v4(), msg)
	from := t.stack.addrPort(tcpip.FullAddress{NIC: pkt.NICID, Addr: src}, false).Addr()
	t.tell(&ping.ICMPError{From: from, Type: e.Type, Code: e.Code, Info: int(e.Info)})
}

// reports tells whether ICMP of a type says that a packet did not arrive.
func (t *errorTap) reports(kind uint8) bool {
	if t.v4() {
		switch header.ICMPv4Type(kind) {
		case header.ICMPv4DstUnreachable, header.ICMPv4TimeExceeded, header.ICMPv4ParamProblem:
			return true
		}
		return false
	}
	return kind >= uint8(header.ICMPv6DstUnreachable) && kind <= uint8(header.ICMPv6ParamProblem)
}

// quotes tells whether a quoted packet is one of the socket.
func (t *errorTap) quotes(b []byte) bool {
	l, ok := packet.ParseQuote(b)
	if !ok || l.Fragment == packet.Following || l.Protocol != uint8(t.transport) || len(b) < l.Transport+quotedPorts {
		return false
	}
	src, dst := packet.Addrs(b)
	ports := header.UDP(b[l.Transport:]) // TCP has them in the same place
	return packet.ToAddress(src) == t.local.Addr && ports.SourcePort() == t.local.Port &&
		packet.ToAddress(dst) == t.remote.Addr && ports.DestinationPort() == t.remote.Port
}
