package netstack

import (
	"net"
	"net/netip"

	"drydock/internal/packet"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// Sockets are given and give IPv4 addresses that are mapped into IPv6 in either form, and
// mean the same: here they have one, IPv4's. Packets are another matter, see package
// packet.

func protocolOf(a netip.Addr) tcpip.NetworkProtocolNumber { return packet.Network(a.Unmap()) }

// toAddress converts a without its zone; the invalid Addr is the empty Address.
func toAddress(a netip.Addr) tcpip.Address { return packet.ToAddress(a.Unmap()) }

func fromAddress(a tcpip.Address) netip.Addr { return packet.FromAddress(a).Unmap() }

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

// mappedInto6 returns an IPv4 address as IPv6 sockets have it, others as they are.
func mappedInto6(a netip.Addr) netip.Addr {
	if !a.Is4() {
		return a
	}
	return netip.AddrFrom16(a.As16())
}

// needsZone reports whether Linux does not bind or connect to a without an interface.
func needsZone(a netip.Addr) bool {
	return a.Is6() && (a.IsLinkLocalUnicast() || a.IsLinkLocalMulticast())
}

// wildcard reports whether a stands for all addresses.
func wildcard(a netip.Addr) bool { return !a.IsValid() || a.IsUnspecified() }

// netAddr returns the address as package net has it for a network.
func netAddr(network string, ap netip.AddrPort) net.Addr {
	if network[:3] == "udp" {
		return net.UDPAddrFromAddrPort(ap)
	}
	return net.TCPAddrFromAddrPort(ap)
}
