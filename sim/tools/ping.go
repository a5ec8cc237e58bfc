package tools

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"

	"drydock/sim/ping"
)

// Ping runs ping(8) on m. The options that it knows are
//
//	-4 -6           use addresses of that family
//	-b              allow a broadcast address
//	-c count        end after so many replies
//	-D              print the time of each line
//	-f              flood: send as fast as replies come
//	-i seconds      between requests
//	-M do|dont|want path MTU discovery
//	-n              print no names
//	-O              print requests that were not answered
//	-q              print only the summary
//	-s bytes        of data in each request
//	-t hops         TTL
//	-w seconds      until the end
//	-W seconds      to wait for the first reply
//
// Without count or deadline it ends with ctx, and prints the summary, as after ^C.
// The *ExitError has status 1 if there was no reply, 2 for other failures, and 137
// if m stopped meanwhile.
func Ping(ctx context.Context, w io.Writer, m Machine, args ...string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p := newPing(ctx, w, m)
	p.failed = cancel // there is nobody left to ping for
	err := p.main(args)
	if p.err != nil {
		return p.err
	}
	return err
}

// A pingRun is one run of the command.
type pingRun struct {
	output
	pingFlags
	ctx context.Context
	m   Machine

	hostname string     // as the first and the last lines have it
	dst      netip.Addr // what is pinged
	begun    bool       // the first line has been printed
	pending  int        // the latest request, while nothing has come back for it
	ewma     int64      // moving average of the round trips, in eighths of a microsecond
}

func newPing(ctx context.Context, w io.Writer, m Machine) *pingRun {
	p := &pingRun{ctx: ctx, m: m, output: output{w: w}}
	p.defaults()
	return p
}

// fail prints an error and returns the exit status for it.
func (p *pingRun) fail(code int, format string, args ...any) error {
	p.printf("ping: "+format+"\n", args...)
	return &ExitError{Code: code}
}

func (p *pingRun) main(args []string) error {
	hosts, err := p.parse(args)
	if err != nil {
		return err
	}
	switch len(hosts) {
	case 0:
		return p.fail(1, "usage error: Destination address required")
	case 1:
	default: // hops of a source route, which is not emulated
		return p.usage()
	}
	addrs, err := p.resolve(hosts[0])
	if err != nil {
		return err
	}
	if p.ttl == 0 {
		return p.fail(2, "cannot set unicast time-to-live: Invalid argument")
	}
	for i, a := range addrs {
		p.dst = a
		stats, err := p.m.Ping(p.ctx, a.String(), p.config(p.event))
		if i < len(addrs)-1 && !p.begun && (errors.Is(err, syscall.ENETUNREACH) || errors.Is(err, syscall.EHOSTUNREACH)) {
			continue
		}
		return p.finish(stats, err)
	}
	panic("unreachable: resolve returned an address")
}

// resolve finds the addresses of the destination and the name to print for it.
func (p *pingRun) resolve(target string) ([]netip.Addr, error) {
	p.hostname = target
	a, numeric := parseAddr(target)
	addrs := []netip.Addr{a}
	if !numeric {
		var err error
		if addrs, err = p.m.GetAddrInfo(p.ctx, "ip", target); err != nil {
			return nil, p.lookupFailed(target, err)
		}
	}
	p.numeric = p.numeric || numeric
	for i, a := range addrs {
		addrs[i] = a.Unmap()
	}
	addrs = slices.DeleteFunc(addrs, func(a netip.Addr) bool { return p.family == 4 && !a.Is4() || p.family == 6 && !a.Is6() })
	if len(addrs) == 0 {
		return nil, p.fail(2, "%s: Address family for hostname not supported", target)
	}
	if !numeric && addrs[0].Is4() {
		p.hostname = p.canonical(target, addrs[0])
	}
	return addrs, nil
}

// lookupFailed prints what getaddrinfo(3) has for the error of a lookup.
func (p *pingRun) lookupFailed(target string, err error) error {
	var dns *net.DNSError
	if !errors.As(err, &dns) {
		return err // the machine does not run
	}
	if dns.IsTemporary || dns.IsTimeout {
		return p.fail(2, "%s: Temporary failure in name resolution", target)
	}
	return p.fail(2, "%s: Name or service not known", target)
}

// canonical returns the first name on the line of /etc/hosts that target is on, or
// target.
func (p *pingRun) canonical(target string, a netip.Addr) string {
	names, err := p.m.LookupAddr(p.ctx, a.String())
	if err != nil || !slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, target) }) {
		return target
	}
	return names[0]
}

// finish prints the end of what Machine.Ping returned and decides the status.
func (p *pingRun) finish(stats ping.Stats, err error) error {
	switch {
	case errors.Is(err, net.ErrClosed): // killed with the container
		return &ExitError{Code: 137, Err: err}
	case !p.begun && stats.Sent == 0 && p.ctx.Err() == nil:
		return p.unsendable(err)
	}
	p.begin()
	p.summary(stats)
	if stats.Received == 0 || p.deadline > 0 && stats.Received < p.count {
		return &ExitError{Code: 1, Err: err}
	}
	return nil
}

// unsendable prints why there was nothing to send.
func (p *pingRun) unsendable(err error) error {
	var errno syscall.Errno
	switch {
	case !errors.As(err, &errno):
		return err // the machine does not run
	case errno == syscall.EACCES:
		return p.fail(2, "Do you want to ping broadcast? Then -b. If not, check your local firewall rules")
	case errno == syscall.ENODEV: // of the zone
		return p.fail(2, "%s: Name or service not known", p.hostname)
	}
	return p.fail(2, "connect: %s", strerror(errno))
}
