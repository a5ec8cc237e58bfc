package sim

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"syscall"

	"drydock/sim/internal/netstack"
	"drydock/sim/ping"
)

// Ping sends ICMP echo requests to a host, given by name or address, in the manner
// of ping(8) of iputils. A nil cfg is the zero Config: one request with 56 bytes of
// data, to whose reply Ping waits up to 10 seconds. An IPv6 address may have a zone, the
// name of an interface. The unspecified address is the machine itself. Of a name's
// addresses Ping takes the first of GetAddrInfo that there is a route to.
//
// Ping returns when as many replies or errors as Count have come, when it has waited
// long enough after the last request, or when ctx ends. If there was a reply the error
// is nil. Otherwise it is a *ping.ConfigError, the *net.DNSError of the lookup, or a
// *net.OpError that says what happened last: it wraps a *ping.ICMPError, a
// syscall.Errno such as ENETUNREACH (no route) or EACCES (Config.Broadcast), the
// error of ctx, or os.ErrDeadlineExceeded if nothing came back. If its owner stops
// meanwhile it wraps net.ErrClosed, replies or not.
func (ns *Netns) Ping(ctx context.Context, host string, cfg *ping.Config) (ping.Stats, error) {
	c, err := cfg.Effective()
	if err != nil {
		return ping.Stats{}, err
	}
	_, sockets, err := ns.open("ping")
	if err != nil {
		return ping.Stats{}, &net.OpError{Op: "ping", Net: c.Network, Err: err}
	}
	addrs, err := ns.pingTargets(ctx, c.Network, host)
	if err != nil {
		return ping.Stats{}, err
	}
	for i, a := range addrs {
		stats, err := pingAddr(ctx, sockets, a, c)
		if stats.Sent > 0 || i == len(addrs)-1 || !errors.Is(err, syscall.ENETUNREACH) {
			return stats, err
		}
	}
	panic("unreachable: a lookup without error has an address")
}

// pingTargets returns the addresses of host in the order in which to try them.
func (ns *Netns) pingTargets(ctx context.Context, network, host string) ([]netip.Addr, error) {
	a, err := netip.ParseAddr(host)
	if err != nil {
		return ns.GetAddrInfo(ctx, network, host)
	}
	if a = a.Unmap(); network == "ip4" && !a.Is4() || network == "ip6" && !a.Is6() {
		return nil, &net.OpError{Op: "ping", Net: network, Err: &net.AddrError{Err: "no suitable address found", Addr: host}}
	}
	return []netip.Addr{a}, nil
}

// pingAddr pings one address. Without a reply the error is the last one that an event
// told of: ping(8) prints each, a caller gets one.
func pingAddr(ctx context.Context, sockets *netstack.Stack, dst netip.Addr, cfg ping.Config) (ping.Stats, error) {
	var last error
	observe := cfg.Observe
	cfg.Observe = func(e ping.Event) {
		if e.Err != nil {
			last = e.Err
		}
		observe(e)
	}
	stats, err := sockets.Ping(ctx, dst, &cfg)
	switch {
	case errors.Is(err, net.ErrClosed):
	case stats.Received > 0:
		return stats, nil
	case last != nil:
		err = last
	case err == nil:
		err = os.ErrDeadlineExceeded
	}
	var errno syscall.Errno
	var call *os.SyscallError
	if stats.Sent == 0 && errors.As(err, &errno) && !errors.As(err, &call) {
		err = os.NewSyscallError("connect", errno)
	}
	op := &net.OpError{Op: "ping", Net: "ip4:icmp", Addr: &net.IPAddr{IP: dst.AsSlice(), Zone: dst.Zone()}, Err: err}
	if dst.Is6() {
		op.Net = "ip6:ipv6-icmp"
	}
	return stats, op
}
