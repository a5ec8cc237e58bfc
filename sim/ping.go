package sim

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"drydock/sim/internal/netstack"
)

// PingStats sums up a Ping as the last lines of ping(8) do. Round trips are in whole
// microseconds.
type PingStats struct {
	Sent       int
	Received   int // requests that were answered
	Duplicates int // further replies to them
	Errors     int // reported by ICMP, or because the request was too large
	Pipe       int // requests that were under way at most

	Time                time.Duration // from the first request to the last
	Min, Avg, Max, MDev time.Duration // of the round trips
}

// Loss returns the share of requests that were not answered, from 0 to 1.
func (s PingStats) Loss() float64 {
	if s.Sent == 0 {
		return 0
	}
	return float64(s.Sent-s.Received) / float64(s.Sent)
}

// A PingEvent is something that happened to a request of Ping: it was sent or
// could not be, was answered, or an error was reported for it.
type PingEvent struct {
	Seq       int           // of the request, from 1; it is sent as 16 bits and starts over at 0
	From      netip.Addr    // of the reply or error; invalid if the request was sent, or could not be
	TTL       int           // that the reply arrived with
	Size      int           // of the reply in bytes, ICMP header included
	RTT       time.Duration // since the request was sent
	Duplicate bool          // the request has been answered before
	Err       error         // instead of a reply: an *ICMPError; instead of sending: a *os.SyscallError
	MTU       int           // if Err is EMSGSIZE, what does fit
}

// Ping sends ICMP echo requests to a host, given by name or address, in the manner
// of ping(8) of iputils: by default one, with 56 bytes of data, to whose reply it
// waits up to 10 seconds. An IPv6 address may have a zone, the name of an
// interface. The unspecified address is the machine itself. Of a name's addresses Ping
// takes the first of GetAddrInfo that there is a route to.
//
// Ping returns when as many replies or errors as the PingCount have come, when it
// has waited long enough after the last request, or when ctx ends. If there was a
// reply the error is nil. Otherwise it is the *net.DNSError of the lookup, or a
// *net.OpError that says what happened last: it wraps an *ICMPError, a
// syscall.Errno such as ENETUNREACH (no route) or EACCES (see PingBroadcast), the
// error of ctx, or os.ErrDeadlineExceeded if nothing came back. If m stops
// meanwhile it wraps net.ErrClosed, replies or not.
func (m *machine) Ping(ctx context.Context, host string, opts ...PingOption) (PingStats, error) {
	cfg := defaultPing()
	for _, opt := range opts {
		if err := opt(&cfg); err != nil {
			return PingStats{}, err
		}
	}
	_, sockets, err := m.open("ping")
	if err != nil {
		return PingStats{}, &net.OpError{Op: "ping", Net: cfg.network, Err: err}
	}
	addrs, err := m.pingTargets(ctx, cfg.network, host)
	if err != nil {
		return PingStats{}, err
	}
	for i, a := range addrs {
		cfg.Dst = a
		stats, err := ping(ctx, sockets, cfg)
		if stats.Sent > 0 || i == len(addrs)-1 || !errors.Is(err, syscall.ENETUNREACH) {
			return stats, err
		}
	}
	panic("unreachable: a lookup without error has an address")
}

// pingTargets returns the addresses of host in the order in which to try them.
func (m *machine) pingTargets(ctx context.Context, network, host string) ([]netip.Addr, error) {
	a, err := netip.ParseAddr(host)
	if err != nil {
		return m.GetAddrInfo(ctx, network, host)
	}
	if a = a.Unmap(); network == "ip4" && !a.Is4() || network == "ip6" && !a.Is6() {
		return nil, &net.OpError{Op: "ping", Net: network, Err: &net.AddrError{Err: "no suitable address found", Addr: host}}
	}
	return []netip.Addr{a}, nil
}

// ping pings one address.
func ping(ctx context.Context, sockets *netstack.Stack, cfg pingConfig) (PingStats, error) {
	var last error
	st, err := sockets.Ping(ctx, cfg.PingConfig, func(e netstack.PingEvent) {
		event := newPingEvent(e)
		if event.Err != nil {
			last = event.Err
		}
		if cfg.observe != nil {
			cfg.observe(event)
		}
	})
	stats := PingStats(st)
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
	if stats.Sent == 0 && errors.As(err, &errno) {
		err = os.NewSyscallError("connect", errno)
	}
	op := &net.OpError{Op: "ping", Net: "ip4:icmp", Addr: &net.IPAddr{IP: cfg.Dst.AsSlice(), Zone: cfg.Dst.Zone()}, Err: err}
	if cfg.Dst.Is6() {
		op.Net = "ip6:ipv6-icmp"
	}
	return stats, op
}

func newPingEvent(e netstack.PingEvent) PingEvent {
	event := PingEvent{
		Seq: e.Seq, From: e.From, TTL: e.TTL, Size: e.Size, RTT: e.RTT, Duplicate: e.Duplicate, MTU: e.MTU,
	}
	switch {
	case e.ICMP != nil:
		event.Err = &ICMPError{From: e.ICMP.From, Type: e.ICMP.Type, Code: e.ICMP.Code, Info: int(e.ICMP.Info)}
	case e.Errno != nil:
		event.Err = os.NewSyscallError("sendmsg", e.Errno)
	}
	return event
}
