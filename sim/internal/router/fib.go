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
// routes that were asked for since. When anything of that changes, another fib
// takes its place.
type fib struct {
	ports      map[tcpip.NICID]*Port
	addresses  map[tcpip.Address]*Port // who has it; not IPv6 link-local ones
	broadcasts map[tcpip.Address]*Port
	reserve    int // for the link header of any port
	closed     bool

	mu       sync.RWMutex // guards what follows
	released bool
	hops     map[tcpip.Address]*hop // by destination
}

// A hop is the way to a destination.
type hop struct {
	route *stack.Route
	out   *Port
	gso   bool // out takes super-segments
	sums  bool // out wants checksums computed
}

// maxHops bounds the routes that are remembered. Linux's routing cache, while it
// had one, had as many for each 64 MiB of memory.
const maxHops = 4096

// Refresh makes r see the interfaces, addresses and routes that the stack has now.
// It must be called after each change.
func (r *Router) Refresh() {
	r.refreshMu.Lock()
	defer r.refreshMu.Unlock()
	if r.fib.Load().closed {
		return
	}
	f := r.look()
	r.share(f)
	r.fib.Swap(f).release()
}

// look returns a fib of the present state.
func (r *Router) look() *fib {
	f := &fib{
		ports:      make(map[tcpip.NICID]*Port),
		addresses:  make(map[tcpip.Address]*Port),
		broadcasts: make(map[tcpip.Address]*Port),
		hops:       make(map[tcpip.Address]*hop),
	}
	for id, info := range r.stack.NICInfo() {
		p := r.Port(id)
		if p == nil || !r.prepare(p, info) {
			continue // just removed
		}
		f.ports[id] = p
		f.reserve = max(f.reserve, int(p.nic.MaxHeaderLength()))
		for _, a := range info.ProtocolAddresses {
			f.add(p, a.AddressWithPrefix)
		}
	}
	return f
}

// prepare readies a port for packets.
func (r *Router) prepare(p *Port, info stack.NICInfo) bool {
	if p.ready.Load() {
		return true
	}
	for i, proto := range [...]tcpip.NetworkProtocolNumber{v4: ipv4.ProtocolNumber, v6: ipv6.ProtocolNumber} {
		ep, err := r.stack.GetNetworkEndpoint(p.id, proto)
		if err != nil {
			return false
		}
		p.endpoints[i] = ep
	}
	p.rx = [...]tcpip.NICPacketStats{info.Stats.Rx, r.stack.Stats().NICs.Rx}
	p.ready.Store(true)
	return true
}

// add adds an address. Of several interfaces with the same one the first has it.
func (f *fib) add(p *Port, a tcpip.AddressWithPrefix) {
	set := func(m map[tcpip.Address]*Port, a tcpip.Address) {
		if first := m[a]; first == nil || p.id < first.id {
			m[a] = p
		}
	}
	if header.IsV6LinkLocalUnicastAddress(a.Address) {
		return
	}
	set(f.addresses, a.Address)
	if subnet := a.Subnet(); a.Address.Len() == header.IPv4AddressSize && !p.nic.IsLoopback() {
		if b := subnet.Broadcast(); subnet.IsBroadcast(b) {
			set(f.broadcasts, b)
		}
	}
}

// hop returns the way to dst, which is no address of this host; nil if there is
// none.
func (f *fib) hop(s *stack.Stack, dst tcpip.Address) *hop {
	f.mu.RLock()
	h := f.hops[dst]
	f.mu.RUnlock()
	if h != nil {
		return h
	}
	if h = f.find(s, dst); h == nil {
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
func (f *fib) find(s *stack.Stack, dst tcpip.Address) *hop {
	proto := ipv4.ProtocolNumber
	if dst.Len() == header.IPv6AddressSize {
		proto = ipv6.ProtocolNumber
	}
	route, err := s.FindRoute(0, tcpip.Address{}, dst, proto, false)
	if err != nil {
		return nil
	}
	out := f.ports[route.NICID()]
	if out == nil || out.nic.IsLoopback() || route.Loop() != stack.PacketOut {
		route.Release()
		return nil
	}
	return &hop{route, out, route.HasHostGSOCapability(), route.RequiresTXTransportChecksum()}
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
