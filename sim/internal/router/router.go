// Package router is what Linux does between the arrival of an IP packet on an
// interface and its departure through another: netfilter's hooks, the decision
// between here and elsewhere, time to live, MTU, fragments and the ICMP errors that
// tell the sender what went wrong. It stands in front of a gVisor stack, which has
// the addresses, the routing table, neighbours and sockets.
//
// gVisor's own forwarding copies every payload and forgets that a packet is a TCP
// super-segment. The router shares payloads, and super-segments stay whole on
// every way whose MTU their segments fit.
//
//	link ── Receive ── PREROUTING ── decide ──here── INPUT ── sockets of the stack
//	                                   │                            │
//	                               elsewhere                     OUTPUT
//	                                   │                            │
//	                  TTL, MTU ── FORWARD ──────────────────── POSTROUTING ── link
//
// What is here is handed to the stack's own IP, which also sends what sockets send; the
// stack calls INPUT, OUTPUT and POSTROUTING for these itself.
//
// Three locks may be held together, in this order: Router.refreshMu, owners.mu and those
// of gVisor. gVisor calls the router back with its own held, for ports alone, so that
// ports.mu comes last and nothing is called under it.
package router

import (
	"slices"
	"sync"
	"sync/atomic"

	"drydock/drop"
	"drydock/internal/packet"
	"drydock/internal/taps"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A Router routes the IP packets that arrive at one stack. New makes routers. Its
// methods are safe for concurrent use. It has no goroutine: packets are routed by
// who delivers them.
type Router struct {
	filter atomic.Pointer[filter] // nil: none
	onDrop func(Dropped)          // nil: nobody asks
	local  taps.List[[]byte]      // see TapLocal
	trial  *Trial                 // of a router that only tries; nil: packets go on
	drops  drop.Counters          // but for those of the filter
	stack  *stack.Stack
	ip     tcpip.IPStats

	// Sysctls are read for each packet and hardly ever written: a lock for them would be
	// the only thing that packets on different cores have in common.
	forwarding [2]atomic.Bool // by family
	filterRP   atomic.Int32   // net.ipv4.conf.all.rp_filter
	limiter    limiter

	ports  ports
	owners owners

	fib       atomic.Pointer[fib] // nil: to be made
	refreshMu sync.Mutex          // held while fib is made and given up
}

// New returns a router for the stack that is made with Protocol next. Its packets
// pass the hooks of netfilter, unless that is nil. If netfilter has a method
// Join(*stack.Stack), Start calls it. If it has a method Relate(answer, to
// *stack.PacketBuffer), that is called with each ICMP error before it is sent; one LimitErrors is
// given the limit that errors of the router have. Unless it is
// nil, onDrop hears of what is dropped, but not by the filter.
func New(netfilter stack.NFTablesInterface, onDrop func(Dropped)) *Router {
	r := &Router{
		onDrop: onDrop,
		ports:  ports{of: make(map[tcpip.NICID]*Port)},
		owners: owners{
			ports: make(map[tcpip.NICID]*Port),
			own:   make(map[tcpip.Address][]*Port), lent: make(map[tcpip.Address][]*Port),
		},
	}
	r.owners.router = r
	if netfilter != nil {
		r.filter.Store(newFilter(netfilter))
	}
	return r
}

// A filter is the netfilter of a router.
type filter struct {
	stack.NFTablesInterface
	relate func(answer, to *stack.PacketBuffer) // tells it what an ICMP error is about; nil: no
}

func newFilter(f stack.NFTablesInterface) *filter {
	own := &filter{NFTablesInterface: f}
	if r, ok := f.(interface {
		Relate(answer, to *stack.PacketBuffer)
	}); ok {
		own.relate = r.Relate
	}
	return own
}

// SetFilter gives a router that has started a netfilter, which packets pass from now on: all of its hooks at once.
func (r *Router) SetFilter(netfilter stack.NFTablesInterface) {
	r.join(netfilter)
	r.filter.Store(newFilter(netfilter))
}

// join lets a netfilter know the stack, and the limit of errors.
func (r *Router) join(netfilter stack.NFTablesInterface) {
	if j, ok := netfilter.(interface{ Join(*stack.Stack) }); ok {
		j.Join(r.stack)
	}
	if l, ok := netfilter.(interface {
		LimitErrors(func(to tcpip.Address) bool)
	}); ok {
		l.LimitErrors(func(to tcpip.Address) bool {
			return r.limiter.allow(r.stack.Clock().NowMonotonic(), to, packet.Error{})
		})
	}
}

// Start makes r the router of the stack that has its Protocol, before that has any
// interface.
func (r *Router) Start() {
	// Not ip_forward, which is the router's business. gVisor sends from an address
	// of another interface only if this is on.
	for _, proto := range []tcpip.NetworkProtocolNumber{ipv4.ProtocolNumber, ipv6.ProtocolNumber} {
		if err := r.stack.SetForwardingDefaultAndAllNICs(proto, true); err != nil {
			panic("router: " + err.String())
		}
	}
	r.ip = r.stack.Stats().IP
	if f := r.filter.Load(); f != nil {
		r.join(f.NFTablesInterface)
	}
	r.stack.SetNFTables(hooks{r})
	r.stack.SetNFTablesConfigured(true)
}

// Close forgets all routes. Packets that arrive later are lost.
func (r *Router) Close() {
	r.refreshMu.Lock()
	defer r.refreshMu.Unlock()
	if old := r.fib.Swap(&fib{closed: true}); old != nil {
		old.release()
	}
}

// Port returns the port with that id, nil if there is none.
func (r *Router) Port(id tcpip.NICID) *Port { return r.ports.get(id) }

// Refresh makes r see an interface, its addresses and all routes as the stack has them
// now. It must be called after each change of them.
func (r *Router) Refresh(id tcpip.NICID) {
	r.refreshMu.Lock()
	defer r.refreshMu.Unlock()
	if f := r.fib.Load(); f != nil && f.closed {
		return
	}
	// The interface is looked at under the lock, so that of two changes at once the
	// later look is noted later.
	p, addrs := r.look(id)
	r.owners.set(id, p, addrs)
	if old := r.fib.Swap(nil); old != nil {
		old.release()
	}
}

// look returns the port of an interface, nil if that has gone, and its addresses but for
// IPv6 link-local ones.
func (r *Router) look(id tcpip.NICID) (*Port, []tcpip.AddressWithPrefix) {
	p := r.ports.get(id)
	addrs, ok := AddressesOf(r.stack, id)
	if p == nil || !ok || !p.prepare(r.stack) {
		return nil, nil
	}
	return p, slices.DeleteFunc(addrs, func(a tcpip.AddressWithPrefix) bool {
		return header.IsV6LinkLocalUnicastAddress(a.Address)
	})
}

// AddressesOf returns the addresses of an interface, those of IPv4 first; false if it has gone. Stack's
// SingleNICInfo has them, too, with all that is known of an interface, which takes 14 allocations.
func AddressesOf(s *stack.Stack, id tcpip.NICID) (addrs []tcpip.AddressWithPrefix, ok bool) {
	for _, proto := range families {
		ep, err := s.GetNetworkEndpoint(id, proto)
		if err != nil {
			return nil, false
		}
		if a, ok := ep.(stack.AddressableEndpoint); ok {
			addrs = append(addrs, a.PrimaryAddresses()...)
		}
	}
	return addrs, true
}

// current returns the present fib. Making it takes a lock, loading it does not: packets
// on different cores do not wait for each other.
func (r *Router) current() *fib {
	if f := r.fib.Load(); f != nil {
		return f
	}
	r.refreshMu.Lock()
	defer r.refreshMu.Unlock()
	f := r.fib.Load()
	if f == nil {
		f = r.owners.look()
		r.fib.Store(f)
	}
	return f
}

// SetForwarding says whether packets for others are forwarded:
// net.ipv4.ip_forward, or net.ipv6.conf.all.forwarding. Initially they are not.
func (r *Router) SetForwarding(proto tcpip.NetworkProtocolNumber, on bool) {
	r.forwarding[family(proto)].Store(on)
}

// An RPFilter says which IPv4 packets pass the check of their source address:
// net.ipv4.conf.*.rp_filter.
type RPFilter int32

// The values of rp_filter.
const (
	RPOff    RPFilter = iota // all
	RPStrict                 // those whose source is reached through the interface that they came from
	RPLoose                  // those whose source is reached through any
)

// SetRPFilter sets rp_filter of an interface, or with index 0 of "all". The larger
// of the two counts. It is false if there is no such interface.
func (r *Router) SetRPFilter(index int, mode RPFilter) bool {
	if index == 0 {
		r.filterRP.Store(int32(mode))
		return true
	}
	p := r.ports.get(tcpip.NICID(index))
	if p != nil {
		p.filterRP.Store(int32(mode))
	}
	return p != nil
}

// SetRouteLocalnet sets route_localnet of an interface: whether packets for 127/8 may
// arrive there, which are those that were sent from such an address and translated. It
// is false if there is no such interface.
func (r *Router) SetRouteLocalnet(index int, on bool) bool {
	p := r.ports.get(tcpip.NICID(index))
	if p != nil {
		p.localnet.Store(on)
	}
	return p != nil
}

// Receive routes an IP packet that arrived at a port, with its link header
// consumed. It borrows pkt and does not change it.
func (r *Router) Receive(in *Port, proto tcpip.NetworkProtocolNumber, pkt *stack.PacketBuffer) {
	f := r.current()
	if !in.ready.Load() || f.closed || !in.nic.Enabled() {
		r.drop(in, drop.Down, pkt)
		return
	}
	in.count(pkt.Data().Size())
	r.ip.PacketsReceived.Increment()
	own, why := takeOver(pkt, proto, f.reserve)
	if own == nil {
		r.ip.MalformedPacketsReceived.Increment()
		r.drop(in, why, pkt)
		return
	}
	// The filter and sockets that are bound to an interface go by the one of arrival, also
	// where another one has the address.
	own.NICID, own.InputNICID = in.id, in.id
	if in.vouches {
		own.RXChecksumValidated = true
	}
	if r.prerouting(own) {
		r.route(f, in, own)
	}
	own.DecRef()
}

// prerouting is false if the filter drops pkt. There is no route yet: it may translate the
// destination, on which that depends.
func (r *Router) prerouting(pkt *stack.PacketBuffer) bool {
	f := r.filter.Load()
	return f == nil || f.CheckPrerouting(pkt, nil, addressFamily(pkt))
}

// route sends pkt where its destination is.
func (r *Router) route(f *fib, in *Port, pkt *stack.PacketBuffer) {
	src, dst := addresses(pkt)
	var d decision
	if pkt.NetworkProtocolNumber == ipv6.ProtocolNumber {
		d = r.decide6(f, in, src, dst)
	} else {
		d = r.decide4(f, in, src, dst)
	}
	switch {
	case d.here != nil:
		r.deliver(d.here, pkt)
	case d == elsewhere:
		r.forward(f, in, pkt, src, dst)
	case d.drop == drop.MartianSource || d.drop == drop.RPFilter:
		r.ip.InvalidSourceAddressesReceived.Increment()
		r.drop(in, d.drop, pkt)
	default:
		r.ip.InvalidDestinationAddressesReceived.Increment()
		r.drop(in, d.drop, pkt)
	}
}

func addressFamily(pkt *stack.PacketBuffer) stack.AddressFamily {
	if pkt.NetworkProtocolNumber == ipv6.ProtocolNumber {
		return stack.IP6
	}
	return stack.IP
}

func addresses(pkt *stack.PacketBuffer) (src, dst tcpip.Address) {
	if pkt.NetworkProtocolNumber == ipv6.ProtocolNumber {
		h := header.IPv6(pkt.NetworkHeader().Slice())
		return h.SourceAddress(), h.DestinationAddress()
	}
	h := header.IPv4(pkt.NetworkHeader().Slice())
	return h.SourceAddress(), h.DestinationAddress()
}
