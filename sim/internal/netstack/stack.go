// Package netstack wraps one gVisor stack as what a network namespace is to the
// programs in it: interfaces with addresses and routes, and sockets whose methods
// and errors are those of package net.
package netstack

import (
	"cmp"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"drydock/sim/internal/random"
	"drydock/sim/internal/router"

	"golang.org/x/time/rate"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/network/arp"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/raw"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
)

// Options are the properties of a new Stack.
type Options struct {
	Seed     uint64   // of every random decision
	Virtual  bool     // made and used inside a testing/synctest bubble
	Resolver Resolver // of host names; nil knows no name

	// Router makes the stack one that routes as Linux does: package router gets
	// every IP packet that arrives at an interface other than lo. Nothing is
	// forwarded until SetForwarding.
	Router bool

	// Netfilter has the hooks that packets pass, and implies Router. If it has a
	// method Attach(*stack.Stack), New calls that. Its CheckPrerouting is called by
	// the router only; nil has no hooks.
	Netfilter stack.NFTablesInterface
}

// A Stack is a network namespace as one of those who share it sees it: interfaces,
// addresses and ports are common, sockets are each one's own. Its methods are safe
// for concurrent use.
type Stack struct {
	*namespace
	frozen atomic.Pointer[freeze] // nil: not; set and replaced with mu held

	mu      sync.Mutex // guards what follows
	left    bool
	reset   bool           // how sockets close after that
	sockets map[socket]int // which of all that were opened each is
	opened  int

	listening map[*sock]served
	listens   chan struct{} // closed by the next socket that listens, and by Leave; nil: nobody waits
}

// A namespace is what those who share it have in common.
type namespace struct {
	stack    *stack.Stack
	gate     *gate
	resolver Resolver
	router   *router.Router // nil: packets for others are gVisor's business
	paths    pathMTUs
	redirect atomic.Pointer[redirect] // nil: none

	loopbackMu sync.Mutex // held while lo gets or loses an address

	routeMu sync.Mutex // held from the look for a route to its addition

	listenMu  sync.Mutex     // guards what follows, from the look for a port to its binding
	listeners []*TCPListener // and some that are closed
}

// newIPv4 makes the IPv4 of all stacks: the counters of IP ids that they share so
// take 8 KiB.
var newIPv4 = ipv4.NewProtocolWithOptions(ipv4.Options{})

// New returns a stack without interfaces. Close releases it.
func New(opts Options) *Stack {
	g := &gate{virtual: opts.Virtual}
	rng := random.NewSource(opts.Seed)
	networks := []stack.NetworkProtocolFactory{
		newIPv4,
		// Neither router solicitations nor duplicate address detection: an address is
		// usable at once, and a thousand containers that start do not flood each
		// other.
		ipv6.NewProtocolWithOptions(ipv6.Options{}),
		arp.NewProtocol,
	}
	var r *router.Router
	if opts.Router || opts.Netfilter != nil {
		r = router.New(opts.Netfilter)
		networks = append(networks, r.Protocol)
	}
	ns := stack.New(stack.Options{
		NetworkProtocols: networks,
		TransportProtocols: []stack.TransportProtocolFactory{
			// Reno, gVisor's default. Its CUBIC leaves slow start at the first
			// scheduling delay (HyStart), and 32 streams get a quarter.
			tcp.NewProtocol, udp.NewProtocol, icmp.NewProtocol4, icmp.NewProtocol6,
		},
		Clock:       gatedClock{tcpip.NewStdClock(), g},
		RawFactory:  raw.EndpointFactory{},
		HandleLocal: true,
		IPTables:    new(stack.IPTables), // accepts all; the default one takes 8 KiB to say so
		RandSource:  rng,
		SecureRNG:   rng,
	})
	g.stack, g.tcp = ns, ns.Stats().TCP
	if g.virtual {
		ns.Pause()
	}
	if r != nil {
		r.Start()
	}
	s := (&Stack{namespace: &namespace{stack: ns, gate: g, resolver: opts.Resolver, router: r}}).Share()
	s.setOptions()
	s.ignoreBroadcastEcho()
	return s
}

// coarseClock is whether the clock of the machine stands still for long enough to
// send several segments: 0.5 ms on Windows, up to 1 ms in browsers.
const coarseClock = runtime.GOOS == "windows" || runtime.GOOS == "js"

// setOptions brings gVisor's defaults to Linux's.
func (s *Stack) setOptions() {
	set := func(what string, err tcpip.Error) {
		if err != nil {
			panic(fmt.Sprintf("netstack: %s: %v", what, err))
		}
	}
	set("ports", s.stack.SetPortRange(32768, 60999)) // net.ipv4.ip_local_port_range
	// Linux limits what it sends per destination and spares what tests look at;
	// gVisor's limit is for all destinations together.
	s.stack.SetICMPLimit(rate.Inf)

	// The buffers grow to what net.ipv4.tcp_rmem and tcp_wmem allow. Windows
	// below a few super-segments would halve the throughput.
	rcv := tcpip.TCPReceiveBufferSizeRangeOption{Min: 4 << 10, Default: 4 << 20, Max: 8 << 20}
	set("tcp_rmem", s.stack.SetTransportProtocolOption(tcp.ProtocolNumber, &rcv))
	snd := tcpip.TCPSendBufferSizeRangeOption{Min: 4 << 10, Default: 4 << 20, Max: 8 << 20}
	set("tcp_wmem", s.stack.SetTransportProtocolOption(tcp.ProtocolNumber, &snd))

	// Netstack's RACK takes what was sent at the same instant as an acknowledged
	// segment, but after it, for lost: where time stands still while segments are
	// sent, it sends all of them again and again, until the connection fails.
	if s.gate.virtual || coarseClock {
		var none tcpip.TCPRecovery
		set("tcp_recovery", s.stack.SetTransportProtocolOption(tcp.ProtocolNumber, &none))
	}
}

// Share returns the namespace as a further user sees it, without sockets yet. It
// must Leave before the namespace is closed.
func (s *Stack) Share() *Stack {
	return &Stack{namespace: s.namespace, sockets: make(map[socket]int)}
}

// Leave closes the sockets of s, and s opens no more. Without reset they close as
// at the exit of the process that owns them: TCP connections end with FIN, or with
// a reset if there is unread data, and may outlive s as long as the namespace does. With
// reset they are reset, also those that another call of Leave closes meanwhile.
func (s *Stack) Leave(reset bool) {
	s.mu.Lock()
	s.left, s.reset = true, s.reset || reset
	sockets := s.oldestFirstLocked()
	s.wakeLocked()
	s.mu.Unlock()
	for _, c := range sockets {
		c.Close()
	}
	s.Thaw() // for those that wait without a socket
}

// Close ends the namespace: it resets the connections, removes the interfaces and
// returns when no goroutine of the stack is left.
func (s *Stack) Close() {
	s.gate.close()
	s.Leave(true)
	s.stack.Close()
	// Who still answers a segment needs the interfaces for it, or netstack logs.
	s.stack.TransportProtocolInstance(tcp.ProtocolNumber).Wait()
	if s.router != nil {
		s.router.Close()
	}
	for id := range s.stack.NICInfo() {
		s.stack.RemoveNIC(id)
	}
	s.stack.Wait()
}

// A socket is what Leave closes.
type socket interface{ Close() error }

// track makes Leave close c. It is false after Leave.
func (s *Stack) track(c socket) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left {
		return false
	}
	s.opened++
	s.sockets[c] = s.opened
	return true
}

func (s *Stack) untrack(c socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sockets, c)
	if c, ok := c.(*sock); ok {
		delete(s.listening, c)
	}
}

// oldestFirstLocked returns the sockets in an order that does not depend on
// chance, so that their last segments do not either.
func (s *Stack) oldestFirstLocked() []socket {
	return slices.SortedFunc(maps.Keys(s.sockets), func(a, b socket) int {
		return cmp.Compare(s.sockets[a], s.sockets[b])
	})
}

// gone reports whether Leave was called.
func (s *Stack) gone() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.left
}

// resets reports whether sockets are to close with a reset.
func (s *Stack) resets() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reset
}
