package netstack

import (
	"fmt"
	"net/netip"
	"syscall"

	"drydock/sim/internal/errno"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// SetUp brings an interface up or down. One that is down neither sends nor receives, and has
// lost, as in Linux, its neighbours, its routes and its IPv6 addresses. Up again it has the
// routes to its subnets.
func (s *Stack) SetUp(index int, up bool) error {
	s.gate.enter()
	defer s.gate.leave()
	id := tcpip.NICID(index)
	info, ok := s.stack.SingleNICInfo(id)
	switch {
	case !ok:
		return fmt.Errorf("netstack: interface %d: %w", index, syscall.ENODEV)
	case info.Flags.Running == up:
		return nil
	case up:
		if err := s.stack.EnableNIC(id); err != nil {
			return fmt.Errorf("netstack: up %s: %w", info.Name, errno.Of(err))
		}
		for _, a := range info.ProtocolAddresses {
			s.addConnected(id, a.AddressWithPrefix)
		}
	default:
		s.stack.RemoveRoutes(func(r tcpip.Route) bool { return r.NIC == id })
		for _, a := range info.ProtocolAddresses {
			if addr := a.AddressWithPrefix.Address; addr.Len() == header.IPv6AddressSize && !header.IsV6MulticastAddress(addr) {
				s.stack.RemoveAddress(id, addr)
			}
		}
		if err := s.stack.DisableNIC(id); err != nil {
			return fmt.Errorf("netstack: down %s: %w", info.Name, errno.Of(err))
		}
		if n := s.nic(id); n != nil {
			n.flush()
		}
	}
	s.changed(id)
	return nil
}

// addConnected adds the route to the subnet of an address, but for those of groups, which
// gVisor lists too.
func (s *Stack) addConnected(id tcpip.NICID, a tcpip.AddressWithPrefix) {
	if !fromPrefix(a).Addr().IsMulticast() {
		s.stack.AddRoute(tcpip.Route{Destination: a.Subnet(), NIC: id})
	}
}

// SetMTU changes the MTU of an interface.
func (s *Stack) SetMTU(index int, mtu uint32) error {
	s.gate.enter()
	defer s.gate.leave()
	if err := s.stack.SetNICMTU(tcpip.NICID(index), mtu); err != nil {
		return fmt.Errorf("netstack: MTU of interface %d: %w", index, errno.Of(err))
	}
	s.changed(tcpip.NICID(index))
	return nil
}

// PortRange returns net.ipv4.ip_local_port_range.
func (s *Stack) PortRange() (first, last uint16) { return s.stack.PortRange() }

// SetPortRange sets net.ipv4.ip_local_port_range. The error wraps EINVAL if last is before
// first.
func (s *Stack) SetPortRange(first, last uint16) error {
	if err := s.stack.SetPortRange(first, last); err != nil {
		return fmt.Errorf("netstack: ports %d to %d: %w", first, last, errno.Of(err))
	}
	return nil
}

// SetDefaultTTL sets net.ipv4.ip_default_ttl.
func (s *Stack) SetDefaultTTL(ttl uint8) error {
	opt := tcpip.DefaultTTLOption(ttl)
	if err := s.stack.SetNetworkProtocolOption(header.IPv4ProtocolNumber, &opt); err != nil {
		return fmt.Errorf("netstack: default TTL: %w", errno.Of(err))
	}
	return nil
}

// HasAddress reports whether an interface has that address.
func (s *Stack) HasAddress(index int, a netip.Addr) bool {
	return s.stack.CheckLocalAddress(tcpip.NICID(index), protocolOf(a), toAddress(a)) == tcpip.NICID(index)
}
