package sim

import "net/netip"

// A pool hands out the addresses of a subnet as Docker's IPAM does: the lowest
// free one, without going round. Network and broadcast address are not given.
// It is not safe for concurrent use.
type pool struct {
	subnet netip.Prefix
	last   netip.Addr // the broadcast address
	used   map[netip.Addr]bool
	free   netip.Addr // no lower one is free
}

func newPool(subnet netip.Prefix) *pool {
	subnet = subnet.Masked()
	return &pool{subnet: subnet, last: broadcast(subnet), used: make(map[netip.Addr]bool), free: subnet.Addr().Next()}
}

// take returns the lowest free address; false if there is none.
func (p *pool) take() (netip.Addr, bool) {
	for ; p.free.Less(p.last); p.free = p.free.Next() {
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

// broadcast returns the last address of an IPv4 subnet.
func broadcast(p netip.Prefix) netip.Addr {
	b := p.Addr().As4()
	for bit := p.Bits(); bit < 32; bit++ {
		b[bit/8] |= 1 << (7 - bit%8)
	}
	return netip.AddrFrom4(b)
}
