package frame

import (
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// A layout is where the parts of an IP frame lie.
type layout struct {
	b         []byte // the frame up to the end of the IP packet or UDP datagram, without padding
	network   int    // offset of the IP header
	transport int    // offset of the TCP or UDP header; 0 if there is none to checksum
	proto     tcpip.TransportProtocolNumber
	v6        bool
}

// parse finds the parts of an IP frame. It is false for everything that is not a
// well-formed IP frame.
func parse(b []byte) (layout, bool) {
	if len(b) < header.EthernetMinimumSize {
		return layout{}, false
	}
	l := layout{b: b, network: header.EthernetMinimumSize}
	switch header.Ethernet(b).Type() {
	case header.IPv4ProtocolNumber:
		return l.parse4()
	case header.IPv6ProtocolNumber:
		return l.parse6()
	}
	return layout{}, false
}

func (l layout) parse4() (layout, bool) {
	ip := header.IPv4(l.b[l.network:])
	if !ip.IsValid(len(ip)) {
		return layout{}, false
	}
	l.b = l.b[:l.network+int(ip.TotalLength())]
	if !ip.More() && ip.FragmentOffset() == 0 {
		l.locate(l.network+int(ip.HeaderLength()), ip.TransportProtocol())
	}
	return l, true
}

// parse6 looks no further than the fixed header: stacks send extension headers
// only with fragments, whose checksum is not theirs alone, and with MLD.
func (l layout) parse6() (layout, bool) {
	ip := header.IPv6(l.b[l.network:])
	if !ip.IsValid(len(ip)) {
		return layout{}, false
	}
	l.v6 = true
	end := l.network + header.IPv6MinimumSize
	l.b = l.b[:end+int(ip.PayloadLength())]
	l.locate(end, ip.TransportProtocol())
	return l, true
}

// locate finds the transport header at off.
func (l *layout) locate(off int, proto tcpip.TransportProtocolNumber) {
	b := l.b[off:]
	switch {
	case proto == header.TCPProtocolNumber && len(b) >= header.TCPMinimumSize:
	case proto == header.UDPProtocolNumber && len(b) >= header.UDPMinimumSize:
		size := int(header.UDP(b).Length())
		if size < header.UDPMinimumSize || size > len(b) {
			return // malformed
		}
		l.b = l.b[:off+size] // what lies behind is not checksummed
	default:
		return
	}
	l.transport, l.proto = off, proto
}

func (l *layout) ip4() header.IPv4 { return header.IPv4(l.b[l.network:]) }
func (l *layout) ip6() header.IPv6 { return header.IPv6(l.b[l.network:]) }

// sum returns the one's complement sum of the pseudo header (RFC 9293, section
// 3.1; RFC 8200, section 8.1) and the transport packet with the checksum field it
// holds.
func (l *layout) sum() uint16 {
	addrs := l.b[l.network+12:][:2*header.IPv4AddressSize]
	if l.v6 {
		addrs = l.b[l.network+8:][:2*header.IPv6AddressSize]
	}
	segment := l.b[l.transport:]
	pseudo := checksum.Checksum(addrs, uint16(l.proto))
	pseudo = checksum.Combine(pseudo, uint16(len(segment)))
	return checksum.Checksum(segment, pseudo)
}

// field returns the checksum field of the transport header.
func (l *layout) field() []byte {
	off := l.transport + 6 // RFC 768
	if l.proto == header.TCPProtocolNumber {
		off = l.transport + header.TCPChecksumOffset
	}
	return l.b[off:][:2]
}

// complete computes the transport checksum.
func (l *layout) complete() {
	f := l.field()
	checksum.Put(f, 0)
	x := ^l.sum()
	if x == 0 && l.proto == header.UDPProtocolNumber {
		x = 0xffff // zero means "no checksum" to UDP (RFC 768)
	}
	checksum.Put(f, x)
}

func (l *layout) valid() bool {
	if !l.v6 && !l.ip4().IsChecksumValid() {
		return false
	}
	if l.transport == 0 {
		return true
	}
	if f := l.field(); l.proto == header.UDPProtocolNumber && f[0] == 0 && f[1] == 0 {
		return !l.v6 // RFC 8200, section 8.1: not optional over IPv6
	}
	return l.sum() == 0xffff
}
