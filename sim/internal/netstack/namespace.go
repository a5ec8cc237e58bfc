package netstack

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"drydock/sim/internal/bubble"
	"drydock/sim/internal/echo"
	"drydock/sim/internal/errno"
	"drydock/sim/internal/router"
	"drydock/sim/internal/sched"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A namespace is what those who share it have in common.
type namespace struct {
	stack  *stack.Stack
	gate   *gate
	seed   uint64         // of random decisions
	source *sched.Source  // of what happens here; nil: it happens as it comes
	clock  tcpip.Clock    // that of source, or the system's
	router *router.Router // nil: packets for others are gVisor's business
	memory *Memory
	paths  echo.PathMTUs
	redirector
	neighbourhood
	listeners listenTable
	echoes    atomic.Pointer[EchoIgnore] // never nil

	loopbackMu sync.Mutex // held while lo gets or loses an address
	routeMu    sync.Mutex // held from the look for a route to its addition

	usersMu sync.Mutex
	// Those who share it and have not left.
	users []*process // +checklocks:usersMu
}

// later runs fn when its turn among the events of the namespace comes, which may be now.
func (s *namespace) later(fn func()) {
	if s.source == nil {
		fn()
		return
	}
	s.source.Post(fn)
}

// awaitTurn returns when nothing else happens that the caller could be before or after by
// chance. Of several callers the one with the lower key goes first, then the older goroutine.
func (s *namespace) awaitTurn(ctx context.Context, key func() string) error {
	if s.source == nil {
		return nil
	}
	return s.source.Turn(ctx, fmt.Sprintf("%s %9d", key(), bubble.Goroutine()))
}

// AwaitTurn is awaitTurn for who answers by c: dnsd.Serve asks for it.
func (c *sock) AwaitTurn(ctx context.Context, key string) error {
	return c.stack.awaitTurn(ctx, func() string { return key })
}

func noKey() string { return "" }

func (s *namespace) addUser(u *process) {
	s.usersMu.Lock()
	defer s.usersMu.Unlock()
	s.users = append(s.users, u)
}

// removeUser does nothing the second time.
func (s *namespace) removeUser(u *process) {
	s.usersMu.Lock()
	defer s.usersMu.Unlock()
	s.users = slices.DeleteFunc(s.users, func(o *process) bool { return o == u })
}

// loopbackNIC is the index of lo, as in every network namespace of Linux.
const loopbackNIC = 1

// changed must be called after a change of an interface, its addresses or routes.
func (s *namespace) changed(id tcpip.NICID) {
	if s.router != nil {
		s.router.Refresh(id)
	}
}

// reach lets a socket send from a local address by the interface that the most specific
// route says, which it returns; 0 if that is up to netstack, which prefers the one that
// has the address.
func (s *namespace) reach(local netip.Addr, to tcpip.FullAddress) tcpip.NICID {
	if s.router == nil || !local.IsValid() || local.IsUnspecified() {
		return 0
	}
	return s.router.Reach(toAddress(local), to.Addr, to.NIC)
}

// findRoute returns the way to dst through an interface, 0 being any, whatever the source.
// The error is an errno.
func (s *namespace) findRoute(nic tcpip.NICID, dst tcpip.Address) (*stack.Route, error) {
	return s.findRouteFrom(nic, tcpip.Address{}, dst)
}

// findRouteFrom is findRoute for packets with a source.
func (s *namespace) findRouteFrom(nic tcpip.NICID, from, dst tcpip.Address) (*stack.Route, error) {
	proto := tcpip.NetworkProtocolNumber(ipv4.ProtocolNumber)
	if dst.Len() == header.IPv6AddressSize {
		proto = ipv6.ProtocolNumber
	}
	r, err := s.stack.FindRoute(nic, from, dst, proto, false)
	return r, errno.Of(s.noWay(err, dst))
}

// noWay is the error of Linux for a destination that netstack has no route to. Linux
// looks for a source address first, and for that any IPv6 address does.
func (s *namespace) noWay(err tcpip.Error, dst tcpip.Address) tcpip.Error {
	if _, ok := err.(*tcpip.ErrNetworkUnreachable); ok && dst.Len() == header.IPv6AddressSize && !s.hasIPv6() {
		return &tcpip.ErrBadLocalAddress{}
	}
	return err
}

// hasIPv6 reports whether any interface has an IPv6 address.
func (s *namespace) hasIPv6() bool {
	for _, info := range s.stack.NICInfo() {
		for _, a := range info.ProtocolAddresses {
			if a.AddressWithPrefix.Address.Len() == header.IPv6AddressSize {
				return true
			}
		}
	}
	return false
}

// sourceFor returns the address that packets to dst have as source. It is invalid if
// there is no way to dst.
func (s *namespace) sourceFor(dst netip.Addr) netip.Addr {
	if needsZone(dst) && dst.Zone() == "" {
		return netip.Addr{}
	}
	nic, ok := s.nicOf(dst.Zone())
	if !ok { // RFC 6724 has it last, as it has what there is no route to
		return netip.Addr{}
	}
	s.gate.enter()
	defer s.gate.leave()
	r, err := s.findRoute(nic, toAddress(dst))
	if err != nil {
		return netip.Addr{}
	}
	defer r.Release()
	return fromAddress(r.LocalAddress())
}

// nicOf finds the interface that an IPv6 zone names; 0 is any.
func (s *namespace) nicOf(zone string) (tcpip.NICID, bool) {
	if zone == "" {
		return 0, true
	}
	index, _ := strconv.Atoi(zone)
	for id, info := range s.stack.NICInfo() {
		if info.Name == zone || int(id) == index {
			return id, true
		}
	}
	return 0, false
}

// fullAddress converts an address of a socket. Wildcards are the empty Address.
func (s *namespace) fullAddress(ap netip.AddrPort) tcpip.FullAddress {
	full := tcpip.FullAddress{Port: ap.Port()}
	if a := ap.Addr(); a.IsValid() && !a.IsUnspecified() {
		full.Addr = toAddress(a)
		if a.IsLinkLocalUnicast() || a.IsLinkLocalMulticast() {
			full.NIC = s.zoneIndex(a.Zone())
		}
	}
	return full
}

// zoneIndex returns the interface that a zone names, by name or index, or 0.
func (s *namespace) zoneIndex(zone string) tcpip.NICID {
	if zone == "" {
		return 0
	}
	for id, info := range s.stack.NICInfo() { // a name that is a number is a name
		if info.Name == zone {
			return id
		}
	}
	index, _ := strconv.ParseUint(zone, 10, 31)
	return tcpip.NICID(index)
}

// addrPort converts back. The wildcard is that of IPv6 for an IPv6 socket.
func (s *namespace) addrPort(full tcpip.FullAddress, v6 bool) netip.AddrPort {
	a := fromAddress(full.Addr)
	switch {
	case !a.IsValid() && v6:
		a = netip.IPv6Unspecified()
	case !a.IsValid():
		a = netip.IPv4Unspecified()
	case full.NIC != 0 && a.Is6() && (a.IsLinkLocalUnicast() || a.IsLinkLocalMulticast()):
		a = a.WithZone(s.stack.FindNICNameFromID(full.NIC))
	}
	return netip.AddrPortFrom(a, full.Port)
}
