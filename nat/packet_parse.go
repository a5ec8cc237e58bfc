package nat

import (
	"encoding/binary"

	wire "drydock/internal/packet"
	"drydock/nat/conntrack"

	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// parse finds the headers of pkt where netstack has found or written them. It is
// false for what is not IP.
func (p *packet) parse() bool {
	p.ip = p.pkt.NetworkHeader().Slice()
	p.l4 = p.pkt.TransportHeader().Slice()
	data := p.pkt.Data()
	behind := len(p.l4) + data.Size()
	p.at = p.pkt.Size() - behind - len(p.ip)
	if !p.locate(len(p.ip) + behind) {
		return false
	}
	switch ext := p.layout.Transport - len(p.ip); {
	case p.layout.Fragment == wire.Following:
		return true
	case ext < 0: // netstack takes more for extension headers than there are
		p.ip, p.l4 = p.ip[:p.layout.Transport], p.ip[p.layout.Transport:]
	case len(p.l4) == 0: // or fewer
		b, _ := data.PullUp(min(data.Size(), ext+header.TCPHeaderMaximumSize))
		p.l4 = b[ext:]
		p.ip = p.pkt.NetworkHeader().Slice() // PullUp moves memory
	case ext > 0:
		return false
	}
	p.parseTransport()
	if p.isError() {
		p.pullQuote(max(0, p.layout.Transport-len(p.ip)))
	}
	return true
}

// locate finds the layout of a packet of which size bytes are there. Netstack does not
// know all the extension headers that Linux does, so that ip may hold some of them only.
func (p *packet) locate(size int) bool {
	if !p.layout.Find(p.ip, size) && !p.layout.Find(p.room[:wire.Copy(p.room[:], p.pkt, p.at)], size) {
		return false
	}
	if len(p.ip) < min(p.layout.Transport, header.IPv6MinimumSize) {
		return false
	}
	p.located()
	return true
}

// located fills in what the IP header says beside the layout.
func (p *packet) located() {
	p.v6, p.proto = p.layout.V6, p.layout.Protocol
	p.src, p.dst = wire.Addrs(p.ip)
}

// headers returns the IP header with all that extends it.
func (p *packet) headers() []byte {
	if len(p.ip) >= p.layout.Transport {
		return p.ip
	}
	b := make([]byte, p.layout.Transport)
	return b[:wire.Copy(b, p.pkt, p.at)]
}

// l4Size returns the bytes from l4 on to the end of the packet.
func (p *packet) l4Size() int { return p.layout.Size - p.layout.Transport }

// pullQuote finds what an ICMP error quotes, which may lie behind ext bytes of extension
// headers. It moves memory, so that headers must be looked for again.
func (p *packet) pullQuote(ext int) {
	data := p.pkt.Data()
	if len(p.pkt.TransportHeader().Slice()) > 0 {
		p.quote, _ = data.PullUp(min(data.Size(), maxQuote))
		p.l4 = p.pkt.TransportHeader().Slice()
	} else {
		b, _ := data.PullUp(min(data.Size(), ext+header.ICMPv4MinimumSize+maxQuote))
		p.l4 = b[ext:]
		p.quote = p.l4[header.ICMPv4MinimumSize:]
	}
	p.ip = p.pkt.NetworkHeader().Slice()
}

// parseTransport reads the transport header in l4. Where it is not right the packet
// stays without ports, or is not wellFormed.
func (p *packet) parseTransport() {
	b := p.l4[:min(len(p.l4), p.l4Size())]
	p.l4, p.ports, p.wellFormed = b, false, false
	switch p.proto {
	case wire.TCP:
		p.parseTCP(b)
	case wire.UDP:
		p.parseUDP(b)
	case wire.ICMP, wire.ICMPv6:
		p.parseICMP(b)
	default:
		p.wellFormed = !p.v6 || p.proto != wire.NoNextHeader // which Linux cannot track
	}
}

// parseTCP reads what rules and tracking need. A header that is longer than the packet
// leaves the ports, which Linux sees, but makes the packet invalid to tracking.
func (p *packet) parseTCP(b []byte) {
	if len(b) < header.TCPMinimumSize {
		return
	}
	tcp := header.TCP(b)
	p.ports, p.srcPort, p.dstPort = true, tcp.SourcePort(), tcp.DestinationPort()
	p.tcpFlags = b[header.TCPFlagsOffset]
	p.wellFormed = p.layout.HeaderSize(b) > 0
	p.segment = conntrack.Packet{
		Flags:   p.tcpFlags,
		Seq:     tcp.SequenceNumber(),
		Ack:     tcp.AckNumber(),
		Payload: p.l4Size() - int(tcp.DataOffset()),
	}
}

// parseUDP takes a length that is too long for wrong, but in a first fragment, where the
// rest is elsewhere.
func (p *packet) parseUDP(b []byte) {
	if len(b) < header.UDPMinimumSize {
		return
	}
	udp := header.UDP(b)
	p.ports, p.srcPort, p.dstPort = true, udp.SourcePort(), udp.DestinationPort()
	size := int(udp.Length())
	p.wellFormed = size >= header.UDPMinimumSize && (size <= p.l4Size() || p.layout.Fragment == wire.First)
}

// parseICMP reads type and code, which stand in for ports, and finds what an error quotes.
func (p *packet) parseICMP(b []byte) {
	if p.layout.HeaderSize(b) == 0 {
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
	case wire.ICMP, wire.ICMPv6:
		id := binary.BigEndian.Uint16(p.l4[4:])
		p.tuple.SrcPort, p.tuple.DstPort = id, id
		p.tuple.Type, p.tuple.Code = p.icmpType, p.icmpCode
	default:
		p.tuple.SrcPort, p.tuple.DstPort = p.srcPort, p.dstPort
	}
}
