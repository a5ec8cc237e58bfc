package router

import (
	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// maxHeaders is how far into a packet headers may reach. Those of IPv4 and TCP take
// at most 120 bytes; 256 leave IPv6 extension headers more than RFC 8883 has
// routers expect.
const maxHeaders = 256

// A layout is where the headers of a packet are.
type layout struct {
	network   int // bytes of the network header, with extension headers
	transport int // bytes of the transport header; 0 if it is not there or not known
	size      int // bytes of the packet
	protocol  tcpip.TransportProtocolNumber
	icmpError bool // it quotes another packet
}

// takeOver returns pkt as a packet that the router may change: its headers are its
// own, the payload is shared, unless it quotes another packet. It is nil if the
// packet is malformed. The caller owns the result; reserve is for the link header.
func takeOver(pkt *stack.PacketBuffer, proto tcpip.NetworkProtocolNumber, reserve int) *stack.PacketBuffer {
	var scratch [maxHeaders]byte
	head := scratch[:peek(pkt, scratch[:])]
	l, ok := parse(proto, head, pkt.Data().Size())
	if !ok {
		return nil
	}
	headers := l.network + l.transport
	rest := pkt.Data().ToBuffer()
	rest.TrimFront(int64(headers))
	rest.Truncate(int64(l.size - headers)) // Ethernet pads
	if l.icmpError {
		v := buffer.NewViewSize(int(rest.Size()))
		rest.ReadAt(v.AsSlice(), 0)
		rest.Release()
		rest = buffer.MakeWithView(v)
	}
	own := stack.NewPacketBuffer(stack.PacketBufferOptions{
		ReserveHeaderBytes: reserve + headers,
		Payload:            rest,
	})
	copy(own.TransportHeader().Push(l.transport), head[l.network:headers])
	copy(own.NetworkHeader().Push(l.network), head)
	own.NetworkProtocolNumber = proto
	own.TransportProtocolNumber = l.protocol
	own.GSOOptions = pkt.GSOOptions
	own.Hash, own.Owner, own.Mark, own.PktType = pkt.Hash, pkt.Owner, pkt.Mark, pkt.PktType
	own.RXChecksumValidated = pkt.RXChecksumValidated
	return own
}

// peek copies the beginning of the data of pkt.
func peek(pkt *stack.PacketBuffer, b []byte) int {
	views, skip := pkt.AsViewList()
	skip += pkt.HeaderSize()
	n := 0
	for v := views.Front(); v != nil && n < len(b); v = v.Next() {
		if s := v.AsSlice(); skip < len(s) {
			n += copy(b[n:], s[skip:])
			skip = 0
		} else {
			skip -= len(s)
		}
	}
	return n
}

// parse finds the headers of the packet that begins with b and has so many bytes,
// with padding.
func parse(proto tcpip.NetworkProtocolNumber, b []byte, size int) (layout, bool) {
	if proto == ipv6.ProtocolNumber {
		return parse6(b, size)
	}
	return parse4(b, size)
}

func parse4(b []byte, size int) (layout, bool) {
	if len(b) < header.IPv4MinimumSize || !header.IPv4(b).IsValid(size) {
		return layout{}, false
	}
	h := header.IPv4(b)
	l := layout{network: int(h.HeaderLength()), size: int(h.TotalLength()), protocol: h.TransportProtocol()}
	if !h.IsChecksumValid() {
		return layout{}, false
	}
	if h.FragmentOffset() == 0 {
		l.findTransport(b[:min(len(b), l.size)])
	}
	return l, true
}

func parse6(b []byte, size int) (layout, bool) {
	if len(b) < header.IPv6MinimumSize || !header.IPv6(b).IsValid(size) {
		return layout{}, false
	}
	h := header.IPv6(b)
	l := layout{network: header.IPv6MinimumSize, size: header.IPv6MinimumSize + int(h.PayloadLength())}
	b = b[:min(len(b), l.size)]
	for next := h.NextHeader(); ; {
		l.protocol = tcpip.TransportProtocolNumber(next)
		size, first := 0, true
		if ext := b[l.network:]; len(ext) >= 8 {
			size, first = extension6(next, ext)
		} else if isExtension6(next) {
			return layout{}, false // cut short, or more headers than the router looks at
		}
		if size == 0 {
			l.findTransport(b)
			return l, true
		}
		if l.network+size > len(b) {
			return layout{}, false
		}
		next = b[l.network]
		l.network += size
		if !first {
			l.protocol = tcpip.TransportProtocolNumber(next)
			return l, true
		}
	}
}

func isExtension6(next uint8) bool {
	switch header.IPv6ExtensionHeaderIdentifier(next) {
	case header.IPv6HopByHopOptionsExtHdrIdentifier, header.IPv6RoutingExtHdrIdentifier,
		header.IPv6DestinationOptionsExtHdrIdentifier, header.IPv6FragmentExtHdrIdentifier:
		return true
	}
	return false
}

// extension6 returns the size of the extension header that b begins with, 0 if that
// is none, and whether what follows is the beginning of the next header rather than
// the middle of a fragmented packet. b has at least 8 bytes.
func extension6(next uint8, b []byte) (size int, first bool) {
	switch {
	case !isExtension6(next):
		return 0, true
	case header.IPv6ExtensionHeaderIdentifier(next) == header.IPv6FragmentExtHdrIdentifier:
		return header.IPv6FragmentHeaderSize, b[2] == 0 && b[3]>>3 == 0
	}
	return (int(b[1]) + 1) * 8, true
}

// findTransport finds the transport header. b is the packet, as far as it is at
// hand.
func (l *layout) findTransport(b []byte) {
	b = b[l.network:]
	size := 0
	switch l.protocol {
	case header.TCPProtocolNumber:
		if len(b) < header.TCPMinimumSize {
			return
		}
		if size = int(header.TCP(b).DataOffset()); size < header.TCPMinimumSize {
			return
		}
	case header.UDPProtocolNumber:
		size = header.UDPMinimumSize
	case header.ICMPv4ProtocolNumber:
		size = header.ICMPv4MinimumSize
		l.icmpError = len(b) > 0 && isError4(header.ICMPv4Type(b[0]))
	case header.ICMPv6ProtocolNumber:
		size = header.ICMPv6MinimumSize
		l.icmpError = len(b) > 0 && isError6(header.ICMPv6Type(b[0]))
	}
	if size <= len(b) {
		l.transport = size
	}
}

// isError4 reports whether ICMP of that type quotes a packet.
func isError4(t header.ICMPv4Type) bool {
	switch t {
	case header.ICMPv4DstUnreachable, header.ICMPv4SrcQuench, header.ICMPv4Redirect,
		header.ICMPv4TimeExceeded, header.ICMPv4ParamProblem:
		return true
	}
	return false
}

// isError6 reports whether ICMPv6 of that type quotes a packet.
func isError6(t header.ICMPv6Type) bool {
	return t < header.ICMPv6EchoRequest || t == header.ICMPv6RedirectMsg
}

// protocolOf returns the protocol of an IP header.
func protocolOf(b []byte) tcpip.NetworkProtocolNumber {
	if b[0]>>4 == header.IPv6Version {
		return ipv6.ProtocolNumber
	}
	return ipv4.ProtocolNumber
}
