package netcat

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"syscall"
	"time"

	"drydock/sim"
	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/inet"
)

// A run is one run of nc.
type run struct {
	*command.Call
	options
	ctx      context.Context
	services inet.Services
}

// NC is nc(1).
func NC(ctx context.Context, c *command.Call) int {
	n := &run{Call: c, ctx: ctx, services: inet.ReadServices(c)}
	args, err := n.parse(c.Args[1:])
	var unknown *command.OptionError
	switch {
	case errors.As(err, &unknown):
		return n.fail("%v\n%s", err, usage[:len(usage)-1])
	case err == errUsage:
		return c.Fail(1, usage)
	case err != nil:
		return n.fail("%v", err)
	case n.help:
		c.Errorf(helpText)
		return 0
	case n.listen:
		return n.serve(args)
	}
	status := n.connectAll(args[0], args[1:])
	if ctx.Err() != nil {
		return command.Interrupted(ctx)
	}
	return status
}

// fail is errx(3).
func (n *run) fail(format string, args ...any) int {
	n.warn(format, args...)
	return 1
}

func (n *run) warn(format string, args ...any) {
	n.Errorf(n.Args[0]+": "+format+"\n", args...)
}

// connectAll connects to one port after the other. The status is 0 if that worked with one.
func (n *run) connectAll(host string, args []string) (status int) {
	var all []int
	for _, arg := range args {
		ports, err := n.ports(arg, n.services)
		if err != nil {
			return n.fail("%v", err)
		}
		all = append(all, ports...)
	}
	status = 1
	for _, port := range all {
		ok, fatal := n.connectPort(host, port)
		switch {
		case n.ctx.Err() != nil || fatal:
			return 1
		case ok:
			status = 0
		}
	}
	return status
}

// connectPort connects to the first address of a host that lets it, and transfers.
func (n *run) connectPort(host string, port int) (ok, fatal bool) {
	addrs, err := n.lookup(host)
	if err != nil {
		n.warn("getaddrinfo for host \"%s\" port %d: %s", host, port, inet.GAIError(err))
		return false, true
	}
	for _, a := range addrs {
		name := host
		if !n.numeric && a.String() != host {
			name += " (" + a.String() + ")"
		}
		conn, err := n.dial(netip.AddrPortFrom(a, uint16(port)))
		if errors.Is(err, errBind) {
			n.warn("%v", err)
			return false, true
		}
		if err != nil {
			n.tellFailure(name, port, err)
			continue
		}
		ok := n.use(conn, name, port)
		conn.Close()
		return ok, false
	}
	return false, false
}

func (n *run) lookup(host string) ([]netip.Addr, error) {
	if _, numeric := inet.ParseAddr(host); n.numeric && !numeric {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return inet.GetAddrInfo(n.ctx, n.Machine, n.network("ip"), host)
}

func (n *run) tellFailure(name string, port int, err error) {
	switch errno, ok := inet.Errno(err); {
	case !n.verbose || n.ctx.Err() != nil:
	case errors.Is(err, context.DeadlineExceeded):
		n.warn("connect to %s port %d (%s) timed out: Operation now in progress", name, port, n.protocol())
	case ok:
		n.warn("connect to %s port %d (%s) failed: %s", name, port, n.protocol(), inet.Strerror(errno))
	}
}

// use tests a connection, tells of it and transfers, as the options want it.
func (n *run) use(conn net.Conn, name string, port int) (ok bool) {
	if (n.verbose || n.scan) && n.udp && !n.probe(conn) {
		return false
	}
	if n.verbose {
		service := "*"
		if s, ok := n.services.At(uint16(port), n.protocol()); ok && !n.numeric {
			service = s.Name
		}
		n.Errorf("Connection to %s %d port [%s/%s] succeeded!\n", name, port, n.protocol(), service)
	}
	if !n.scan {
		n.transfer(conn)
	}
	return true
}

// scanTimeout is how long a port of UDP is tried.
const scanTimeout = 3 * time.Second

// probe sends a few bytes to a port of UDP, to learn whether it is refused.
func (n *run) probe(conn net.Conn) bool {
	x := []byte("X")
	if _, err := conn.Write(x); err != nil {
		return false
	}
	if _, err := conn.Write(x); errors.Is(err, syscall.ECONNREFUSED) {
		return false
	}
	wait := scanTimeout
	if n.timeout >= 0 {
		wait = n.timeout
	}
	for ; wait > 0; wait -= time.Second {
		timer := time.NewTimer(time.Second)
		select {
		case <-timer.C:
		case <-n.ctx.Done():
			timer.Stop()
			return false
		}
		if _, err := conn.Write(x); errors.Is(err, syscall.ECONNREFUSED) {
			return false
		}
	}
	return true
}

// errBind is that the source is not to be had.
var errBind = errors.New("bind failed")

// A bindError is errBind with its reason.
type bindError struct{ reason string }

func (e bindError) Error() string        { return "bind failed: " + e.reason }
func (e bindError) Is(target error) bool { return target == errBind }

// dial connects, from where -s and -p say.
func (n *run) dial(to netip.AddrPort) (net.Conn, error) {
	ctx := n.ctx
	if n.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, n.timeout)
		defer cancel()
	}
	if n.source == "" && n.sourcePort == "" {
		return n.Machine.DialContext(ctx, n.protocol(), to.String())
	}
	local, err := n.local(to.Addr().Is6())
	if err != nil {
		return nil, err
	}
	m, ok := n.Machine.(interface{ Dialer() sim.Dialer })
	if !ok {
		return nil, bindError{"Operation not permitted"}
	}
	d := m.Dialer()
	if d.LocalAddr = net.TCPAddrFromAddrPort(local); n.udp {
		d.LocalAddr = net.UDPAddrFromAddrPort(local)
	}
	conn, err := d.DialContext(ctx, n.protocol(), to.String())
	if errno, _ := inet.Errno(err); errno == syscall.EADDRNOTAVAIL || errno == syscall.EADDRINUSE {
		return nil, bindError{inet.Strerror(errno)}
	}
	return conn, err
}

// local is what -s and -p say.
func (n *run) local(v6 bool) (netip.AddrPort, error) {
	a := netip.IPv4Unspecified()
	if v6 {
		a = netip.IPv6Unspecified()
	}
	if n.source != "" {
		addrs, err := inet.GetAddrInfo(n.ctx, n.Machine, "ip", n.source)
		if err != nil {
			return netip.AddrPort{}, bindError{inet.GAIError(err)}
		}
		a = addrs[0]
	}
	port := 0
	if n.sourcePort != "" {
		ports, err := n.ports(n.sourcePort, n.services)
		if err != nil {
			return netip.AddrPort{}, bindError{err.Error()}
		}
		port = ports[0]
	}
	return netip.AddrPortFrom(a, uint16(port)), nil
}

// endpoint returns address and port as nc tells them: with the name, if names are wanted.
func (n *run) endpoint(a net.Addr) string {
	ap, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return a.String()
	}
	if n.listen && n.family == 6 && ap.Addr().Is4() { // as a socket of IPv6 has it
		ap = netip.AddrPortFrom(netip.AddrFrom16(ap.Addr().As16()), ap.Port())
	}
	name := ap.Addr().String()
	if !n.numeric && !ap.Addr().IsUnspecified() {
		if names := inet.Names(n.ctx, n.Machine, ap.Addr()); len(names) > 0 {
			name = names[0]
		}
	}
	return name + " " + strconv.Itoa(int(ap.Port()))
}
