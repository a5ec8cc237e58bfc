package traceroute

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"syscall"

	"drydock/sim"
	"drydock/sim/ping"
	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/inet"
)

// A machine is one that may send probes.
type machine interface {
	Ping(ctx context.Context, host string, cfg *ping.Config) (ping.Stats, error)
	Dialer() sim.Dialer
}

// A trace is one run of traceroute.
type trace struct {
	*command.Call
	options
	ctx     context.Context
	m       machine
	dst     netip.Addr
	src     netip.Addr // of -s; invalid: the stack's choice
	payload int        // bytes of a probe behind its headers
	sent    int
}

// Traceroute is traceroute(1).
func Traceroute(ctx context.Context, c *command.Call) int { return run(ctx, c, newOptions()) }

// Traceroute6 is traceroute for IPv6.
func Traceroute6(ctx context.Context, c *command.Call) int {
	o := newOptions()
	o.family = 6
	return run(ctx, c, o)
}

// Sizes of headers.
const (
	ip4, ip6 = 20, 40
	udp      = 8 // and that of an echo request
	synData  = 40
)

func run(ctx context.Context, c *command.Call, o options) int {
	t := &trace{Call: c, options: o, ctx: ctx}
	t.services = inet.ReadServices(c)
	err := t.parse(c.Args[1:])
	switch {
	case err != nil:
		return c.Fail(2, "%v\n", err)
	case t.version:
		c.Printf("Modern traceroute for Linux, version 2.1.2\nCopyright (c) 2016  Dmitry Butskoy,   License: GPL v2 or any later\n")
		return 0
	case t.help || t.host == "":
		c.Printf(usage)
		return 0
	}
	var ok bool
	if t.m, ok = c.Machine.(machine); !ok {
		return c.Fail(1, "socket: Operation not permitted\n")
	}
	if t.dst, err = t.resolve(t.host); err != nil {
		return c.Fail(2, "%s: %s\nCannot handle \"host\" cmdline arg `%[1]s' on position 1 (argc %[3]d)\n",
			t.host, inet.GAIError(err), position(c.Args[1:], t.host))
	}
	if t.source != "" {
		if t.src, err = t.resolve(t.source); err != nil {
			return c.Fail(2, "%s: %s\nCannot handle `-s' option with arg `%[1]s' (argc %[3]d)\n",
				t.source, inet.GAIError(err), position(c.Args[1:], t.source))
		}
		if t.src.Is4() != t.dst.Is4() {
			return c.Fail(2, "IP version mismatch in addresses specified\n")
		}
	}
	c.Printf("traceroute to %s (%s), %d hops max, %d byte packets", t.host, t.dst, t.hops, t.measure())
	return t.walk()
}

// measure sets the payload and returns the size of a packet.
func (t *trace) measure() int {
	headers := ip4
	if t.dst.Is6() {
		headers = ip6
	}
	if t.method == byTCP { // whose packets are as large as their options make them
		return headers + synData
	}
	headers += udp
	size := t.size
	if size == 0 {
		size = headers + synData - udp
	}
	t.payload = max(size-headers, 0)
	return headers + t.payload
}

// resolve returns the address of a name: one of IPv4 if it has one.
func (t *trace) resolve(name string) (netip.Addr, error) {
	network := "ip"
	if t.family != 0 {
		network += strconv.Itoa(t.family)
	}
	addrs, err := inet.GetAddrInfo(t.ctx, t.Machine, network, name)
	if err != nil {
		return netip.Addr{}, err
	}
	return addrs[max(0, slices.IndexFunc(addrs, netip.Addr.Is4))], nil
}

// print prints what came of the nth probe. The lines end where the next begins.
func (t *trace) print(probes []probe, nth int) {
	p := &probes[nth]
	in := nth % t.queries
	if in == 0 {
		t.Printf("\n%2d ", p.ttl)
	}
	if !p.from.IsValid() {
		t.Printf(" *")
		return
	}
	last := netip.Addr{}
	for _, before := range probes[nth-in : nth] {
		if before.from.IsValid() {
			last = before.from
		}
	}
	if p.from != last {
		t.Printf(" %s", t.name(p.from))
	}
	t.Printf("  %.3f ms%s", float64(p.rtt.Nanoseconds())/1e6, p.note)
}

// name returns an address with its name, if names are wanted.
func (t *trace) name(a netip.Addr) string {
	a = a.WithZone("")
	if t.numeric {
		return a.String()
	}
	name := a.String()
	if names := inet.Names(t.ctx, t.Machine, a); len(names) > 0 {
		name = names[0]
	}
	return fmt.Sprintf("%s (%s)", name, a)
}

// fail ends a trace whose probes cannot be sent.
func (t *trace) fail(err error) int {
	call := "send"
	var e *net.OpError
	if errors.As(err, &e) && e.Op == "dial" {
		call = "connect"
	}
	var errno syscall.Errno
	switch {
	case t.ctx.Err() != nil:
		return command.Interrupted(t.ctx)
	case errors.Is(err, net.ErrClosed):
		return command.Killed
	case errors.As(err, &errno) && (errno == syscall.EADDRNOTAVAIL && t.src.IsValid()):
		call = "bind"
	}
	return t.Fail(1, "\n%s: %s\n", call, inet.Reason(err))
}
