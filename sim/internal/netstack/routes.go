package netstack

import (
	"fmt"
	"net/netip"
	"syscall"

	"drydock/sim/internal/errno"
	"drydock/sim/internal/router"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// A Route is an entry of a routing table.
type Route struct {
	Dst   netip.Prefix
	Via   netip.Addr // invalid: on link
	Index int        // of the interface; 0 where it is asked for: the one that leads to Via
	Src   netip.Addr // the source of what is sent this way; invalid: up to the stack
}

// Routes returns the routing table, most specific destination first.
func (s *Stack) Routes() []Route {
	var list []Route
	for _, r := range s.stack.GetRouteTable() {
		list = append(list, Route{
			Dst:   fromSubnet(r.Destination),
			Via:   fromAddress(r.Gateway),
			Index: int(r.NIC),
			Src:   fromAddress(r.SourceHint),
		})
	}
	return list
}

// OnLink adds the destinations that are reached without a gateway to a list. The routes are looked at
// where they are: GetRouteTable would copy them, 120 bytes each.
func (s *Stack) OnLink(list []netip.Prefix) []netip.Prefix {
	s.stack.RemoveRoutes(func(r tcpip.Route) bool {
		if r.Gateway.Len() == 0 {
			list = append(list, fromSubnet(r.Destination))
		}
		return false
	})
	return list
}

// SetDefault makes via the default route of its family, in the place of another.
func (s *Stack) SetDefault(index int, via netip.Addr) {
	via = via.Unmap()
	dst := header.IPv4EmptySubnet
	if via.Is6() {
		dst = header.IPv6EmptySubnet
	}
	s.gate.enter()
	defer s.gate.leave()
	// One default route a family: Docker gives a container one, by its gateway network.
	s.stack.RemoveRoutes(func(r tcpip.Route) bool { return r.Destination == dst })
	s.stack.AddRoute(tcpip.Route{Destination: dst, Gateway: toAddress(via), NIC: tcpip.NICID(index)})
	s.changed(tcpip.NICID(index))
}

// ClearDefault takes the default routes of both families away.
func (s *Stack) ClearDefault() {
	s.gate.enter()
	defer s.gate.leave()
	var lost []tcpip.NICID
	s.stack.RemoveRoutes(func(r tcpip.Route) bool {
		is := r.Destination == header.IPv4EmptySubnet || r.Destination == header.IPv6EmptySubnet
		if is {
			lost = append(lost, r.NIC)
		}
		return is
	})
	for _, id := range lost {
		s.changed(id)
	}
}

// AddRoute is PutRoute for a route through a gateway, that there is none of yet.
func (s *Stack) AddRoute(dst netip.Prefix, via netip.Addr) error {
	if !via.IsValid() {
		return fmt.Errorf("netstack: add route %v: %w", dst, syscall.EINVAL)
	}
	return s.PutRoute(Route{Dst: dst, Via: via}, false)
}

// PutRoute adds a route, as "ip route add" does, or with replace in the place of those to
// the same destination. The error wraps EINVAL if Dst has bits beyond its length, Via is of
// the other family or an address of s, or Src is none, ENETUNREACH if Via is on no connected
// network, or not on that of the interface, ENODEV without Via and interface, ENETDOWN if the
// interface is down, EEXIST if there is a route to Dst. A Via of fe80::/10 needs a zone, the
// name or index of an interface, or the interface.
func (s *Stack) PutRoute(r Route, replace bool) error {
	s.gate.enter()
	defer s.gate.leave()
	s.routeMu.Lock() // gVisor would take two routes to one destination
	err := s.putRouteLocked(r, replace)
	s.routeMu.Unlock()
	if err != nil {
		return fmt.Errorf("netstack: add route %v via %v: %w", r.Dst, r.Via, err)
	}
	s.changed(0)
	return nil
}

func (s *Stack) putRouteLocked(r Route, replace bool) error {
	if !r.Dst.IsValid() || r.Dst != r.Dst.Masked() || r.Via.IsValid() && r.Dst.Addr().BitLen() != r.Via.BitLen() {
		return syscall.EINVAL
	}
	if r.Src.IsValid() && (r.Src.BitLen() != r.Dst.Addr().BitLen() || s.stack.CheckLocalAddress(0, protocolOf(r.Src), toAddress(r.Src)) == 0) {
		return syscall.EINVAL
	}
	index, err := s.way(r)
	if err != nil {
		return err
	}
	for _, o := range s.stack.GetRouteTable() {
		if fromSubnet(o.Destination) == r.Dst && !replace {
			return syscall.EEXIST
		}
	}
	s.stack.RemoveRoutes(func(o tcpip.Route) bool { return fromSubnet(o.Destination) == r.Dst })
	s.stack.AddRoute(tcpip.Route{Destination: toSubnet(r.Dst), Gateway: toAddress(r.Via), NIC: index, SourceHint: toAddress(r.Src)})
	return nil
}

// way returns the interface that a route leads through.
func (s *Stack) way(r Route) (tcpip.NICID, error) {
	index := tcpip.NICID(r.Index)
	if r.Via.IsValid() && !(r.Index != 0 && needsZone(r.Via)) {
		hop, err := s.nextHop(r.Via)
		if err != nil {
			return 0, err
		}
		if index != 0 && index != hop {
			return 0, syscall.ENETUNREACH
		}
		index = hop
	}
	info, ok := s.stack.SingleNICInfo(index)
	switch {
	case !ok:
		return 0, syscall.ENODEV
	case !info.Flags.Running:
		return 0, syscall.ENETDOWN
	}
	return index, nil
}

// nextHop returns the interface that a gateway is reached through.
func (s *Stack) nextHop(via netip.Addr) (tcpip.NICID, error) {
	if via.Zone() != "" {
		index, ok := s.nicOf(via.Zone())
		if !ok {
			return 0, syscall.ENODEV
		}
		return index, nil
	}
	if via.IsUnspecified() || via.IsMulticast() || s.stack.CheckLocalAddress(0, protocolOf(via), toAddress(via)) != 0 {
		return 0, syscall.EINVAL
	}
	for _, r := range s.stack.GetRouteTable() { // most specific first
		if !r.Destination.Contains(toAddress(via)) {
			continue
		}
		// A gateway behind a gateway is none. Link-local ones are on each link, so the
		// route says nothing.
		if r.Gateway.BitLen() > 0 || via.IsLinkLocalUnicast() && via.Is6() {
			break
		}
		return r.NIC, nil
	}
	return 0, syscall.ENETUNREACH
}

// DelRoute is RemoveRoute of the first route to dst.
func (s *Stack) DelRoute(dst netip.Prefix) error { return s.RemoveRoute(Route{Dst: dst}) }

// RemoveRoute deletes the first route to r.Dst that also has the gateway and the interface of
// r, as far as r has them; connected ones too, as "ip route del" does. The error wraps ESRCH
// if there is none.
func (s *Stack) RemoveRoute(r Route) error {
	s.gate.enter()
	defer s.gate.leave()
	deleted := false // the first alone: there may be one for each interface
	s.stack.RemoveRoutes(func(o tcpip.Route) bool {
		match := !deleted && fromSubnet(o.Destination) == r.Dst &&
			(!r.Via.IsValid() || fromAddress(o.Gateway) == r.Via.WithZone("")) && (r.Index == 0 || int(o.NIC) == r.Index)
		deleted = deleted || match
		return match
	})
	if !deleted {
		return fmt.Errorf("netstack: delete route %v: %w", r.Dst, syscall.ESRCH)
	}
	s.changed(0)
	return nil
}

// RemoveAddr removes an address from an interface, with the route to its subnet
// unless another address is in that. With its last IPv4 address an interface loses
// all its IPv4 routes, as in Linux. The error wraps EADDRNOTAVAIL if the interface
// does not have the address.
func (s *Stack) RemoveAddr(index int, addr netip.Prefix) error {
	s.gate.enter()
	defer s.gate.leave()
	id := tcpip.NICID(index)
	addrs, ok := router.AddressesOf(s.stack, id)
	if !ok {
		return fmt.Errorf("netstack: remove address %v: %w", addr, syscall.ENODEV)
	}
	var found, sibling, another bool
	for _, a := range addrs {
		switch p := fromPrefix(a); {
		case p == addr:
			found = true
		case p.Addr().Is4():
			another = true
			fallthrough
		default:
			sibling = sibling || p.Masked() == addr.Masked()
		}
	}
	if !found {
		return fmt.Errorf("netstack: remove address %v: %w", addr, syscall.EADDRNOTAVAIL)
	}
	if err := s.stack.RemoveAddress(id, toAddress(addr.Addr())); err != nil {
		return fmt.Errorf("netstack: remove address %v: %w", addr, errno.Of(err))
	}
	s.stack.RemoveRoutes(func(r tcpip.Route) bool {
		dst := fromSubnet(r.Destination)
		if r.NIC != id || dst.Addr().Is4() != addr.Addr().Is4() {
			return false
		}
		last := addr.Addr().Is4() && !another // fib_disable_ip of Linux; IPv6 has no such rule
		connected := r.Gateway.BitLen() == 0 && dst == addr.Masked()
		return last || connected && !sibling
	})
	s.changed(id)
	return nil
}
