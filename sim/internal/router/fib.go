package router

import (
	"sync"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A fib is what the stack had at one time of interfaces and addresses, and the
// routes that were asked for since. When anything of that changes it is given up, and
// the next packet makes another one: that takes 0.1 µs an address, a change alone
// nothing.
type fib struct {
	owners     *owners
	addresses  map[tcpip.Address]*Port // who has it; not IPv6 link-local ones
	broadcasts map[tcpip.Address]*Port
	solicited  map[tcpip.Address][]tcpip.Address // by solicited-node group, RFC 4291
	reserve    int                               // for the link header of any port
	several    bool                              // there is more than one way out
	closed     bool

	mu       sync.RWMutex // guards what follows
	released bool
	hops     map[tcpip.Address]*hop // by destination
}

// maxHops bounds the routes that are remembered. Linux's routing cache, while it
// had one, had as many for each 64 MiB of memory.
const maxHops = 4096

// look returns a fib of the present state.
func (o *owners) look() *fib {
	f := &fib{
		owners:     o,
		addresses:  make(map[tcpip.Address]*Port),
		broadcasts: make(map[tcpip.Address]*Port),
		solicited:  make(map[tcpip.Address][]tcpip.Address),
		hops:       make(map[tcpip.Address]*hop),
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	out := 0
	for _, p := range o.ports {
		if !p.nic.IsLoopback() {
			out++
		}
		f.reserve = max(f.reserve, int(p.nic.MaxHeaderLength()))
		for _, a := range p.addrs {
			f.add(p, a)
		}
	}
	f.several = out > 1
	return f
}

// add adds an address. Of several interfaces with the same one the first has it. Broadcasts
// are those of Ethernet interfaces with IPv4; a /31 and a /32 have none (RFC 3021).
func (f *fib) add(p *Port, a tcpip.AddressWithPrefix) {
	set := func(m map[tcpip.Address]*Port, a tcpip.Address) {
		if first := m[a]; first == nil || p.id < first.id {
			m[a] = p
		}
	}
	set(f.addresses, a.Address)
	if a.Address.Len() == header.IPv6AddressSize {
		group := header.SolicitedNodeAddr(a.Address)
		f.solicited[group] = append(f.solicited[group], a.Address)
		return
	}
	if subnet := a.Subnet(); !p.nic.IsLoopback() {
		if b := subnet.Broadcast(); subnet.IsBroadcast(b) {
			set(f.broadcasts, b)
		}
	}
}

// lookup returns who has an address, nil if nobody has, and lends it to in.
func (f *fib) lookup(in *Port, dst tcpip.Address) *Port {
	owner := f.addresses[dst]
	if owner != nil && owner != in {
		f.owners.lend(in, dst)
	}
	return owner
}

// hop returns the way to dst, which is no address of this host; nil if there is
// none. It is remembered, since the routing table is a list that grows with the networks,
// and a route is an allocation. What is not found is looked for again each time: a flood
// of unreachable addresses would push out what is in use.
func (f *fib) hop(dst tcpip.Address) *hop {
	f.mu.RLock()
	h := f.hops[dst]
	f.mu.RUnlock()
	if h != nil {
		return h
	}
	if h = f.find(dst); h == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.released {
		h.route.Release() // which can be used nevertheless
		return h
	}
	if len(f.hops) >= maxHops {
		f.forgetLocked()
	}
	if other := f.hops[dst]; other != nil {
		h.route.Release()
		return other
	}
	f.hops[dst] = h
	return h
}

// find looks up the way to dst in the routing table.
func (f *fib) find(dst tcpip.Address) *hop {
	proto := ipv4.ProtocolNumber
	if dst.Len() == header.IPv6AddressSize {
		proto = ipv6.ProtocolNumber
	}
	route, err := f.owners.router.stack.FindRoute(0, tcpip.Address{}, dst, proto, false)
	if err != nil {
		return nil
	}
	// A way through lo or to the stack itself is none for a packet from elsewhere.
	out := f.owners.port(route.NICID())
	if out == nil || out.nic.IsLoopback() || route.Loop() != stack.PacketOut {
		route.Release()
		return nil
	}
	f.lookup(out, route.LocalAddress()) // an interface without addresses asks with another one's
	return &hop{route, out, route.HasHostGSOCapability(), route.RequiresTXTransportChecksum(), f.owners.router}
}

// release gives back what f has of the stack. Packets that are on their way with f
// still go through: a route is used without regard to that, and an address that is
// gone since makes it useless but not dangerous.
func (f *fib) release() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.released = true
	f.forgetLocked()
}

func (f *fib) forgetLocked() {
	for _, h := range f.hops {
		h.route.Release()
	}
	clear(f.hops)
}
