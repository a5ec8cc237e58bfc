// Package netstack wraps one gVisor stack as what a network namespace is to the
// programs in it: interfaces with addresses and routes, and sockets whose methods
// and errors are those of package net.
//
// # A namespace and its processes
//
// What New returns is two things in one. The namespace holds what is common: interfaces,
// routes, ports, the router of a machine that forwards. A process owns sockets, and can
// leave (its sockets close, as at an exit) or be frozen (its calls stand still, as in the
// cgroup freezer). Share makes further processes in the same namespace, which containers
// of one network namespace and Docker's own services are. Close ends the namespace.
//
// # How a call waits
//
// gVisor's endpoints never block: they say that they would, and notify. A call that finds
// its endpoint not ready waits in side.wait, on channels alone: for the notification, the
// deadline, Close. So it ends for the same reasons as in package net, and a testing/synctest
// bubble sees that it is blocked. No lock is held while a call waits.
//
// # Virtual time
//
// Every input to the stack passes the gate: frames (link), timers (gatedClock) and calls.
// Code in this package that calls into gVisor so that packets may be sent or timers set is
// between gate.enter and gate.leave, which nest; reading counters and options needs neither.
//
// # Locks
//
// listenTable, routeMu, loopbackMu and addingMu are held across calls into gVisor, which calls
// nothing that takes them, and no two of them at a time. Neighbour tables have a lock that is never
// held when a packet is sent (package neigh). nicsMu, process.mu and usersMu are the innermost:
// nothing is called with them held, since closing a socket calls untrack, which takes the
// first.
//
// # What depends on what
//
// From the ground up: addr, errors, deadline, gate, redirect and listentable know none of
// the others' types. Then nic, and link with quiet and routed, process with await and freeze, and
// namespace. Stack joins a process and a namespace. Over it stand interfaces,
// routes and ipv6, which configure it, and sockets and neighbours, which tell of it; socket,
// side and source, which tcp, udp and listen are made of; resolver and dial; and ping, whose
// work package echo does.
package netstack

import (
	"drydock/sim/internal/bubble"
	"drydock/sim/internal/random"
	"drydock/sim/internal/router"
	"drydock/sim/internal/sched"

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
	Seed    uint64 // of every random decision
	Virtual bool   // made and used inside a testing/synctest bubble

	// Source, if not nil, orders what happens in virtual time: the stack's timers, the calls
	// that it wakes up, and those of DialContext that begin at one instant.
	Source *sched.Source

	Resolver Resolver // of host names; nil knows no name

	// Router makes the stack one that routes as Linux does: package router gets
	// every IP packet that arrives at an interface other than lo. Nothing is
	// forwarded until SetForwarding.
	Router bool

	// Netfilter has the hooks that packets pass, and implies Router. If it has a
	// method Attach(*stack.Stack), New calls that. Its CheckPrerouting is called by
	// the router only; nil has no hooks.
	Netfilter stack.NFTablesInterface

	// OnDrop hears of the packets that a stack with a router drops, but for those that
	// Netfilter does, from the goroutine that delivers them. It must not block or use the
	// stack. Nil: nobody asks.
	OnDrop func(router.Dropped)

	Memory *Memory // of TCP connections; nil: one of its own
}

// A Stack is a network namespace as one of those who share it sees it: interfaces,
// addresses and ports are common, sockets are each one's own. Its methods are safe
// for concurrent use.
type Stack struct {
	*namespace
	process
	resolver Resolver // nil: no name is known
}

// newIPv4 makes the IPv4 of all stacks: the counters of IP ids that they share so
// take 8 KiB.
var newIPv4 = ipv4.NewProtocolWithOptions(ipv4.Options{})

// New returns a stack without interfaces. Close releases it.
func New(opts Options) *Stack {
	g := &gate{virtual: opts.Virtual}
	clock := tcpip.NewStdClock()
	if opts.Source != nil {
		clock = opts.Source
	}
	rng := random.NewSource(opts.Seed)
	if opts.Memory == nil {
		opts.Memory = new(Memory)
	}
	space := &namespace{gate: g, seed: opts.Seed, source: opts.Source, clock: clock, memory: opts.Memory}
	networks := []stack.NetworkProtocolFactory{
		space.neighbouring(newIPv4),
		// Neither router solicitations nor duplicate address detection: an address is
		// usable at once, and a thousand containers that start do not flood each
		// other.
		space.neighbouring(ipv6.NewProtocolWithOptions(ipv6.Options{})),
		space.neighbouring(arp.NewProtocol),
	}
	if opts.Router || opts.Netfilter != nil {
		space.router = router.New(opts.Netfilter, opts.OnDrop)
		networks = append(networks, space.neighbouring(space.router.Protocol))
	}
	ns := stack.New(stack.Options{
		NetworkProtocols: networks,
		TransportProtocols: []stack.TransportProtocolFactory{
			// Reno, gVisor's default. Its CUBIC leaves slow start at the first
			// scheduling delay (HyStart), and 32 streams get a quarter.
			tcp.NewProtocol, udp.NewProtocol, icmp.NewProtocol4, icmp.NewProtocol6,
		},
		Clock:       gatedClock{clock, g},
		RawFactory:  raw.EndpointFactory{},
		HandleLocal: true,
		IPTables:    new(stack.IPTables), // accepts all; the default one takes 8 KiB to say so
		RandSource:  rng,
		SecureRNG:   rng,
	})
	space.stack, g.stack, g.tcp = ns, ns, ns.Stats().TCP
	// A new stack runs. From here on it runs only inside the gate.
	if g.virtual {
		ns.Pause()
	}
	if space.router != nil {
		space.router.Start()
	}
	s := (&Stack{namespace: space, resolver: opts.Resolver}).Share("")
	setOptions(ns)
	s.ignoreEcho()
	s.countStrays()
	return s
}

// SetNetfilter gives a stack with a router that has none a netfilter. With redirected, that
// translates what Redirect is about; sockets that know the other port by then keep it.
func (s *Stack) SetNetfilter(f stack.NFTablesInterface, redirected bool) {
	s.gate.enter()
	defer s.gate.leave()
	s.router.SetFilter(f)
	s.filters.Store(redirected)
}

// Share returns the namespace as a further user sees it, without sockets yet. It
// must Leave before the namespace is closed. If a testing/synctest bubble stands still,
// the calls of a user with a name are among what is reported.
func (s *Stack) Share(name string) *Stack { return s.ShareAs(name, Program{}) }

// ShareAs is Share for a user whose sockets are seen to belong to a program.
func (s *Stack) ShareAs(name string, p Program) *Stack {
	user := &Stack{namespace: s.namespace, process: process{program: p}, resolver: s.resolver}
	leaveBubble := func() {}
	if s.gate.virtual && name != "" {
		leaveBubble = bubble.Enter(user, func(bool) []string { return user.blocked(name) })
	}
	s.addUser(&user.process)
	user.unlist = func() {
		leaveBubble()
		s.removeUser(&user.process)
	}
	return user
}

// Close ends the namespace: it resets the connections, removes the interfaces and
// returns when no goroutine of the stack is left.
func (s *Stack) Close() {
	s.gate.close() // first: what ends below needs TCP's goroutines to run
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
