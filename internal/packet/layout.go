package packet

import (
	"encoding/binary"
	"net/netip"

	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// MaxHeaders is how far into a packet headers may reach. Those of IPv4 and TCP take at
// most 120 bytes; 256 leave IPv6 extension headers more than RFC 8883 has routers expect.
const MaxHeaders = 256

// The protocols whose headers this package knows, as IP numbers them.
const (
	ICMP    = 1
	TCP     = 6
	UDP     = 17
	ICMPv6  = 58
	DCCP    = 33
	UDPLite = 136

	// NoNextHeader says that nothing follows (RFC 8200, section 4.7).
	NoNextHeader = 59
)

// The extension headers of IPv6.
const (
	hopByHop           = 0
	routing            = 43
	fragment           = 44
	authentication     = 51
	destinationOptions = 60
)

// maxExtensions is Linux's IP6_MAX_EXT_HDRS_CNT.
const maxExtensions = 12

// A Fragment is which part of a datagram a packet is.
type Fragment uint8

const (
	Whole     Fragment = iota
	First              // the fragment with the transport header
	Following          // one of those without
)

// A Layout is where the parts of an IP packet lie. Offsets count from the first byte of
// its IP header.
type Layout struct {
	Transport int      // where the IP headers, with extension headers, end
	Size      int      // bytes of the packet, without padding
	ID        uint32   // by which fragments of a datagram know each other
	Protocol  uint8    // of what lies at Transport
	Fragment  Fragment // Following: what lies at Transport is no header
	V6        bool
	Routed    bool // the packet has yet to visit others before its destination (RFC 8200, section 4.4)
}

// Parse finds the headers of the IP packet that b begins with, of which size bytes have
// arrived, padding included. It is false if the packet is malformed, or if its IP headers
// reach beyond b. It does not look at checksums.
func Parse(b []byte, size int) (l Layout, ok bool) {
	ok = l.Find(b, size)
	return l, ok
}

// Find is Parse in place, which spares each packet at each hook 15 ns. If it is false, l is
// of no use.
func (l *Layout) Find(b []byte, size int) bool {
	if len(b) < header.IPv4MinimumSize {
		return false
	}
	switch b[0] >> 4 {
	case header.IPv4Version:
		total := int(binary.BigEndian.Uint16(b[2:]))
		return total <= size && l.find4(b, total) && l.Transport <= total
	case header.IPv6Version:
		total := header.IPv6MinimumSize + int(binary.BigEndian.Uint16(b[4:]))
		return total <= size && l.find6(b[:min(len(b), total)], total)
	}
	return false
}

// IsFragment reports whether a whole IP header, behind which no other extension header lies before
// that of a fragment, says that its packet is one.
func IsFragment(ip []byte) bool {
	if ip[0]>>4 == header.IPv6Version {
		return ip[6] == fragment
	}
	return binary.BigEndian.Uint16(ip[6:])&0x3fff != 0 // more fragments, and the offset
}

// ParseQuote is Parse for the packet that an ICMP error quotes: its lengths are about
// more than is quoted, and are not looked at. Size is what is there.
func ParseQuote(b []byte) (l Layout, ok bool) {
	if len(b) < header.IPv4MinimumSize {
		return l, false
	}
	switch b[0] >> 4 {
	case header.IPv4Version:
		ok = l.find4(b, len(b))
	case header.IPv6Version:
		ok = l.find6(b, len(b))
	}
	return l, ok
}

// find4 is Find for a packet of IPv4 of so many bytes; 20 are at hand.
func (l *Layout) find4(b []byte, size int) bool {
	*l = Layout{
		Transport: int(b[0]&0xf) * 4,
		Size:      size,
		ID:        uint32(binary.BigEndian.Uint16(b[4:])),
		Protocol:  b[9],
	}
	switch field := binary.BigEndian.Uint16(b[6:]); {
	case field&0x1fff != 0:
		l.Fragment = Following
	case field&0x2000 != 0:
		l.Fragment = First
	}
	return l.Transport >= header.IPv4MinimumSize && l.Transport <= len(b)
}

// find6 is Find for a packet of IPv6 of so many bytes.
func (l *Layout) find6(b []byte, size int) bool {
	if len(b) < header.IPv6MinimumSize {
		return false
	}
	b = b[:min(len(b), MaxHeaders)] // so that the result does not depend on how much is at hand
	*l = Layout{Transport: header.IPv6MinimumSize, Size: size, Protocol: b[6], V6: true}
	for range maxExtensions {
		if l.Fragment == Following || !IsExtension(l.Protocol) {
			return true
		}
		n := ExtensionSize(l.Protocol, b[l.Transport:])
		if n == 0 {
			return false
		}
		l.extension(b[l.Transport:])
		l.Transport += n
	}
	return l.Fragment == Following || !IsExtension(l.Protocol)
}

// extension passes the extension header h.
func (l *Layout) extension(h []byte) {
	switch l.Protocol {
	case fragment:
		switch field := binary.BigEndian.Uint16(h[2:]); {
		case field>>3 != 0:
			l.Fragment = Following
		case field&1 != 0:
			l.Fragment = First
		}
		l.ID = binary.BigEndian.Uint32(h[4:])
	case routing:
		l.Routed = l.Routed || h[3] > 0 // segments left
	}
	l.Protocol = h[0]
}

// IsExtension reports whether proto is an extension header of IPv6 rather than what a
// packet carries.
func IsExtension(proto uint8) bool {
	switch proto {
	case hopByHop, routing, fragment, authentication, destinationOptions:
		return true
	}
	return false
}

// ExtensionSize returns the bytes of the extension header of type proto that b begins
// with, 0 if they are not all there. None has fewer than 8.
func ExtensionSize(proto uint8, b []byte) int {
	if len(b) < 8 {
		return 0
	}
	size := 8
	switch proto {
	case fragment:
	case authentication:
		size += 4 * int(b[1])
	default:
		size += 8 * int(b[1])
	}
	if size > len(b) {
		return 0
	}
	return size
}

// HeaderSize returns the bytes of the TCP, UDP or ICMP header that l4 begins with, which
// is what is at hand of the packet from Transport on. It is 0 for other protocols, for a
// fragment without such a header, and for a header that is malformed or reaches beyond l4.
func (l *Layout) HeaderSize(l4 []byte) int {
	size := 0
	switch {
	case l.Fragment == Following:
	case l.Protocol == TCP && len(l4) >= header.TCPMinimumSize:
		if size = int(l4[header.TCPDataOffset]>>4) * 4; size < header.TCPMinimumSize {
			return 0
		}
	case l.Protocol == UDP, l.IsICMP():
		size = header.UDPMinimumSize // and of ICMP
	}
	if size > len(l4) {
		return 0
	}
	return size
}

// IsICMP reports whether the packet carries the ICMP that goes with its version of IP.
func (l *Layout) IsICMP() bool {
	return l.Protocol == ICMP && !l.V6 || l.Protocol == ICMPv6 && l.V6
}

// Addrs returns the addresses in an IP header. An IPv4 address mapped into IPv6 stays so.
func Addrs(ip []byte) (src, dst netip.Addr) {
	if ip[0]>>4 == header.IPv4Version {
		return netip.AddrFrom4([4]byte(ip[12:])), netip.AddrFrom4([4]byte(ip[16:]))
	}
	return netip.AddrFrom16([16]byte(ip[8:])), netip.AddrFrom16([16]byte(ip[24:]))
}

// addrField returns where an address lies in an IP header.
func addrField(ip []byte, dst bool) []byte {
	off, size := 12, header.IPv4AddressSize
	if ip[0]>>4 == header.IPv6Version {
		off, size = 8, header.IPv6AddressSize
	}
	if dst {
		off += size
	}
	return ip[off : off+size]
}
