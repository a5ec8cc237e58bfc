package nat

import (
	"encoding/binary"
	"net/netip"

	"drydock/nat/conntrack"

	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// parse finds the headers of pkt where netstack has found or written them. It is
// false for what is not IP.
func (p *packet) parse() bool {
	p.ip = p.pkt.NetworkHeader().Slice()
	p.l4 = p.pkt.TransportHeader().Slice()
	data := p.pkt.Data()
	p.l4Size = len(p.l4) + data.Size()
	p.l4At = p.pkt.Size() - p.l4Size
	off, ok := p.parseIP(len(p.ip) + p.l4Size)
	if !ok || off != len(p.ip) && p.proto != noNextHeader {
		return false
	}
	if p.fragment == following {
		return true
	}
	if len(p.l4) == 0 {
		p.l4, _ = data.PullUp(min(data.Size(), header.TCPHeaderMaximumSize))
	}
	p.parseTransport()
	if p.isError() {
		p.pullQuote()
	}
	return true
}

// pullQuote finds what an ICMP error quotes. It moves memory, so that headers must be
// looked for again.
func (p *packet) pullQuote() {
	data := p.pkt.Data()
	if len(p.pkt.TransportHeader().Slice()) > 0 {
		p.quote, _ = data.PullUp(min(data.Size(), maxQuote))
		p.l4 = p.pkt.TransportHeader().Slice()
	} else {
		p.l4, _ = data.PullUp(min(data.Size(), header.ICMPv4MinimumSize+maxQuote))
		p.quote = p.l4[header.ICMPv4MinimumSize:]
	}
	p.ip = p.pkt.NetworkHeader().Slice()
}

// parseIP reads the header in ip of a packet of which size bytes are there. It returns
// where the transport header begins, and false for packets that are malformed.
func (p *packet) parseIP(size int) (int, bool) {
	if len(p.ip) == 0 {
		return 0, false
	}
	switch p.ip[0] >> 4 {
	case header.IPv4Version:
		return p.parseIPv4(size)
	case header.IPv6Version:
		p.v6 = true
		return p.parseIPv6(size)
	}
	return 0, false
}

func (p *packet) parseIPv4(size int) (int, bool) {
	ip := header.IPv4(p.ip)
	if len(ip) < header.IPv4MinimumSize {
		return 0, false
	}
	off, total := int(ip.HeaderLength()), int(ip.TotalLength())
	if off < header.IPv4MinimumSize || total < off || total > size {
		return 0, false
	}
	p.src = netip.AddrFrom4([4]byte(ip[12:]))
	p.dst = netip.AddrFrom4([4]byte(ip[16:]))
	p.proto = ip.Protocol()
	p.size = total
	p.fragID = uint32(ip.ID())
	p.fragment = whole
	switch {
	case ip.FragmentOffset() > 0:
		p.fragment = following
	case ip.More():
		p.fragment = first
	}
	p.l4Size = total - off
	return off, true
}

// noNextHeader says that nothing follows (RFC 8200, section 4.7).
const noNextHeader = 59

// maxExtensions is how many extension headers are looked at: there are six kinds, each
// of which RFC 8200 wants at most once, one of them twice.
const maxExtensions = 7

func (p *packet) parseIPv6(size int) (int, bool) {
	ip := header.IPv6(p.ip)
	if len(ip) < header.IPv6MinimumSize {
		return 0, false
	}
	total := header.IPv6MinimumSize + int(ip.PayloadLength())
	if total > size {
		return 0, false
	}
	p.src = netip.AddrFrom16([16]byte(ip[8:]))
	p.dst = netip.AddrFrom16([16]byte(ip[24:]))
	p.size = total
	ext, ok := parseExtensions(p.ip[:min(len(p.ip), total)])
	p.proto, p.fragment, p.fragID = ext.proto, ext.fragment, ext.id
	p.l4Size = total - ext.off
	return ext.off, ok
}

// extensions are what the extension headers of an IPv6 packet say.
type extensions struct {
	off      int // where the transport header begins
	proto    uint8
	fragment fragmentKind
	id       uint32
}

// parseExtensions passes the extension headers of the IPv6 packet b. It is false if
// they are malformed or too many.
func parseExtensions(b []byte) (e extensions, ok bool) {
	e.proto, e.off = b[6], header.IPv6MinimumSize
	for range maxExtensions {
		size := 0
		switch e.proto {
		case 0, 43, 60, 135: // hop by hop, routing, destination options, mobility
			size = 8
		case 51: // authentication header
			size = 4
		case 44: // fragment
		default:
			return e, true
		}
		if e.off+8 > len(b) {
			return e, false
		}
		h := b[e.off:]
		size = 8 + size*int(h[1])
		if e.off+size > len(b) {
			return e, false
		}
		if e.proto == 44 {
			e.parseFragment(h)
		}
		e.proto = h[0]
		e.off += size
		if e.fragment == following { // what lies behind is no header
			return e, true
		}
	}
	return e, false
}

// parseFragment reads the fragment header h (RFC 8200, section 4.5).
func (e *extensions) parseFragment(h []byte) {
	field := binary.BigEndian.Uint16(h[2:])
	switch {
	case field>>3 > 0:
		e.fragment = following
	case field&1 != 0:
		e.fragment = first
	}
	e.id = binary.BigEndian.Uint32(h[4:])
}

// parseTransport reads the transport header in l4. Where it is not right the packet
// stays without ports, or is not wellFormed.
func (p *packet) parseTransport() {
	b := p.l4[:min(len(p.l4), p.l4Size)]
	p.l4, p.ports, p.wellFormed = b, false, false
	switch p.proto {
	case uint8(header.TCPProtocolNumber):
		p.parseTCP(b)
	case uint8(header.UDPProtocolNumber):
		p.parseUDP(b)
	case uint8(header.ICMPv4ProtocolNumber), uint8(header.ICMPv6ProtocolNumber):
		p.parseICMP(b)
	default:
		p.wellFormed = true
	}
}

func (p *packet) parseTCP(b []byte) {
	if len(b) < header.TCPMinimumSize {
		return
	}
	tcp := header.TCP(b)
	p.ports, p.srcPort, p.dstPort = true, tcp.SourcePort(), tcp.DestinationPort()
	p.tcpFlags = b[header.TCPFlagsOffset]
	off := int(tcp.DataOffset())
	p.wellFormed = off >= header.TCPMinimumSize && off <= p.l4Size
	p.segment = conntrack.Packet{
		Flags:   p.tcpFlags,
		Seq:     tcp.SequenceNumber(),
		Ack:     tcp.AckNumber(),
		Payload: p.l4Size - off,
	}
}

func (p *packet) parseUDP(b []byte) {
	if len(b) < header.UDPMinimumSize {
		return
	}
	udp := header.UDP(b)
	p.ports, p.srcPort, p.dstPort = true, udp.SourcePort(), udp.DestinationPort()
	size := int(udp.Length())
	p.wellFormed = size >= header.UDPMinimumSize && (size <= p.l4Size || p.fragment == first)
}

func (p *packet) parseICMP(b []byte) {
	if len(b) < header.ICMPv4MinimumSize || p.v6 != (p.proto == uint8(header.ICMPv6ProtocolNumber)) {
		return
	}
	p.ports, p.icmpType, p.icmpCode = true, b[0], b[1]
	p.quote = b[header.ICMPv4MinimumSize:]
	p.wellFormed = true
}

// setTuple fills tuple from the headers, for packets that are no ICMP errors.
func (p *packet) setTuple() {
	p.tuple = conntrack.Tuple{Src: p.src, Dst: p.dst, Proto: p.proto}
	switch p.proto {
	case uint8(header.ICMPv4ProtocolNumber), uint8(header.ICMPv6ProtocolNumber):
		id := binary.BigEndian.Uint16(p.l4[4:])
		p.tuple.SrcPort, p.tuple.DstPort = id, id
		p.tuple.Type, p.tuple.Code = p.icmpType, p.icmpCode
	default:
		p.tuple.SrcPort, p.tuple.DstPort = p.srcPort, p.dstPort
	}
}
