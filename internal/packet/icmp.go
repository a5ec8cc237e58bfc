package packet

import (
	"encoding/binary"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// The largest ICMP errors, with their IP headers: what every host takes (RFC 1812,
// section 4.3.2.3), and what every link does (RFC 4443, section 2.4).
const (
	maxError4 = 576
	maxError6 = header.IPv6MinimumMTU
)

// errorHeader is the size of the header of an ICMP error, and of an echo, of either
// version.
const errorHeader = header.ICMPv4MinimumSize

// An Error is what the header of an ICMP error says.
type Error struct {
	V6         bool // of ICMPv6
	Type, Code uint8
	Info       uint32 // MTU of what is too big; pointer of a parameter problem; gateway of a redirect
}

// IsError reports whether ICMP or ICMPv6 of that type is an error or redirect that quotes
// the packet which it is about, as connection tracking knows them.
func IsError(proto, kind uint8) bool {
	if proto == ICMPv6 {
		return kind < uint8(header.ICMPv6EchoRequest) // RFC 4443, section 2.1
	}
	switch header.ICMPv4Type(kind) {
	case header.ICMPv4DstUnreachable, header.ICMPv4SrcQuench, header.ICMPv4Redirect,
		header.ICMPv4TimeExceeded, header.ICMPv4ParamProblem:
		return proto == ICMP
	}
	return false
}

// IsEcho reports whether an ICMP message of a kind is an echo request or reply.
func IsEcho(proto, kind uint8) bool {
	if proto == ICMPv6 {
		return kind == uint8(header.ICMPv6EchoRequest) || kind == uint8(header.ICMPv6EchoReply)
	}
	return proto == ICMP && (kind == uint8(header.ICMPv4Echo) || kind == uint8(header.ICMPv4EchoReply))
}

// IsQuery reports whether ICMP or ICMPv6 of that type may be answered by an error: not if
// it is one, or redirects, or is unknown to Linux's icmp_send.
func IsQuery(proto, kind uint8) bool {
	const known = 18 // NR_ICMP_TYPES
	if IsError(proto, kind) {
		return false
	}
	if proto == ICMPv6 {
		return kind != uint8(header.ICMPv6RedirectMsg)
	}
	return kind <= known
}

// ReadError reads the header of an ICMP error, which has at least 8 bytes.
func ReadError(v6 bool, b []byte) Error {
	e := Error{V6: v6, Type: b[0], Code: b[1], Info: binary.BigEndian.Uint32(b[4:])}
	if v6 {
		return e
	}
	switch header.ICMPv4Type(e.Type) {
	case header.ICMPv4ParamProblem:
		e.Info >>= 24 // the pointer is one byte
	case header.ICMPv4DstUnreachable:
		e.Info &= 0xffff // the MTU is two
	}
	return e
}

// MTU returns the MTU that an error reports; 0 if it is about something else.
func (e Error) MTU() int {
	if e.V6 && e.Type == uint8(header.ICMPv6PacketTooBig) ||
		!e.V6 && e.Type == uint8(header.ICMPv4DstUnreachable) && e.Code == uint8(header.ICMPv4FragmentationNeeded) {
		return int(e.Info)
	}
	return 0
}

// Protocol returns ICMP or ICMPv6.
func (e Error) Protocol() tcpip.TransportProtocolNumber {
	if e.V6 {
		return header.ICMPv6ProtocolNumber
	}
	return header.ICMPv4ProtocolNumber
}

// room returns how many bytes an error may quote if packets have at most mtu bytes behind
// their IP header.
func (e Error) room(mtu int) int {
	if e.V6 {
		return min(mtu, maxError6-header.IPv6MinimumSize) - errorHeader
	}
	return min(mtu, maxError4-header.IPv4MinimumSize) - errorHeader
}

// Quote returns a copy of as much as e may quote, on the widest link, of a packet of size
// bytes that begins at an offset of pkt.
func (e Error) Quote(pkt *stack.PacketBuffer, at, size int) []byte {
	b := make([]byte, min(e.room(maxError6), size))
	return b[:Copy(b, pkt, at)]
}

// Packet returns the error from src to the end of route, without IP header. It quotes as
// much of quote as the link takes; the result is nil if that is not the IP header and 8
// bytes, or all there is. The caller owns the packet.
func (e Error) Packet(route *stack.Route, src tcpip.Address, quote []byte) *stack.PacketBuffer {
	room := e.room(int(route.MTU()))
	if l, ok := ParseQuote(quote); !ok || room < min(l.Transport+8, len(quote)) {
		return nil
	}
	pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{
		ReserveHeaderBytes: int(route.MaxHeaderLength()) + errorHeader,
		Payload:            buffer.MakeWithData(quote[:min(room, len(quote))]),
	})
	pkt.TransportProtocolNumber = e.Protocol()
	h := pkt.TransportHeader().Push(errorHeader)
	h[0], h[1] = e.Type, e.Code
	info := e.Info
	if !e.V6 && header.ICMPv4Type(e.Type) == header.ICMPv4DstUnreachable {
		info = min(info, 0xffff)
	}
	binary.BigEndian.PutUint32(h[4:], info)
	Seal(pkt, src, route.RemoteAddress())
	return pkt
}

// Params returns how e travels by route: over IPv4 with the type of service of the packet
// that it quotes, and the precedence of internetwork control (RFC 1812, section 4.3.2.5).
func (e Error) Params(route *stack.Route, quote []byte) stack.NetworkHeaderParams {
	params := stack.NetworkHeaderParams{Protocol: e.Protocol(), TTL: route.DefaultTTL()}
	if !e.V6 {
		const tosMask, internetControl = 0x1e, 0xc0
		params.TOS = quote[1]&tosMask | internetControl
	}
	return params
}
