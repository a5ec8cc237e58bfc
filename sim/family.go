package sim

import (
	"net"
	"net/netip"

	"drydock/sim/dockerapi"
	"drydock/sim/internal/engine"
)

// A family is what a network has of IPv4 or of IPv6: a subnet, and who has its
// addresses.
type family struct {
	subnet  netip.Prefix // invalid: none
	given   bool         // that WithSubnet set the subnet
	gateway netip.Addr
	ipRange netip.Prefix
	asked   dockerapi.IPAMConfig // what Inspect tells of it
	byMAC   bool                 // addresses end in the MAC of their interface
	pool    *engine.Pool         // guarded by host.mu
}

// addrOf returns the address that ends in a MAC.
func (f *family) addrOf(mac net.HardwareAddr) netip.Addr {
	b := f.subnet.Addr().As16()
	copy(b[10:], mac)
	return netip.AddrFrom16(b)
}

// prefix returns an address with the length of the subnet.
func (f *family) prefix(a netip.Addr) netip.Prefix { return netip.PrefixFrom(a, f.subnet.Bits()) }
