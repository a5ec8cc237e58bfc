package netstack

import "net/netip"

// A redirect is where sockets find what they know by another port.
type redirect struct {
	from     netip.AddrPort
	udp, tcp uint16
}

// Redirect has sockets of the namespace reach ports udp and tcp of from's address where
// they ask for from, and believe that it was that. It is what Docker's rules in a
// container do for 127.0.0.11:53, so that port 53 is free for others to listen on.
func (s *Stack) Redirect(from netip.AddrPort, udp, tcp uint16) {
	s.redirect.Store(&redirect{from, udp, tcp})
}

// port returns the port of a network, "tcp4" say.
func (r *redirect) port(network string) uint16 {
	if network[:3] == "udp" {
		return r.udp
	}
	return r.tcp
}

// target returns where a socket of a network is to send what is for to.
func (s *namespace) target(network string, to netip.AddrPort) netip.AddrPort {
	if r := s.redirect.Load(); r != nil && to == r.from {
		return netip.AddrPortFrom(to.Addr(), r.port(network))
	}
	return to
}

// origin is the reverse of target.
func (s *namespace) origin(network string, from netip.AddrPort) netip.AddrPort {
	if r := s.redirect.Load(); r != nil && from == netip.AddrPortFrom(r.from.Addr(), r.port(network)) {
		return r.from
	}
	return from
}
