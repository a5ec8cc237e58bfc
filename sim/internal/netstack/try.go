package netstack

import (
	"context"
	"net/netip"

	"drydock/sim/internal/addrselect"
	"drydock/sim/internal/router"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// Try returns what would become of an IP packet that arrives at an interface, behind an Ethernet header,
// or with 0 is sent by a socket, bound to the interface out unless that is 0, and how it then looks; see
// router.Router.Try. The stack must have a router.
func (s *namespace) Try(filter stack.NFTablesInterface, index, out int, b []byte) (router.Trial, []byte) {
	s.gate.enter()
	defer s.gate.leave()
	return s.router.Try(filter, tcpip.NICID(index), tcpip.NICID(out), b)
}

// LookupPort returns the port of a service by name or number.
func (s *Stack) LookupPort(network, service string) (int, error) {
	return s.lookupPort(context.Background(), network, service)
}

// Candidates returns the addresses that a dial tries for a host on a network, one after the other:
// a literal address, or a name that was found to have some. The error is that of a dial.
func (s *Stack) Candidates(network, host string, found []netip.Addr) ([]netip.Addr, error) {
	addrs := literal(host)
	if addrs == nil {
		addrs = addrselect.Go.Sort(found, s.sourceFor)
	}
	return fitting(addrs, family(network), host)
}

// Bound returns the interface to which what is sent to an address is bound by its zone, 0 if that is
// any. It is false if it lacks a zone that it needs.
func (s *namespace) Bound(dst netip.Addr) (index int, ok bool) {
	to := s.fullAddress(netip.AddrPortFrom(dst, 0))
	return int(to.NIC), to.NIC != 0 || !needsZone(dst)
}

// Up reports whether an interface is up.
func (s *namespace) Up(index int) bool {
	info, ok := s.stack.SingleNICInfo(tcpip.NICID(index))
	return ok && info.Flags.Running
}

// ForMany reports whether an address is that of a group or a broadcast one.
func (s *namespace) ForMany(dst netip.Addr) bool {
	s.gate.enter()
	defer s.gate.leave()
	return s.forMany(s.fullAddress(netip.AddrPortFrom(dst, 0)))
}

// Takes reports whether a TCP or UDP socket takes the packets from one address to another that
// arrive at an interface.
func (s *namespace) Takes(network string, src, dst netip.AddrPort, index int) bool {
	proto, transport := header.IPv4ProtocolNumber, header.TCPProtocolNumber
	if dst.Addr().Is6() {
		proto = header.IPv6ProtocolNumber
	}
	if network == "udp" {
		transport = header.UDPProtocolNumber
	}
	return s.stack.FindTransportEndpoint(proto, transport, stack.TransportEndpointID{
		LocalAddress: toAddress(dst.Addr()), LocalPort: dst.Port(), RemoteAddress: toAddress(src.Addr()), RemotePort: src.Port(),
	}, tcpip.NICID(index)) != nil
}

// SourceFor returns the address that a socket which asks for none sends to dst from, and why
// there is no way to it.
func (s *namespace) SourceFor(dst netip.Addr) (netip.Addr, error) {
	if a := s.loopbackSource(toAddress(dst)); a.IsValid() {
		return a, nil
	}
	s.gate.enter()
	defer s.gate.leave()
	r, err := s.findRoute(s.fullAddress(netip.AddrPortFrom(dst, 0)).NIC, toAddress(dst))
	if err != nil {
		return netip.Addr{}, err
	}
	defer r.Release()
	return fromAddress(r.LocalAddress()), nil
}

// MSS returns the maximum segment size that a connection to dst announces.
func (s *namespace) MSS(dst netip.Addr) uint16 {
	s.gate.enter()
	defer s.gate.leave()
	r, err := s.findRoute(s.fullAddress(netip.AddrPortFrom(dst, 0)).NIC, toAddress(dst))
	if err != nil {
		return header.TCPDefaultMSS
	}
	defer r.Release()
	return uint16(r.MTU() - header.TCPMinimumSize)
}

// Owns reports whether the stack has an address, on whichever interface; a link-local one of IPv6
// on that interface.
func (s *namespace) Owns(a netip.Addr, index int) bool {
	if !needsZone(a) {
		index = 0
	}
	proto := header.IPv4ProtocolNumber
	if a.Is6() {
		proto = header.IPv6ProtocolNumber
	}
	return s.stack.CheckLocalAddress(tcpip.NICID(index), proto, toAddress(a)) != 0
}
