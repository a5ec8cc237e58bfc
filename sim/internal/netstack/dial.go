package netstack

import (
	"cmp"
	"context"
	"net"
	"net/netip"
	"time"

	"drydock/sim/ping"
)

// A Dialer dials from a stack as a net.Dialer does from the machine.
type Dialer struct {
	Stack *Stack

	// LocalAddr is the address to dial from, a *net.TCPAddr or *net.UDPAddr. If
	// it is nil, the stack chooses one.
	LocalAddr net.Addr

	// TTL is the TTL or hop limit of what is sent; 0 is the default.
	TTL int

	// ReuseAddr lets TCP dial from a port that is in use: SO_REUSEADDR with SO_REUSEPORT.
	ReuseAddr bool

	// Errors is told of each ICMP error about the connection's packets, by the goroutine
	// that delivers it, inside the gate. Nil is not told.
	Errors func(*ping.ICMPError)
}

// DialContext connects to an address as net.Dialer.DialContext does. The network
// is "tcp" or "udp", or one of them with a final 4 or 6. Names are looked up with
// the Resolver of the stack, and of several addresses each is tried in turn. With
// "tcp" those of the family that is not the first one's are tried beside the others
// after 300 ms, or as soon as all of these have failed.
func (s *Stack) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return (&Dialer{Stack: s}).DialContext(ctx, network, address)
}

// DialContext is like Stack.DialContext, from LocalAddr.
func (d *Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	list, err := d.resolve(ctx, network, address)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	if network == "tcp" {
		if primaries, fallbacks := byFamily(list); len(fallbacks) > 0 {
			return d.dialParallel(ctx, network, primaries, fallbacks)
		}
	}
	return d.dialSerial(ctx, network, list)
}

// byFamily returns the addresses of the first one's family and the others.
func byFamily(list []netip.AddrPort) (primaries, fallbacks []netip.AddrPort) {
	for _, a := range list {
		if a.Addr().Is4() == list[0].Addr().Is4() {
			primaries = append(primaries, a)
		} else {
			fallbacks = append(fallbacks, a)
		}
	}
	return primaries, fallbacks
}

// dialSerial dials one address after the other. The error is that of the first.
func (d *Dialer) dialSerial(ctx context.Context, network string, list []netip.AddrPort) (net.Conn, error) {
	var first error
	for i, remote := range list {
		// A frozen process does not even begin, and one whose time is up says so
		// instead of trying the next address.
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

// dialParallel dials two lists beside each other, both within the time of ctx. The
// first connection ends the other list; the error is that of primaries.
func (d *Dialer) dialParallel(ctx context.Context, network string, primaries, fallbacks []netip.AddrPort) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	failed := make(chan struct{}) // closed when primaries have
	second := make(chan net.Conn) // gets the connection to one of fallbacks, or nil
	go func() {
		c, err := d.dialFallbacks(ctx, failed, network, fallbacks)
		if err == nil {
			cancel()
		}
		second <- c
	}()
	c, err := d.dialSerial(ctx, network, primaries)
	if err == nil {
		cancel()
	} else {
		close(failed)
	}
	// The other list has been canceled or has ended, so this does not wait for an address
	// that does not answer. Not waiting would leave a goroutine and perhaps a connection.
	other := <-second
	switch {
	case other == nil:
		return c, err
	case err != nil:
		return other, nil
	}
	other.Close() // both have connected at once
	return c, nil
}

// fallbackDelay is how long the first family has for itself, as in package net.
const fallbackDelay = 300 * time.Millisecond

// dialFallbacks is dialSerial after fallbackDelay or when the primaries have failed.
func (d *Dialer) dialFallbacks(ctx context.Context, failed <-chan struct{}, network string, list []netip.AddrPort) (net.Conn, error) {
	delay := time.NewTimer(fallbackDelay)
	defer delay.Stop()
	select {
	case <-failed:
	case <-delay.C:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return d.dialSerial(ctx, network, list)
}

// opError is what package net returns for an address that could not be dialed.
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
	// As package net: addresses of the other family are left out, not tried in vain.
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
	if deadline, ok := ctx.Deadline(); ok && n > 1 { // one that is silent must leave time for the others
		left := time.Until(deadline)
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, min(left, max(left/time.Duration(n), leastShare)))
		defer cancel()
	}
	// What the socket is made for decides which wildcard it is bound to.
	v6 := network[len(network)-1] == '6' || remote.Addr().Is6() || !remote.Addr().IsValid() && d.local().Addr().Is6()
	if err := d.Stack.awaitTurn(ctx, func() string { return network + remote.String() }); err != nil {
		return nil, contextErr(err)
	}
	if network[:3] == "udp" {
		c, err := d.dialUDP(ctx, network, v6, remote)
		if err != nil {
			return nil, err
		}
		return c, nil
	}
	c, err := d.dialTCP(ctx, network, v6, remote)
	if err != nil {
		return nil, err
	}
	return c, nil
}
