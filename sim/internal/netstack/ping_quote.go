package netstack

import (
	"encoding/binary"
	"math"

	"drydock/sim/ping"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
)

// parseICMPError reads the header of an ICMP error, which has at least 8 bytes.
func parseICMPError(b []byte, v4 bool) *ping.ICMPError {
	e := &ping.ICMPError{Type: b[0], Code: b[1], Info: int(binary.BigEndian.Uint32(b[4:]))}
	if !v4 {
		return e
	}
	switch header.ICMPv4Type(e.Type) {
	case header.ICMPv4ParamProblem:
		e.Info = int(b[4]) // the pointer is one byte
	case header.ICMPv4DstUnreachable:
		e.Info &= math.MaxUint16 // the MTU is two
	}
	return e
}

// reportedMTU returns the MTU that an error reports; 0 if it is about something else.
func reportedMTU(e *ping.ICMPError) int {
	v4 := e.From.Is4()
	if v4 && e.Type == uint8(header.ICMPv4DstUnreachable) && e.Code == uint8(header.ICMPv4FragmentationNeeded) ||
		!v4 && e.Type == uint8(header.ICMPv6PacketTooBig) {
		return e.Info
	}
	return 0
}

// A quote is what an ICMP error tells of the ICMP packet that caused it.
type quote struct {
	src, dst   tcpip.Address
	kind       uint8 // the ICMP type
	ident, seq uint16
}

// parseQuote reads the start of an IP packet, of which at least the IP header and
// the first 8 bytes of an ICMP packet must be there.
func parseQuote(b []byte, v4 bool) (quote, bool) {
	var q quote
	var ok bool
	if v4 {
		b, ok = q.parse4(b)
	} else {
		b, ok = q.parse6(b)
	}
	if !ok || len(b) < echoHeader {
		return quote{}, false
	}
	q.kind = b[0]
	q.ident = binary.BigEndian.Uint16(b[4:])
	q.seq = binary.BigEndian.Uint16(b[6:])
	return q, true
}

func (q *quote) parse4(b []byte) (rest []byte, ok bool) {
	if len(b) < header.IPv4MinimumSize || header.IPVersion(b) != header.IPv4Version {
		return nil, false
	}
	h := header.IPv4(b)
	size := int(h.HeaderLength())
	if size < header.IPv4MinimumSize || size > len(b) ||
		h.FragmentOffset() != 0 || h.TransportProtocol() != icmp.ProtocolNumber4 {
		return nil, false
	}
	q.src, q.dst = h.SourceAddress(), h.DestinationAddress()
	return b[size:], true
}

func (q *quote) parse6(b []byte) (rest []byte, ok bool) {
	if len(b) < header.IPv6MinimumSize || header.IPVersion(b) != header.IPv6Version {
		return nil, false
	}
	h := header.IPv6(b)
	q.src, q.dst = h.SourceAddress(), h.DestinationAddress()
	next, b := tcpip.TransportProtocolNumber(h.NextHeader()), b[header.IPv6MinimumSize:]
	if next == header.IPv6FragmentHeader {
		f := header.IPv6Fragment(b)
		if len(b) < header.IPv6FragmentHeaderSize || f.FragmentOffset() != 0 {
			return nil, false
		}
		next, b = f.TransportProtocol(), b[header.IPv6FragmentHeaderSize:]
	}
	return b, next == icmp.ProtocolNumber6
}
