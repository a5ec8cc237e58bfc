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

// isHostAddr reports whether p is an address that an interface can have, with its
// subnet: neither a group's nor, where there are such, the network's or the broadcast
// address.
func isHostAddr(p netip.Prefix) bool {
	a := p.Addr()
	if !p.IsValid() || a.IsUnspecified() || a.IsLoopback() || a.IsMulticast() || a.Is4In6() || a == limitedBroadcast {
		return false
	}
	return a.Is6() || p.Bits() > 30 || p.Bits() > 0 && a != p.Masked().Addr() && p.Contains(a.Next())
}

var limitedBroadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})

// nextPoolLocked returns the next default pool, if one overlaps with nothing in use.
func (h *Host) nextPoolLocked(inUse []netip.Prefix) (pool netip.Prefix, ok bool) {
	if h.lastPool, ok = h.engine.NextPool(h.daemon.pools, h.lastPool, inUse); ok {
		pool = h.daemon.pools[h.lastPool]
	}
	return pool, ok
}

// onLink returns the networks that the host has an interface on.
func (h *Host) onLink() []netip.Prefix {
	var list []netip.Prefix
	for _, r := range h.own.stack.Routes() {
		if !r.Via.IsValid() {
			list = append(list, r.Dst)
		}
	}
	return list
}

// subnetsLocked returns the subnets of the networks.
func (h *Host) subnetsLocked() []netip.Prefix {
	var list []netip.Prefix
	for _, n := range h.networks {
		list = append(list, n.Subnets()...)
	}
	return list
}
