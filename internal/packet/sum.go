package packet

import (
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// sumField returns where in its header the checksum of a protocol lies, and whether it
// covers the pseudo header with the addresses. It is false for protocols without one.
func sumField(proto uint8) (at int, pseudo, ok bool) {
	switch proto {
	case TCP:
		return header.TCPChecksumOffset, true, true
	case UDP, UDPLite, DCCP: // RFC 768; RFC 3828, section 3.1; RFC 4340, section 5.1
		return 6, true, true
	case ICMPv6:
		return 2, true, true
	case ICMP:
		return 2, false, true
	}
	return 0, false, false
}

// isOptional reports whether a checksum of zero says that there is none, so that one that
// is zero is sent as 0xffff.
func isOptional(proto uint8) bool { return proto == UDP || proto == UDPLite }

// pseudoSum returns the sum of the pseudo header of size bytes of proto (RFC 9293,
// section 3.1; RFC 8200, section 8.1). addrs are both addresses.
func pseudoSum(addrs []byte, proto uint8, size int) uint16 {
	return checksum.Combine(checksum.Checksum(addrs, uint16(proto)), uint16(size))
}

// addrsField returns where both addresses lie in an IP header.
func addrsField(ip []byte) []byte {
	if ip[0]>>4 == header.IPv6Version {
		return ip[8 : 8+2*header.IPv6AddressSize]
	}
	return ip[12 : 12+2*header.IPv4AddressSize]
}

// offloads reports whether network cards compute the checksum of the packet, if its
// transport header l4 is right. That of a fragment is not its own, and a packet that is
// routed by its source has the checksum that is right when it arrives.
func (l *Layout) offloads(l4 []byte) bool {
	if l.Fragment != Whole || l.Routed || l.Protocol != TCP && l.Protocol != UDP {
		return false
	}
	if l.Protocol == TCP {
		return len(l4) >= header.TCPMinimumSize
	}
	return len(l4) >= header.UDPMinimumSize && l.summed(l4) > 0
}

// summed returns how many bytes of the packet from Transport on its checksum covers: those
// of a datagram may be fewer than its packet has. It is 0 if the datagram is malformed.
func (l *Layout) summed(l4 []byte) int {
	size := l.Size - l.Transport
	if l.Protocol != UDP {
		return size
	}
	if n := int(header.UDP(l4).Length()); n >= header.UDPMinimumSize && n <= size {
		return n
	}
	return 0
}

// Intact reports whether the checksum of a whole packet that begins at an offset of pkt is
// right, that in the IP header aside. ip and l4 are its headers. A packet that carries
// none is intact.
func (l *Layout) Intact(pkt *stack.PacketBuffer, at int, ip, l4 []byte) bool {
	field, pseudo, ok := sumField(l.Protocol)
	if !ok || l.Protocol == UDPLite || l.Protocol == DCCP { // these may cover less than all
		return true
	}
	if len(l4) < field+2 {
		return false
	}
	if l.Protocol == UDP && l4[field] == 0 && l4[field+1] == 0 {
		return !l.V6 // RFC 8200, section 8.1: not optional over IPv6
	}
	size := l.summed(l4)
	initial := uint16(0)
	if pseudo {
		initial = pseudoSum(addrsField(ip), l.Protocol, size)
	}
	return size > 0 && sumOf(pkt, at+l.Transport, size, initial) == 0xffff
}

// sumOf returns the sum of size bytes of pkt from an offset on, and initial.
func sumOf(pkt *stack.PacketBuffer, off, size int, initial uint16) uint16 {
	var sum checksum.Checksumer
	views, skip := pkt.AsViewList()
	skip += off
	for v := views.Front(); v != nil && size > 0; v = v.Next() {
		b := v.AsSlice()
		if skip >= len(b) {
			skip -= len(b)
			continue
		}
		b = b[skip:]
		b = b[:min(len(b), size)]
		sum.Add(b)
		skip, size = 0, size-len(b)
	}
	return checksum.Combine(sum.Checksum(), initial)
}

// Valid reports whether the IPv4 header, TCP and UDP checksums of a frame are right. What
// carries none of them is valid, and so is what is malformed, fragments among it, of which
// only IP is looked at. Stacks verify the checksums of ICMP themselves.
func Valid(frame *stack.PacketBuffer) bool {
	var room [MaxHeaders]byte
	b := room[:Copy(room[:], frame, 0)]
	l, ok := ParseFrame(b, frame.Size())
	if !ok {
		return true
	}
	ip, l4 := b[header.EthernetMinimumSize:], b[header.EthernetMinimumSize+l.Transport:]
	if !l.V6 && !header.IPv4(ip).IsChecksumValid() {
		return false
	}
	return !l.offloads(l4) || l.Intact(frame, header.EthernetMinimumSize, ip, l4)
}

// ValidICMP reports whether the checksum is right that the ICMP or ICMPv6 message in an IP packet
// has, which begins at an offset of pkt. What carries none is valid, and so are fragments.
func ValidICMP(pkt *stack.PacketBuffer, off int) bool {
	var room [MaxHeaders]byte
	b := room[:Copy(room[:], pkt, off)]
	l, ok := Parse(b, pkt.Size()-off)
	return !ok || l.Fragment != Whole || !l.IsICMP() || l.Intact(pkt, off, b, b[l.Transport:])
}

// complete computes the transport checksum of the packet in b, if there is one to compute.
func (l *Layout) complete(b []byte) bool {
	l4 := b[l.Transport:l.Size]
	if !l.offloads(l4) {
		return false
	}
	l4 = l4[:l.summed(l4)]
	field, _, _ := sumField(l.Protocol)
	checksum.Put(l4[field:], 0)
	sum := checksum.Checksum(l4, pseudoSum(addrsField(b), l.Protocol, len(l4)))
	putSum(l4[field:], l.Protocol, sum)
	return true
}

// putSum puts the complement of sum in the checksum field of a protocol.
func putSum(field []byte, proto uint8, sum uint16) {
	if sum == 0xffff && isOptional(proto) {
		sum = 0
	}
	checksum.Put(field, ^sum)
}

// CompleteHeaders computes the TCP or UDP checksum of a packet whose headers are parsed
// and its own. It leaves alone what network cards would.
func CompleteHeaders(pkt *stack.PacketBuffer) {
	ip, l4 := pkt.NetworkHeader().Slice(), pkt.TransportHeader().Slice()
	l, ok := Parse(ip, len(ip)+len(l4)+pkt.Data().Size())
	if !ok || l.Transport != len(ip) || !l.offloads(l4) {
		return
	}
	field, _, _ := sumField(l.Protocol)
	checksum.Put(l4[field:], 0)
	size := l.summed(l4)
	at := pkt.Size() - pkt.Data().Size() - len(l4)
	putSum(l4[field:], l.Protocol, sumOf(pkt, at, size, pseudoSum(addrsField(ip), l.Protocol, size)))
}

// Seal computes the checksum of a packet that is yet to get its IP header, and goes from
// src to dst. It is of a protocol that has a checksum, and its transport header is pushed.
func Seal(pkt *stack.PacketBuffer, src, dst tcpip.Address) {
	proto := uint8(pkt.TransportProtocolNumber)
	field, pseudo, _ := sumField(proto)
	l4 := pkt.TransportHeader().Slice()
	checksum.Put(l4[field:], 0)
	initial := uint16(0)
	if pseudo {
		initial = header.PseudoHeaderChecksum(pkt.TransportProtocolNumber, src, dst, uint16(pkt.Size()))
	}
	putSum(l4[field:], proto, sumOf(pkt, 0, pkt.Size(), initial))
}
