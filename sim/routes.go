package sim

import (
	"net/netip"
	"time"

	"drydock/sim/internal/netstack"
)

// A Route is an entry of a routing table, in the terms of "ip route". To add one takes Via or
// Dev at least.
type Route struct {
	Dst netip.Prefix
	Via netip.Addr // invalid if Dst is on the link
	Dev string     // the interface; where it is asked for, "" is the one that leads to Via
	Src netip.Addr // the source of what is sent this way; invalid if the stack chooses
}

// AddRoute adds a route, as "ip route add DST via VIA" does; 0.0.0.0/0 is the default
// route. VIA must be an address on a network that the machine is connected to; one of
// fe80::/10 needs a zone, the name of the interface. The error is an *Error that wraps
// syscall.EEXIST if there is a route to DST, ENETUNREACH if VIA is on no such network,
// EINVAL if DST has bits beyond its length or VIA is of the other family or the machine's, and
// EPERM, which is ErrPermission, in a container without the capability NET_ADMIN.
func (ns *Netns) AddRoute(dst netip.Prefix, via netip.Addr) error {
	return ns.changeRoute("add route", dst, func(s *netstack.Stack) error { return s.AddRoute(dst, via) })
}

// AddRouteSpec is AddRoute for a route that has more than a gateway, or none: "ip route add
// DST via VIA dev DEV src SRC". The error wraps ENODEV, too, if there is no such interface,
// and ENETDOWN if it is down.
func (ns *Netns) AddRouteSpec(r Route) error { return ns.putRoute("add route", r, false) }

// ReplaceRoute is AddRouteSpec in the place of routes to the same destination: "ip route
// replace".
func (ns *Netns) ReplaceRoute(r Route) error { return ns.putRoute("replace route", r, true) }

// DeleteRoute deletes the route to dst: "ip route del DST". The error is an *Error that
// wraps syscall.ESRCH if there is none.
func (ns *Netns) DeleteRoute(dst netip.Prefix) error { return ns.DeleteRouteSpec(Route{Dst: dst}) }

// DeleteRouteSpec deletes the first route to Dst that has also the gateway and the interface
// that r says: "ip route del DST via VIA dev DEV".
func (ns *Netns) DeleteRouteSpec(r Route) error {
	return ns.onRoute("delete route", r, (*netstack.Stack).RemoveRoute)
}

func (ns *Netns) putRoute(op string, r Route, replace bool) error {
	return ns.onRoute(op, r, func(s *netstack.Stack, r netstack.Route) error { return s.PutRoute(r, replace) })
}

// onRoute changes a route in the stack's terms.
func (ns *Netns) onRoute(op string, r Route, change func(*netstack.Stack, netstack.Route) error) error {
	return ns.changeRoute(op, r.Dst, func(s *netstack.Stack) error {
		route := netstack.Route{Dst: r.Dst, Via: r.Via, Src: r.Src}
		if r.Dev != "" {
			var err error
			if route.Index, err = indexOf(s, r.Dev); err != nil {
				return err
			}
		}
		return change(s, route)
	})
}

func (ns *Netns) changeRoute(op string, dst netip.Prefix, change func(*netstack.Stack) error) error {
	return ns.configure(op, dst.String(), func(space *namespace) error { return change(space.stack) })
}

// PathMTU returns the MTU that routers reported of the path to an address, and for how long that
// is believed, as "ip route get" shows it; 0 if none was.
func (ns *Netns) PathMTU(dst netip.Addr) (mtu int, expires time.Duration) {
	space, _, err := ns.open("path MTU")
	if err != nil {
		return 0, 0
	}
	return space.stack.PathMTU(dst)
}

// FlushPathMTUs forgets what routers reported: "ip route flush cache". A container may only with
// the right to write to /proc/sys.
func (ns *Netns) FlushPathMTUs() error {
	space, _, err := ns.open("flush path MTUs")
	if err != nil {
		return err
	}
	if ns.rights != nil && !ns.rights().sysctls {
		return errReadOnly("net.ipv4.route.flush")
	}
	space.stack.FlushPathMTUs()
	return nil
}

// Routes returns the routing table, the most specific destination first.
func (ns *Netns) Routes() []Route {
	space, _, err := ns.open("routes")
	if err != nil {
		return nil
	}
	names := space.deviceNames()
	var list []Route
	for _, r := range space.stack.Routes() {
		list = append(list, Route{Dst: r.Dst, Via: r.Via, Dev: names[r.Index], Src: r.Src})
	}
	return list
}
