package netstack

import (
	"net/netip"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
)

func protocolOf(a netip.Addr) tcpip.NetworkProtocolNumber {
	if a.Is4() || a.Is4In6() {
		return ipv4.ProtocolNumber
	}
	return ipv6.ProtocolNumber
}

// toAddress converts a without its zone; the invalid Addr is the empty Address.
func toAddress(a netip.Addr) tcpip.Address {
	if !a.IsValid() {
		return tcpip.Address{}
	}
	return tcpip.AddrFromSlice(a.Unmap().AsSlice())
}

// fromAddress converts a, which may be an IPv4 address mapped to IPv6.
func fromAddress(a tcpip.Address) netip.Addr {
	addr, _ := netip.AddrFromSlice(a.AsSlice())
	return addr.Unmap()
}

func toPrefix(p netip.Prefix) tcpip.AddressWithPrefix {
	return tcpip.AddressWithPrefix{Address: toAddress(p.Addr()), PrefixLen: p.Bits()}
}

func fromPrefix(p tcpip.AddressWithPrefix) netip.Prefix {
	return netip.PrefixFrom(fromAddress(p.Address), p.PrefixLen)
}

func toSubnet(p netip.Prefix) tcpip.Subnet { return toPrefix(p).Subnet() }

func fromSubnet(s tcpip.Subnet) netip.Prefix {
	return netip.PrefixFrom(fromAddress(s.ID()), s.Prefix())
}
