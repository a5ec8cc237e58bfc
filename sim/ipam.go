package sim

import (
	"encoding/binary"
	"net"
	"net/netip"

	"drydock/sim/dockerapi"
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
	pool    *pool                // guarded by host.mu
}

// addrOf returns the address that ends in a MAC.
func (f *family) addrOf(mac net.HardwareAddr) netip.Addr {
	b := f.subnet.Addr().As16()
	copy(b[10:], mac)
	return netip.AddrFrom16(b)
}

// prefix returns an address with the length of the subnet.
func (f *family) prefix(a netip.Addr) netip.Prefix { return netip.PrefixFrom(a, f.subnet.Bits()) }

// A pool hands out the addresses of a subnet as Docker's IPAM does: the lowest
// free one, without going round. The first address of the subnet is not given, nor an
// IPv4 broadcast address. It is not safe for concurrent use.
type pool struct {
	addrs netip.Prefix // the range
	used  map[netip.Addr]bool
	free  netip.Addr // no lower one is free; invalid behind the last address of all
}

// newPool returns the pool of the addresses of subnet that are in ipRange.
func newPool(subnet, ipRange netip.Prefix) *pool {
	subnet, ipRange = subnet.Masked(), ipRange.Masked()
	used := map[netip.Addr]bool{subnet.Addr(): true}
	if subnet.Addr().Is4() {
		used[lastAddr(subnet)] = true
	}
	return &pool{addrs: ipRange, used: used, free: ipRange.Addr()}
}

// take returns the lowest free address; false if there is none.
func (p *pool) take() (netip.Addr, bool) {
	for ; p.addrs.Contains(p.free); p.free = p.free.Next() {
		if p.reserve(p.free) {
			return p.free, true
		}
	}
	return netip.Addr{}, false
}

// reserve takes a particular address unless it is taken.
func (p *pool) reserve(a netip.Addr) bool {
	if p.used[a] {
		return false
	}
	p.used[a] = true
	return true
}

func (p *pool) release(a netip.Addr) {
	delete(p.used, a)
	if p.addrs.Contains(a) && (a.Less(p.free) || !p.free.IsValid()) {
		p.free = a
	}
}

// isHostAddr reports whether p is an address that an interface can have, with its
// subnet: neither a group's nor, where there are such, the network's or the broadcast
// address.
func isHostAddr(p netip.Prefix) bool {
	a := p.Addr()
	if !p.IsValid() || a.IsUnspecified() || a.IsLoopback() || a.IsMulticast() || a.Is4In6() || a == limitedBroadcast {
		return false
	}
	return a.Is6() || p.Bits() > 30 || p.Bits() > 0 && a != p.Masked().Addr() && a != lastAddr(p.Masked())
}

var limitedBroadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})

// lastAddr returns the last address of a subnet: of an IPv4 one the broadcast address.
func lastAddr(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for bit := p.Bits(); bit < 8*len(b); bit++ {
		b[bit/8] |= 1 << (7 - bit%8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

// defaultPools are the subnets that Docker takes for networks without one, in its
// order.
var defaultPools = append(subnets(netip.MustParsePrefix("172.16.0.0/12"), 16)[1:],
	subnets(netip.MustParsePrefix("192.168.0.0/16"), 20)...)

// maxPoolBits bounds the number of pools that a base is cut into to 4096.
const maxPoolBits = 12

// subnets cuts an IPv4 network into subnets of that many bits.
func subnets(base netip.Prefix, bits int) []netip.Prefix {
	var list []netip.Prefix
	first := binary.BigEndian.Uint32(base.Addr().AsSlice())
	for i := range uint32(1) << (bits - base.Bits()) {
		var a [4]byte
		binary.BigEndian.PutUint32(a[:], first+i<<(32-bits))
		list = append(list, netip.PrefixFrom(netip.AddrFrom4(a), bits))
	}
	return list
}

// nextPoolLocked returns the default pool after the one handed out last that
// overlaps with nothing in use. Like Docker it goes round before it takes one
// again that was given back.
func (h *Host) nextPoolLocked(inUse []netip.Prefix) (netip.Prefix, bool) {
	pools := h.daemon.pools
	for range pools {
		p := pools[h.nextPool]
		h.nextPool = (h.nextPool + 1) % len(pools)
		if !overlaps(p, inUse) {
			return p, true
		}
	}
	return netip.Prefix{}, false
}

// onLink returns the networks that the host has an interface on.
func (h *Host) onLink() []netip.Prefix {
	var list []netip.Prefix
	for _, r := range h.Routes() {
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

func overlaps(p netip.Prefix, others []netip.Prefix) bool {
	for _, o := range others {
		if p.Overlaps(o) {
			return true
		}
	}
	return false
}
