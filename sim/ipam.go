package sim

import (
	"encoding/binary"
	"net/netip"
)

// A pool hands out the addresses of a subnet as Docker's IPAM does: the lowest
// free one, without going round. Network and broadcast address of the subnet are
// not given. It is not safe for concurrent use.
type pool struct {
	subnet netip.Prefix
	last   netip.Addr // of the range
	used   map[netip.Addr]bool
	free   netip.Addr // no lower one is free
}

// newPool returns the pool of the addresses of subnet that are in ipRange.
func newPool(subnet, ipRange netip.Prefix) *pool {
	subnet, ipRange = subnet.Masked(), ipRange.Masked()
	used := map[netip.Addr]bool{subnet.Addr(): true, broadcast(subnet): true}
	return &pool{subnet: subnet, last: broadcast(ipRange), used: used, free: ipRange.Addr()}
}

// take returns the lowest free address; false if there is none.
func (p *pool) take() (netip.Addr, bool) {
	for ; !p.last.Less(p.free); p.free = p.free.Next() {
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
	if a.Less(p.free) {
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
	return a.Is6() || p.Bits() > 30 || p.Bits() > 0 && a != p.Masked().Addr() && a != broadcast(p.Masked())
}

var limitedBroadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})

// broadcast returns the last address of an IPv4 subnet.
func broadcast(p netip.Prefix) netip.Addr {
	b := p.Addr().As4()
	for bit := p.Bits(); bit < 32; bit++ {
		b[bit/8] |= 1 << (7 - bit%8)
	}
	return netip.AddrFrom4(b)
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
		if n.driver == "bridge" {
			list = append(list, n.config.subnet)
		}
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
