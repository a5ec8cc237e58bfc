package iputils

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"syscall"

	"drydock/sim"
	"drydock/sim/ping"
	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/inet"
)

// A machine is one that may ping: containers and hosts.
type machine interface {
	Ping(ctx context.Context, host string, cfg *ping.Config) (ping.Stats, error)
	GetAddrInfo(ctx context.Context, network, host string) ([]netip.Addr, error)
	LookupAddr(ctx context.Context, addr string) ([]string, error)
	Interfaces() []sim.Interface
}

// A run is one run of the command. Its event is called by the goroutine that pings,
// which is that of main, so nothing is locked.
type run struct {
	*command.Call
	options
	ctx    context.Context
	m      machine
	name   string // of the program, in messages
	centos bool   // it is that of CentOS 8

	hostname string     // as the first and the last lines have it
	dst      netip.Addr // what is pinged
	begun    bool       // the first line has been printed
	pending  int        // the latest request, while nothing has come back for it
	named    netip.Addr // of which text is
	text     string

	mu    sync.Mutex // status prints them while Ping runs
	tally tally      // +checklocks:mu
}

// Ping is ping(8). Where it may not ping it fails as iputils does without CAP_NET_RAW
// and outside net.ipv4.ping_group_range.
func Ping(ctx context.Context, c *command.Call) int { return start(ctx, c, false) }

// PingCentOS is ping of iputils s20180629, as CentOS 8 has it. Its summary leaves the
// seconds out of the time, cuts means off before it takes the deviation, and round trips
// are cut off, not rounded.
func PingCentOS(ctx context.Context, c *command.Call) int { return start(ctx, c, true) }

// start runs ping with its signals: SIGINT ends it, SIGQUIT prints how it stands.
func start(ctx context.Context, c *command.Call, centos bool) int {
	m, ok := c.Machine.(machine)
	if !ok {
		return c.Fail(2, "%s: socktype: SOCK_RAW\n%[1]s: socket: Operation not permitted\n", c.Args[0])
	}
	p := newRun(ctx, c, m)
	p.name, p.centos = c.Args[0], centos
	switch p.name {
	case "ping4":
		p.family = 4
	case "ping6":
		p.family = 6
	}
	ctx, stop := inet.NotifyContext(ctx, c, command.SIGINT)
	defer stop()
	p.ctx = ctx
	defer p.answer(c.Notify(command.SIGQUIT))()
	return p.main()
}

func newRun(ctx context.Context, c *command.Call, m machine) *run {
	return &run{Call: c, ctx: ctx, m: m, name: "ping", options: defaults}
}

// fail prints an error and returns the exit status for it.
func (p *run) fail(status int, format string, args ...any) int {
	return p.Fail(status, p.name+": "+format+"\n", args...)
}

// main is what iputils' main does, in its order: options, the name, the TTL, and then
// each address until a request can be sent to one.
func (p *run) main() (status int) {
	hosts, err := p.parse(p.Args[1:])
	if err != nil {
		return p.refuse(err)
	}
	if p.version {
		return p.printVersion()
	}
	if len(hosts) != 1 { // more are the hops of a source route, which is not emulated
		return p.refuse(errUsage)
	}
	if p.pattern != "" && !p.quiet {
		p.Printf("PATTERN: 0x%x\n", p.pattern)
	}
	p.printSockets()
	addrs, status := p.resolve(hosts[0])
	if status != 0 {
		return status
	}
	if p.ttl == 0 {
		return p.fail(2, "cannot set unicast time-to-live: Invalid argument")
	}
	for i, a := range addrs {
		p.dst = a
		if status := p.checkInterface(); status != 0 {
			return status
		}
		p.printAddress(a)
		stats, err := p.m.Ping(p.ctx, a.String(), p.config(p.event))
		if i < len(addrs)-1 && !p.begun && (errors.Is(err, syscall.ENETUNREACH) || errors.Is(err, syscall.EHOSTUNREACH)) {
			continue // as iputils does since 20210722: the next address may be of a family that has a route
		}
		return p.finish(stats, err)
	}
	panic("unreachable: resolve returned an address")
}

// resolve finds the addresses of the destination and the name to print for it. A number
// is no name: it is parsed as inet_aton(3) does and nothing is looked up for replies,
// as with -n. IPv6 destinations keep the name that was given, those of IPv4 get their
// canonical one: iputils asks getaddrinfo for it and uses it for IPv4 alone. The first address alone has one, so that with -4 a
// name that has an IPv6 address, too, gets none, but from the ping of CentOS, which asks for one family.
func (p *run) resolve(target string) (addrs []netip.Addr, status int) {
	p.hostname = target
	a, numeric := inet.ParseAddr(target)
	addrs = []netip.Addr{a}
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
	first := addrs[0]
	addrs = slices.DeleteFunc(slices.Clone(addrs), func(a netip.Addr) bool { return p.family == 4 && !a.Is4() || p.family == 6 && !a.Is6() })
	switch {
	case len(addrs) == 0:
		return nil, p.fail(2, "%s: Address family for hostname not supported", target)
	case numeric:
	case first.Is4():
		p.hostname = inet.Canonical(p.Call, target)
	case addrs[0].Is4() && !p.centos:
		p.printAddress(first)
		p.hostname = ""
	}
	return addrs, 0
}

// lookupFailed prints what getaddrinfo(3) has for the error of a lookup: EAI_AGAIN if a
// server was not there or refused, else EAI_NONAME.
func (p *run) lookupFailed(target string, err error) (status int) {
	var dns *net.DNSError
	switch {
	case !errors.As(err, &dns):
		return p.down(err)
	case dns.IsTemporary || dns.IsTimeout:
		return p.fail(2, "%s: Temporary failure in name resolution", target)
	}
	return p.fail(2, "%s: Name or service not known", target)
}

// down is how ping ends on a machine that does not run, on which no process could
// begin.
func (p *run) down(err error) (status int) { return p.fail(2, "%v", err) }

// finish prints the end of what the machine's Ping returned and decides the status. The
// summary comes after ^C, too, even if nothing was sent by then.
func (p *run) finish(stats ping.Stats, err error) (status int) {
	switch {
	case errors.Is(err, net.ErrClosed): // killed with the container
		return command.Killed
	case !p.begun && stats.Sent == 0 && p.ctx.Err() == nil:
		return p.unsendable(err)
	}
	p.begin(p.source)
	p.summary(stats)
	if stats.Received == 0 || p.deadline > 0 && stats.Received < p.count {
		return 1
	}
	return 0
}

// unsendable prints why there was nothing to send: iputils connects a UDP socket first
// to learn its own address, and these are the errors of that connect(2).
func (p *run) unsendable(err error) (status int) {
	var errno syscall.Errno
	switch {
	case !errors.As(err, &errno):
		return p.down(err)
	case errno == syscall.EACCES:
		return p.fail(2, "Do you want to ping broadcast? Then -b. If not, check your local firewall rules")
	case p.source.IsValid() && errno == syscall.EADDRNOTAVAIL:
		return p.fail(2, "bind: %s", inet.Strerror(errno))
	case errno == syscall.ENODEV: // of the zone
		return p.fail(2, "%s: Name or service not known", p.hostname)
	}
	if p.centos {
		return p.Fail(2, "connect: %s\n", inet.Strerror(errno))
	}
	return p.fail(2, "connect: %s", inet.Strerror(errno))
}
