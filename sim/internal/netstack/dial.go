package netstack

import (
	"cmp"
	"context"
	"net"
	"net/netip"
	"time"
)

// A Dialer dials from a stack as a net.Dialer does from the machine.
type Dialer struct {
	Stack *Stack

	// LocalAddr is the address to dial from, a *net.TCPAddr or *net.UDPAddr. If
	// it is nil, the stack chooses one.
	LocalAddr net.Addr
}

// DialContext connects to an address as net.Dialer.DialContext does. The network
// is "tcp" or "udp", or one of them with a final 4 or 6. Names are looked up with
// the Resolver of the stack, and of several addresses each is tried in turn.
func (s *Stack) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return (&Dialer{Stack: s}).DialContext(ctx, network, address)
}

// DialContext is like Stack.DialContext, from LocalAddr.
func (d *Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	list, err := d.resolve(ctx, network, address)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	var first error
	for i, remote := range list {
		err := cmp.Or(d.Stack.AwaitThaw(ctx), ctx.Err())
		if err != nil {
			if first == nil {
				first = d.opError(network, remote, contextErr(err))
			}
			break
		}
		c, err := d.dialOne(ctx, network, remote, len(list)-i)
		if err == nil {
			c, err = hold(ctx, d.Stack, c)
		}
		if err == nil {
			return c, nil
		}
		if first == nil {
			first = d.opError(network, remote, err)
		}
	}
	return nil, first
}

func (d *Dialer) opError(network string, remote netip.AddrPort, err error) error {
	return &net.OpError{Op: "dial", Net: network, Source: d.LocalAddr, Addr: netAddr(network, remote), Err: err}
}

// resolve returns the addresses to try.
func (d *Dialer) resolve(ctx context.Context, network, address string) ([]netip.AddrPort, error) {
	list, err := d.Stack.resolve(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if address == "" {
		return nil, errMissingAddress
	}
	if d.LocalAddr == nil {
		return list, nil
	}
	if d.LocalAddr.Network() != network[:3] {
		return nil, &net.AddrError{Err: "mismatched local address type", Addr: d.LocalAddr.String()}
	}
	local := d.local().Addr()
	var fitting []netip.AddrPort
	for _, a := range list {
		if wildcard(local) || wildcard(a.Addr()) || local.Is4() == a.Addr().Is4() {
			fitting = append(fitting, a)
		}
	}
	if fitting == nil {
		return nil, &net.AddrError{Err: noSuitableAddress, Addr: d.LocalAddr.String()}
	}
	return fitting, nil
}

func wildcard(a netip.Addr) bool { return !a.IsValid() || a.IsUnspecified() }

// local returns LocalAddr. It is the zero AddrPort if there is none.
func (d *Dialer) local() netip.AddrPort {
	var ap netip.AddrPort
	switch a := d.LocalAddr.(type) {
	case *net.TCPAddr:
		ap = a.AddrPort()
	case *net.UDPAddr:
		ap = a.AddrPort()
	}
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

// leastShare is the time that an address gets at least if others follow it, as in
// package net.
const leastShare = 2 * time.Second

// dialOne dials the first of n addresses, within its share of the time.
func (d *Dialer) dialOne(ctx context.Context, network string, remote netip.AddrPort, n int) (net.Conn, error) {
	if deadline, ok := ctx.Deadline(); ok && n > 1 {
		left := time.Until(deadline)
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, min(left, max(left/time.Duration(n), leastShare)))
		defer cancel()
	}
	v6 := network[len(network)-1] == '6' || remote.Addr().Is6() || !remote.Addr().IsValid() && d.local().Addr().Is6()
	if network[:3] == "udp" {
		c, err := d.Stack.dialUDP(network, v6, d.local(), remote)
		if err != nil {
			return nil, err
		}
		return c, nil
	}
	c, err := d.Stack.dialTCP(ctx, network, v6, d.local(), remote)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// netAddr returns the address as package net has it for a network.
func netAddr(network string, ap netip.AddrPort) net.Addr {
	if network[:3] == "udp" {
		return net.UDPAddrFromAddrPort(ap)
	}
	return net.TCPAddrFromAddrPort(ap)
}
