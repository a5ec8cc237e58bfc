package packet

import (
	"net/netip"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// ToAddress converts a without its zone; the invalid Addr is the empty Address. An IPv4
// address mapped into IPv6 stays so, in both directions: packets that have one are of
// IPv6. Sockets, to which both are one, unmap it.
func ToAddress(a netip.Addr) tcpip.Address {
	switch {
	case a.Is4():
		return tcpip.AddrFrom4(a.As4())
	case a.Is6():
		return tcpip.AddrFrom16(a.As16())
	}
	return tcpip.Address{}
}

// FromAddress is the reverse of ToAddress.
func FromAddress(a tcpip.Address) netip.Addr {
	switch a.BitLen() {
	case header.IPv4AddressSizeBits:
		return netip.AddrFrom4(a.As4())
	case header.IPv6AddressSizeBits:
		return netip.AddrFrom16(a.As16())
	}
	return netip.Addr{}
}

// Network returns the protocol whose address a is.
func Network(a netip.Addr) tcpip.NetworkProtocolNumber {
	if a.Is4() {
		return header.IPv4ProtocolNumber
	}
	return header.IPv6ProtocolNumber
}
