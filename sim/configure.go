package sim

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"

	"drydock/sim/dockerapi"
	"drydock/sim/internal/netstack"
)

// Rights are what the processes of a Netns may do to it.
type rights struct {
	netAdmin bool // CAP_NET_ADMIN: interfaces, addresses, routes, neighbours
	sysctls  bool // /proc/sys can be written
}

// rights returns what the container was made with.
func (c *Container) rights() rights {
	asked := &c.config.askedHost
	has := func(list dockerapi.Words, name string) bool {
		return slices.ContainsFunc(list, func(w string) bool { return strings.TrimPrefix(strings.ToUpper(w), "CAP_") == name })
	}
	const admin = "NET_ADMIN" // which is not among those that Docker gives to all
	return rights{
		netAdmin: asked.Privileged || has(asked.CapAdd, admin) || has(asked.CapAdd, "ALL") && !has(asked.CapDrop, admin),
		sysctls:  asked.Privileged,
	}
}

// configure changes the namespace. What change returns becomes an *Error in the words of
// iproute2, which wraps it.
func (ns *Netns) configure(op, name string, change func(*namespace) error) error {
	space, _, err := ns.open(op)
	if err != nil {
		return err
	}
	if ns.rights != nil && !ns.rights().netAdmin {
		e := errorf(op, name, ErrPermission, "RTNETLINK answers: Operation not permitted")
		e.cause = syscall.EPERM
		return e
	}
	if err := change(space); err != nil {
		text := err.Error()
		if errno := syscall.Errno(0); errors.As(err, &errno) {
			text = errno.Error()
			text = strings.ToUpper(text[:1]) + text[1:]
		}
		return &Error{Op: op, Name: name, Err: err, message: "RTNETLINK answers: " + text}
	}
	return nil
}

// indexOf returns the index of an interface, ENODEV if there is none. Ports of bridges are
// not interfaces of the stack.
func indexOf(s *netstack.Stack, dev string) (int, error) {
	list := s.Interfaces()
	i := slices.IndexFunc(list, func(n netstack.Interface) bool { return n.Name == dev })
	if i < 0 {
		return 0, syscall.ENODEV
	}
	return list[i].Index, nil
}

// onDevice is configure for an interface, which change gets by its index.
func (ns *Netns) onDevice(op, dev string, change func(s *netstack.Stack, index int) error) error {
	return ns.configure(op, dev, func(space *namespace) error {
		index, err := indexOf(space.stack, dev)
		if err != nil {
			return err
		}
		return change(space.stack, index)
	})
}

// AddAddr gives an interface an address and the route to its subnet: "ip addr add ADDR dev
// DEV". It has the address until it is deleted or the interface goes; Docker does not learn
// of it. The error is an *Error that wraps syscall.ENODEV if there is no such interface,
// EEXIST if the interface has the address, EINVAL if it is none that a machine can have, and
// EPERM, which is ErrPermission, in a container without the capability NET_ADMIN, as with all
// that changes a Netns.
func (ns *Netns) AddAddr(dev string, addr netip.Prefix) error {
	return ns.onDevice("add address", dev, func(s *netstack.Stack, index int) error {
		if a := addr.Addr(); !addr.IsValid() || a.IsUnspecified() || a.IsMulticast() || a.Is4In6() {
			return syscall.EINVAL
		}
		return s.AddAddr(index, addr)
	})
}

// DeleteAddr takes an address from an interface, and the route to its subnet unless another
// one is in that: "ip addr del ADDR dev DEV". The error wraps syscall.EADDRNOTAVAIL if the
// interface does not have it.
func (ns *Netns) DeleteAddr(dev string, addr netip.Prefix) error {
	return ns.onDevice("delete address", dev, func(s *netstack.Stack, index int) error { return s.RemoveAddr(index, addr) })
}

// SetUp brings an interface up or down: "ip link set DEV up". One that is down neither sends
// nor receives. It loses its neighbours, routes and IPv6 addresses; up again it has the routes
// to its subnets and the address of the link, but no default route. A port of a bridge, too,
// can be brought down, so that the container at its other end has no carrier.
func (ns *Netns) SetUp(dev string, up bool) error {
	return ns.configure("set interface", dev, func(space *namespace) error {
		index, err := indexOf(space.stack, dev)
		if err == nil {
			return space.setUp(index, up)
		}
		if space.port != nil {
			if ep := space.port(dev); ep != nil {
				ep.setPortUp(up)
				return nil
			}
		}
		return err
	})
}

// SetMTU changes the MTU of an interface, 68 to 65535: "ip link set DEV mtu MTU". The error
// wraps syscall.EINVAL for another one.
func (ns *Netns) SetMTU(dev string, mtu int) error {
	return ns.onDevice("set MTU", dev, func(s *netstack.Stack, index int) error {
		if !validMTU(mtu) {
			return syscall.EINVAL
		}
		return s.SetMTU(index, uint32(mtu))
	})
}

// AddNeighbour sets the MAC of a neighbour, in the place of one that is known: "ip neigh
// replace IP lladdr MAC dev DEV". It is not asked for any more. The error wraps
// syscall.ENODEV if there is no such interface.
func (ns *Netns) AddNeighbour(dev string, ip netip.Addr, mac net.HardwareAddr) error {
	return ns.onDevice("add neighbour", dev, func(s *netstack.Stack, index int) error {
		if !ip.IsValid() || ip.IsMulticast() || ip.IsUnspecified() || len(mac) != 6 {
			return syscall.EINVAL
		}
		return s.AddNeighbour(index, ip, mac)
	})
}

// DeleteNeighbour forgets a neighbour: "ip neigh del IP dev DEV". The error wraps
// syscall.ENOENT if it is not known.
func (ns *Netns) DeleteNeighbour(dev string, ip netip.Addr) error {
	return ns.onDevice("delete neighbour", dev, func(s *netstack.Stack, index int) error { return s.RemoveNeighbour(index, ip) })
}
