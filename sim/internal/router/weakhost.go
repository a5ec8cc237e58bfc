package router

import (
	"slices"
	"sync"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// Linux lets a packet with any address of the host leave by whichever interface the
// most specific route says, and answers for any address on every interface (the weak
// host model of RFC 1122, section 3.3.4.2). Netstack answers on the interface that has
// the address, and prefers a route through that one, even the default route. So an
// interface is lent an address of another one when a packet needs it there: one that
// arrives for it, asks for it or leaves with it. Where an address is lent it is never
// chosen as a source, nor listed.
//
// Lending all addresses to all interfaces at once would be simpler, but 400 networks
// then have 160,000 addresses, which took 160 s to add.

// Owners are the addresses of the interfaces: whose they are and to whom they are lent.
type owners struct {
	router *Router // whose they are

	mu    sync.Mutex // guards what follows, addrs of all ports, and changes of their borrowed
	ports map[tcpip.NICID]*Port
	own   map[tcpip.Address][]*Port // by id; several interfaces may have the same address
	lent  map[tcpip.Address][]*Port
}

// port returns the port with that id, nil if there is none.
func (o *owners) port(id tcpip.NICID) *Port {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.ports[id]
}

// set says which addresses an interface has now. A nil p has gone.
func (o *owners) set(id tcpip.NICID, p *Port, addrs []tcpip.AddressWithPrefix) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if old := o.ports[id]; old != nil && old != p {
		o.dropLocked(old, nil)
		for a := range *old.borrowed.Load() {
			o.lent[a] = slices.DeleteFunc(o.lent[a], func(b *Port) bool { return b == old })
		}
		delete(o.ports, id)
	}
	if p == nil {
		return
	}
	o.ports[id] = p
	o.dropLocked(p, addrs)
	// Most changes leave most addresses as they are, and an interface has few: looking
	// through lists costs less than making sets of them.
	for _, a := range addrs {
		if list := o.own[a.Address]; !slices.Contains(list, p) {
			o.own[a.Address] = append(list, p)
			slices.SortFunc(o.own[a.Address], byID)
		}
	}
	p.addrs = addrs
}

// dropLocked takes the addresses of p that are not among keep from those who borrowed
// them.
func (o *owners) dropLocked(p *Port, keep []tcpip.AddressWithPrefix) {
	for _, old := range p.addrs {
		a := old.Address
		if slices.ContainsFunc(keep, func(k tcpip.AddressWithPrefix) bool { return k.Address == a }) {
			continue
		}
		o.own[a] = slices.DeleteFunc(o.own[a], func(b *Port) bool { return b == p })
		if len(o.own[a]) > 0 {
			continue
		}
		for _, b := range o.lent[a] {
			b.borrow(a, false)
			o.router.stack.RemoveAddress(b.id, a) // which fails if b has gone, too
		}
		delete(o.own, a)
		delete(o.lent, a)
	}
}

// reclaim takes back an address that was lent to an interface, which is about to have it.
func (o *owners) reclaim(id tcpip.NICID, a tcpip.Address) {
	o.mu.Lock()
	defer o.mu.Unlock()
	p := o.ports[id]
	if p == nil || !(*p.borrowed.Load())[a] {
		return
	}
	p.borrow(a, false)
	o.lent[a] = slices.DeleteFunc(o.lent[a], func(b *Port) bool { return b == p })
	o.router.stack.RemoveAddress(id, a)
}

// lend gives p an address of another interface, unless it has it or nobody has.
func (o *owners) lend(p *Port, a tcpip.Address) {
	if (*p.borrowed.Load())[a] || p.nic.IsLoopback() || header.IsV4LoopbackAddress(a) || header.IsV6LoopbackAddress(a) {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	owners := o.own[a]
	if o.ports[p.id] != p || len(owners) == 0 || slices.Contains(owners, p) || (*p.borrowed.Load())[a] {
		return
	}
	proto := ipv4.ProtocolNumber
	if a.Len() == header.IPv6AddressSize {
		proto = ipv6.ProtocolNumber
	}
	err := o.router.stack.AddProtocolAddress(p.id, tcpip.ProtocolAddress{
		Protocol:          proto,
		AddressWithPrefix: a.WithPrefix(),
	}, stack.AddressProperties{PEB: stack.NeverPrimaryEndpoint})
	if err == nil {
		o.lent[a] = append(o.lent[a], p)
		p.borrow(a, true)
	}
}
