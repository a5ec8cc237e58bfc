package wget

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"syscall"

	"drydock/sim"
	"drydock/sim/tools/internal/http1"
	"drydock/sim/tools/internal/inet"
)

// obtain returns a connection to the server: the one that is left, or a new one.
func (t *transfer) obtain() (*connection, error) {
	host, port := t.url.Hostname(), t.url.Port()
	if port == "" {
		port = "80"
	}
	key := net.JoinHostPort(host, port)
	if c := t.idle; c != nil {
		t.idle = nil
		if c.host == key {
			t.say("Reusing existing connection to %s.\n", key)
			return c, nil
		}
		c.Close()
	}
	addrs, err := t.resolve(host)
	if err != nil {
		return nil, err
	}
	conn, err := t.connect(addrs, host, port)
	if err != nil {
		return nil, err
	}
	return &connection{Conn: conn, host: key, read: http1.NewReader(conn)}, nil
}

// resolve looks a host up, and tells so unless it is an address.
func (t *transfer) resolve(host string) ([]netip.Addr, error) {
	kind := "ip"
	if t.family != 0 {
		kind += strconv.Itoa(t.family)
	}
	_, numeric := inet.ParseAddr(host)
	if !numeric {
		t.say("Resolving %s (%[1]s)... ", host)
	}
	addrs, err := inet.GetAddrInfo(t.ctx, t.Machine, kind, host)
	if err != nil {
		if t.ctx.Err() == nil {
			t.say("failed: %s.\n", inet.GAIError(err))
			t.note("wget: unable to resolve host address %s\n", t.quote(host))
		}
		return nil, err
	}
	if !numeric {
		var list []string
		for _, a := range addrs {
			list = append(list, a.String())
		}
		t.say("%s\n", strings.Join(list, ", "))
	}
	return addrs, nil
}

// connect connects to the first address that lets it.
func (t *transfer) connect(addrs []netip.Addr, host, port string) (conn net.Conn, err error) {
	for _, a := range addrs {
		at := net.JoinHostPort(a.String(), port)
		if a.String() == host {
			t.say("Connecting to %s... ", at)
		} else {
			t.say("Connecting to %s (%[1]s)|%s|:%s... ", host, a, port)
		}
		if conn, err = t.dial(at); err == nil {
			t.say("connected.\n")
			return conn, nil
		}
		if t.ctx.Err() != nil {
			return nil, err
		}
		errno, ok := inet.Errno(err)
		if errors.Is(err, context.DeadlineExceeded) {
			errno, ok = syscall.ETIMEDOUT, true
		}
		reason := err.Error()
		if ok {
			reason = inet.Strerror(errno)
		}
		t.say("failed: %s.\n", reason)
		switch errno {
		case syscall.ENETUNREACH, syscall.EHOSTUNREACH:
			t.retry = false
		case syscall.ECONNREFUSED:
			t.retry = t.retryRefused
		default:
			t.retry = true
		}
	}
	return nil, err
}

func (t *transfer) dial(at string) (net.Conn, error) {
	ctx := t.ctx
	if t.connectTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, t.connectTimeout)
		defer cancel()
	}
	if t.bind == "" {
		return t.Machine.DialContext(ctx, "tcp", at)
	}
	m, ok := t.Machine.(interface{ Dialer() sim.Dialer })
	local, err := inet.GetAddrInfo(ctx, t.Machine, "ip", t.bind)
	if err != nil || !ok {
		return nil, syscall.EADDRNOTAVAIL
	}
	d := m.Dialer()
	d.LocalAddr = &net.TCPAddr{IP: local[0].AsSlice()}
	return d.DialContext(ctx, "tcp", at)
}
