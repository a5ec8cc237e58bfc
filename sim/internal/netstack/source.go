package netstack

import (
	"net/netip"
	"os"
	"slices"
	"syscall"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/ports"
)

// loopback4 is the source of what is sent to 127.0.0.0/8: "local 127.0.0.0/8 dev lo src
// 127.0.0.1". GVisor would take the destination.
var loopback4 = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// bindFor binds a socket that is to connect to another one, if it has to be, and to the
// interface, if asked to, that it will reach the other one by.
func (c *sock) bindFor(local netip.AddrPort, to tcpip.FullAddress, toNIC bool) error {
	source, err := c.from(local, to)
	if err != nil || !source.IsValid() && source.Port() == 0 {
		return err
	}
	nic := c.stack.reach(source.Addr(), to)
	if !toNIC {
		nic = 0
	}
	return c.bindTo(source, nic)
}

// from returns the address that a socket is to be bound to before it connects to another
// one. The zero AddrPort leaves address and port to gVisor.
//
// On Linux a port that is asked for without an address is one of all addresses, until
// connect chooses one. GVisor's TCP would give the port back under that one, and keep it
// taken for all: so the sockets are bound to the chosen one from the start, if the port is
// free for all.
func (c *sock) from(local netip.AddrPort, to tcpip.FullAddress) (netip.AddrPort, error) {
	if !wildcard(local.Addr()) {
		if !c.stack.mayLeave(local.Addr(), to) {
			return local, os.NewSyscallError("connect", syscall.EINVAL)
		}
		return local, nil
	}
	source := c.stack.loopbackSource(to.Addr)
	if local.Port() == 0 {
		if source.IsValid() {
			return netip.AddrPortFrom(source, 0), nil
		}
		return netip.AddrPort{}, nil
	}
	if !c.portFree(local.Port()) {
		return local, os.NewSyscallError("bind", syscall.EADDRINUSE)
	}
	if !source.IsValid() {
		source = c.routeSource(to)
	}
	if !source.IsValid() { // connect fails, and has the words for it
		return local, nil
	}
	return netip.AddrPortFrom(source, local.Port()), nil
}

// loopbackSource returns the source of what is sent to an address of 127.0.0.0/8 that no
// interface was given, the invalid Addr for all other destinations.
func (s *namespace) loopbackSource(to tcpip.Address) netip.Addr {
	if !header.IsV4LoopbackAddress(to) {
		return netip.Addr{}
	}
	lo, ok := s.stack.SingleNICInfo(loopbackNIC)
	if !ok { // the stack is closed
		return loopback4
	}
	if slices.ContainsFunc(lo.ProtocolAddresses, func(a tcpip.ProtocolAddress) bool { return a.AddressWithPrefix.Address == to }) {
		return netip.Addr{}
	}
	return loopback4
}

// routeSource returns the source of what the socket sends to an address, with the zone
// that it needs. It is invalid if there is no way.
func (c *sock) routeSource(to tcpip.FullAddress) netip.Addr {
	if to.Addr.Len() == 0 { // the wildcard, which means this host
		if c.v6 {
			return netip.IPv6Loopback()
		}
		return loopback4
	}
	r, err := c.stack.findRoute(to.NIC, to.Addr)
	if err != nil {
		return netip.Addr{}
	}
	defer r.Release()
	return c.stack.addrPort(tcpip.FullAddress{NIC: r.NICID(), Addr: r.LocalAddress()}, c.v6).Addr()
}

// portFree reports whether the socket could be bound to a port of all addresses.
func (c *sock) portFree(port uint16) bool {
	all := ports.Reservation{
		Networks:  []tcpip.NetworkProtocolNumber{ipv4.ProtocolNumber},
		Transport: c.transport,
		Port:      port,
		Flags:     ports.Flags{TupleOnly: c.ep.SocketOptions().GetReuseAddress()},
	}
	if c.v6 {
		all.Networks = append(all.Networks, ipv6.ProtocolNumber)
	}
	if _, err := c.stack.stack.ReservePort(c.stack.stack.SecureRNG(), all, nil); err != nil {
		return false
	}
	c.stack.stack.ReleasePort(all)
	return true
}

// mayLeave is false for a packet from 127.0.0.0/8 to another host, which Linux refuses
// with EINVAL, unless the interface that it would leave by has route_localnet, or there
// is no way at all.
func (s *namespace) mayLeave(local netip.Addr, to tcpip.FullAddress) bool {
	if !local.Is4() || !local.IsLoopback() || s.isLocal(to.Addr) {
		return true
	}
	if s.router != nil && s.router.RouteLocalnet(to.Addr) {
		return true
	}
	r, err := s.findRoute(to.NIC, to.Addr)
	if err != nil {
		return true
	}
	r.Release()
	return false
}

// isLocal reports whether packets for an IPv4 address stay here. Those for groups and
// 255.255.255.255 do, if they come from an address of lo.
func (s *namespace) isLocal(a tcpip.Address) bool {
	return a.Len() == 0 || a == header.IPv4Broadcast || header.IsV4MulticastAddress(a) ||
		s.stack.CheckLocalAddress(0, ipv4.ProtocolNumber, a) != 0
}

// forMany reports whether an address is that of a group or a broadcast one, to which TCP
// has no way.
func (s *namespace) forMany(to tcpip.FullAddress) bool {
	switch {
	case to.Addr.Len() == 0:
		return false
	case to.Addr == header.IPv4Broadcast || header.IsV4MulticastAddress(to.Addr) || header.IsV6MulticastAddress(to.Addr):
		return true
	case to.Addr.Len() == header.IPv6AddressSize:
		return false
	}
	r, err := s.findRoute(to.NIC, to.Addr)
	if err != nil {
		return false
	}
	defer r.Release()
	return r.IsOutboundBroadcast()
}
