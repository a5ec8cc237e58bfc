package netstack

import (
	"context"
	"io"
	"net"
	"net/netip"
	"slices"
)

// Listen listens for TCP connections as net.ListenConfig.Listen does. The network
// is "tcp", "tcp4" or "tcp6"; with "tcp" a wildcard address means IPv4 and IPv6.
func (s *Stack) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	local, err := s.resolveLocal(ctx, network, address, "tcp")
	if err != nil {
		return nil, err
	}
	l, err := listen(ctx, s, s.listenTCP, network, local)
	if err != nil {
		return nil, err
	}
	return l, nil
}

// ListenPacket listens for UDP datagrams as net.ListenConfig.ListenPacket does. The
// network is "udp", "udp4" or "udp6"; with "udp" a wildcard address means IPv4 and
// IPv6. A multicast address stands for the wildcard and a port that others may
// share.
func (s *Stack) ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error) {
	local, err := s.resolveLocal(ctx, network, address, "udp")
	if err != nil {
		return nil, err
	}
	c, err := listen(ctx, s, s.listenUDP, network, local)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// A listener is a socket with what it is made of.
type listener interface {
	io.Closer
	base() *sock
}

// listen opens a socket of s.
func listen[S listener](ctx context.Context, s *Stack, open func(string, netip.AddrPort) (S, error), network string, local netip.AddrPort) (S, error) {
	var none S
	// Frozen before: the port is not taken. Frozen meanwhile: it is, and hold waits, since
	// Linux freezes a process at its return from the call.
	if err := s.AwaitThaw(ctx); err != nil {
		return none, listenError(network, local, contextErr(err))
	}
	c, err := open(network, local)
	if err == nil {
		s.attribute(c.base(), programOf(ctx))
		c, err = hold(ctx, s, c)
	}
	if err != nil {
		return none, listenError(network, local, err)
	}
	base := c.base()
	s.announce(base, served{base.net[:3], base.local.(interface{ AddrPort() netip.AddrPort }).AddrPort().Port()})
	return c, nil
}

func listenError(network string, local netip.AddrPort, err error) error {
	return &net.OpError{Op: "listen", Net: network, Addr: netAddr(network, local), Err: err}
}

// resolveLocal returns the address to listen on: an IPv4 one if the host has both.
func (s *Stack) resolveLocal(ctx context.Context, network, address, transport string) (netip.AddrPort, error) {
	// The name comes before the check of the network: so does package net, and a test that
	// compares errors sees it.
	list, err := s.resolve(ctx, network, address)
	if err != nil {
		return netip.AddrPort{}, &net.OpError{Op: "listen", Net: network, Err: err}
	}
	local := list[max(0, slices.IndexFunc(list, func(a netip.AddrPort) bool { return a.Addr().Is4() }))]
	if network[:3] != transport {
		err := &net.AddrError{Err: "unexpected address type", Addr: address}
		return netip.AddrPort{}, listenError(network, local, err)
	}
	return local, nil
}

// listenFamily returns whether a listening socket is an IPv6 one, and for IPv6
// only.
func listenFamily(network string, local netip.Addr) (v6, only bool) {
	// An IPv6 socket that is not only that is bound to both wildcards.
	switch network[len(network)-1] {
	case '4':
		return false, false
	case '6':
		return true, true
	}
	return wildcard(local) || local.Is6(), false
}
