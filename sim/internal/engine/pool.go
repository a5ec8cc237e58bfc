package engine

import (
	"encoding/binary"
	"math"
	"net/netip"
	"slices"
)

// A Pool hands out the addresses of a subnet as Docker's IPAM does: the lowest free one,
// without going round, so that an address given back is the next to be taken if it is the
// lowest. The first address of the subnet is not given, nor an IPv4 broadcast address. A Pool
// is made by NewPool and is not safe for concurrent use.
type Pool struct {
	addrs netip.Prefix // the range
	bits  int          // of the subnet's addresses that differ
	used  map[netip.Addr]bool
	free  netip.Addr // no lower one is free; invalid behind the last address of all
}

// NewPool returns the pool of the addresses of subnet that are in ipRange.
func NewPool(subnet, ipRange netip.Prefix) *Pool {
	subnet, ipRange = subnet.Masked(), ipRange.Masked()
	used := map[netip.Addr]bool{subnet.Addr(): true}
	if subnet.Addr().Is4() {
		used[lastAddr(subnet)] = true
	}
	return &Pool{addrs: ipRange, bits: subnet.Addr().BitLen() - subnet.Bits(), used: used, free: ipRange.Addr()}
}

// Full reports whether the subnet has no free address. Then Docker does not look whether a
// particular one is taken.
func (p *Pool) Full() bool { return p.bits < 32 && len(p.used) >= 1<<p.bits }

// Count returns how many addresses of the subnet are used, and how many of the range are free.
func (p *Pool) Count() (used, free uint64) {
	inRange := uint64(0)
	for a := range p.used {
		if p.addrs.Contains(a) {
			inRange++
		}
	}
	if bits := p.addrs.Addr().BitLen() - p.addrs.Bits(); bits < 64 || bits == 64 && inRange > 0 {
		return uint64(len(p.used)), 1<<bits - inRange // which wraps at 64
	}
	return uint64(len(p.used)), math.MaxUint64
}

// Take takes the lowest free address; false if there is none.
func (p *Pool) Take() (netip.Addr, bool) {
	for ; p.addrs.Contains(p.free); p.free = p.free.Next() {
		if p.Reserve(p.free) {
			return p.free, true
		}
	}
	return netip.Addr{}, false
}

// Reserve takes a particular address, also one outside the range. It reports false if that is
// taken.
func (p *Pool) Reserve(a netip.Addr) bool {
	if p.used[a] {
		return false
	}
	p.used[a] = true
	return true
}

// Release gives an address back.
func (p *Pool) Release(a netip.Addr) {
	delete(p.used, a)
	if p.addrs.Contains(a) && (a.Less(p.free) || !p.free.IsValid()) {
		p.free = a
	}
}

// lastAddr returns the last address of a subnet: of an IPv4 one the broadcast address.
func lastAddr(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for bit := p.Bits(); bit < 8*len(b); bit++ {
		b[bit/8] |= 1 << (7 - bit%8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

// Subnets cuts an IPv4 network into subnets of that many bits.
func Subnets(base netip.Prefix, bits int) []netip.Prefix {
	var list []netip.Prefix
	first := binary.BigEndian.Uint32(base.Addr().AsSlice())
	for i := range uint32(1) << (bits - base.Bits()) {
		var a [4]byte
		binary.BigEndian.PutUint32(a[:], first+i<<(32-bits))
		list = append(list, netip.PrefixFrom(netip.AddrFrom4(a), bits))
	}
	return list
}

// firstFree returns the first pool that does not overlap with those in use.
func firstFree(pools, inUse []netip.Prefix) (int, bool) {
	isTaken := taken(inUse)
	i := slices.IndexFunc(pools, func(p netip.Prefix) bool { return !isTaken(p) })
	return max(i, 0), i >= 0
}

// taken returns what reports whether a subnet overlaps with those in use. For one of these, as most are
// that one asks for, the others are not looked at.
func taken(inUse []netip.Prefix) func(netip.Prefix) bool {
	same := make(map[netip.Prefix]bool, len(inUse))
	for _, p := range inUse {
		same[p] = true
	}
	return func(p netip.Prefix) bool { return same[p] || slices.ContainsFunc(inUse, p.Overlaps) }
}
