package netstack

import (
	"context"
	"net/netip"

	"drydock/sim/internal/router"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// Try returns what would become of an IP packet that arrives at an interface, or with 0 is sent
// by a socket, and how it then looks; see router.Router.Try. The stack must have a router.
func (s *namespace) Try(filter stack.NFTablesInterface, index int, b []byte) (router.Trial, []byte) {
	s.gate.enter()
	defer s.gate.leave()
	return s.router.Try(filter, tcpip.NICID(index), b)
}

// LookupPort returns the port of a service by name or number.
func (s *Stack) LookupPort(network, service string) (int, error) {
	return s.lookupPort(context.Background(), network, service)
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
	r, err := s.findRoute(0, toAddress(dst))
	if err != nil {
		return netip.Addr{}, err
	}
	defer r.Release()
	return fromAddress(r.LocalAddress()), nil
}

// Owns reports whether the stack has an address, on whichever interface.
func (s *namespace) Owns(a netip.Addr) bool {
	proto := header.IPv4ProtocolNumber
	if a.Is6() {
		proto = header.IPv6ProtocolNumber
	}
	return s.stack.CheckLocalAddress(0, proto, toAddress(a)) != 0
}
