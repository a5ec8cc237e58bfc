package echo

import (
	"encoding/binary"

	"drydock/internal/packet"
	"drydock/sim/ping"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// echoHeader is the size of the header of an echo request and its reply, and of errors,
// of either version.
const echoHeader = 8

// icmpTypes are the numbers in which ICMP differs from ICMPv6.
type icmpTypes struct {
	request, reply               uint8
	unreachable, hostUnreachable uint8
}

var (
	types4 = icmpTypes{
		request: uint8(header.ICMPv4Echo), reply: uint8(header.ICMPv4EchoReply),
		unreachable: uint8(header.ICMPv4DstUnreachable), hostUnreachable: uint8(header.ICMPv4HostUnreachable),
	}
	types6 = icmpTypes{
		request: uint8(header.ICMPv6EchoRequest), reply: uint8(header.ICMPv6EchoReply),
		unreachable: uint8(header.ICMPv6DstUnreachable), hostUnreachable: uint8(header.ICMPv6AddressUnreachable),
	}
)

// undelivered reports whether netstack has no transport endpoint handle a type of error:
// those it drops after it has counted them.
func undelivered(kind, code uint8, v4 bool) bool {
	if v4 {
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

// readError reads the header of an ICMP error, which has at least echoHeader bytes. Who
// it is from is not set.
func readError(b []byte, v4 bool) *ping.ICMPError {
	e := packet.ReadError(!v4, b)
	return &ping.ICMPError{Type: e.Type, Code: e.Code, Info: int(e.Info)}
}

// reportedMTU returns the MTU that an error reports; 0 if it is about something else.
func reportedMTU(e *ping.ICMPError) int {
	return packet.Error{V6: !e.From.Is4(), Type: e.Type, Code: e.Code, Info: uint32(e.Info)}.MTU()
}

// A quote is what an ICMP error tells of the ICMP packet that caused it.
type quote struct {
	src, dst   tcpip.Address
	kind       uint8 // the ICMP type
	ident, seq uint16
}

// parseQuote reads the start of an IP packet, of which at least the IP headers and the
// first 8 bytes of an ICMP packet must be there. A later fragment has no ICMP header.
func parseQuote(b []byte) (quote, bool) {
	l, ok := packet.ParseQuote(b)
	if !ok || l.Fragment == packet.Following || len(b) < l.Transport+echoHeader {
		return quote{}, false
	}
	src, dst := packet.Addrs(b)
	h := b[l.Transport:]
	return quote{
		src:   packet.ToAddress(src),
		dst:   packet.ToAddress(dst),
		kind:  h[0],
		ident: binary.BigEndian.Uint16(h[4:]),
		seq:   binary.BigEndian.Uint16(h[6:]),
	}, l.IsICMP()
}
