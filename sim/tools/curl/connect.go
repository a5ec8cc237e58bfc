package curl

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"drydock/sim"
	"drydock/sim/dockerd"
	"drydock/sim/tools/internal/http1"
	"drydock/sim/tools/internal/inet"
	"drydock/sim/tools/internal/onhost"
)

// A connection is one to a server or a proxy.
type connection struct {
	net.Conn
	number int
	host   string // as messages have it
	key    string // "host:port" that it can be used again for
	read   *http1.Reader
}

// defaultConnectTimeout is DEFAULT_CONNECT_TIMEOUT.
const defaultConnectTimeout = 5 * time.Minute

// happyEyeballs is how long addresses of the first family have before those of the second
// are tried, too.
const happyEyeballs = 200 * time.Millisecond

// dial connects to a host. Deadline and connect timeout are that of the transfer.
func (t *transfer) dial(host, port string) (*connection, error) {
	number := t.session.next
	t.session.next++
	if t.unixSocket != "" {
		return t.dialUnix(host, port, number)
	}
	name, toName, toPort := host, t.to.toHost, t.to.toPort
	if toName != "" {
		name = "(nil)" // as curl prints it with --connect-to
	}
	if toName == "" {
		toName = host
	}
	if toPort == "" {
		toPort = port
	}
	addrs, err := t.lookup(toName, toPort)
	t.lookedUp = time.Since(t.start)
	if err == nil {
		var conn net.Conn
		if conn, err = t.connect(addrs, toPort); err == nil {
			t.connected = time.Since(t.start)
			t.connects++
			t.info("Connected to %s (%s) port %s (#%d)", name, remoteAddr(conn), toPort, number)
			return &connection{Conn: conn, number: number, host: name, key: t.key(), read: http1.NewReader(conn)}, nil
		}
	}
	err = t.connectError(err, host, port)
	t.info("%v", err)
	t.closing(number)
	return nil, err
}

// dialUnix connects to the socket of --unix-socket. The only one that there is is dockerd's.
func (t *transfer) dialUnix(host, port string, number int) (*connection, error) {
	t.info("  Trying %s:0...", t.unixSocket)
	var conn net.Conn
	err := error(syscall.ENOENT)
	if h := onhost.Of(t.Machine); h != nil {
		conn, err = dockerd.DialSocket(t.ctx, h, t.unixSocket)
	}
	if err != nil {
		err = t.connectError(err, host, port)
		t.info("%v", err)
		t.closing(number)
		return nil, err
	}
	t.connected = time.Since(t.start)
	t.connects++
	t.info("Connected to %s (%s) port %s (#%d)", host, t.unixSocket, port, number)
	return &connection{Conn: conn, number: number, host: host, key: t.key(), read: http1.NewReader(conn)}, nil
}

func remoteAddr(c net.Conn) string {
	host, _, _ := net.SplitHostPort(c.RemoteAddr().String())
	return host
}

// connectError returns what curl says of an error of dial. That the time for the transfer
// is up is told another way than that the time to connect is.
func (t *transfer) connectError(err error, host, port string) error {
	var f *failure
	ms := time.Since(t.start).Milliseconds()
	switch {
	case errors.As(err, &f):
		return f
	case t.expired():
		return &failure{operationTimedOut, fmt.Sprintf("Connection timed out after %d milliseconds", ms)}
	case errors.Is(err, context.DeadlineExceeded):
		return &failure{operationTimedOut, fmt.Sprintf("Failed to connect to %s port %s after %d ms: Timeout was reached", host, port, ms)}
	}
	return &failure{couldntConnect, fmt.Sprintf("Failed to connect to %s port %s after %d ms: Couldn't connect to server", host, port, ms)}
}

// lookup returns the addresses of a host: those of --resolve, or what getaddrinfo(3) has.
func (t *transfer) lookup(host, port string) ([]netip.Addr, error) {
	if addrs, ok := t.resolve[strings.ToLower(host)+":"+port]; ok {
		t.info("Hostname %s was found in DNS cache", host)
		return addrs, nil
	}
	network := "ip"
	if t.family != 0 {
		network += strconv.Itoa(t.family)
	}
	addrs, err := inet.GetAddrInfo(t.ctx, t.Machine, network, host)
	switch {
	case t.expired():
		return nil, &failure{operationTimedOut, fmt.Sprintf("Resolving timed out after %d milliseconds", time.Since(t.start).Milliseconds())}
	case err != nil || len(addrs) == 0:
		if t.proxy != "" {
			return nil, &failure{couldntResolveProxy, "Could not resolve proxy: " + host}
		}
		return nil, &failure{couldntResolveHost, "Could not resolve host: " + host}
	}
	return addrs, nil
}

// An attempt is what came of one family.
type attempt struct {
	conn net.Conn
	err  error
}

// connect tries the addresses of each family in their order. The family of the first
// address begins; the other follows when that has failed or has taken long.
func (t *transfer) connect(addrs []netip.Addr, port string) (net.Conn, error) {
	limit := t.connectTimeout
	if limit == 0 {
		limit = defaultConnectTimeout
	}
	ctx, cancel := context.WithTimeout(t.ctx, limit+late)
	defer cancel()
	first, second := byFamily(addrs)
	results := make(chan attempt, 2)
	failed := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		conn, err := t.tryEach(ctx, first, port)
		close(failed)
		results <- attempt{conn, err}
	})
	running.Go(func() {
		if len(second) == 0 || !waitFor(ctx, failed, happyEyeballs) {
			results <- attempt{err: errSkipped}
			return
		}
		conn, err := t.tryEach(ctx, second, port)
		results <- attempt{conn, err}
	})
	got := <-results
	if got.err != nil {
		if other := <-results; other.err != errSkipped {
			got = other
		}
	}
	cancel()
	running.Wait()
	select {
	case late := <-results: // of who has lost
		if late.conn != nil {
			late.conn.Close()
		}
	default:
	}
	return got.conn, got.err
}

// byFamily parts addresses in those of the family of the first and the others.
func byFamily(addrs []netip.Addr) (first, second []netip.Addr) {
	for _, a := range addrs {
		if a.Is4() == addrs[0].Is4() {
			first = append(first, a)
		} else {
			second = append(second, a)
		}
	}
	return first, second
}

// errSkipped is that there is no second family, or no need to try it.
var errSkipped = errors.New("not tried")

// waitFor waits until done is closed or the time is up, and tells whether ctx still lasts.
func waitFor(ctx context.Context, done <-chan struct{}, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	case <-ctx.Done():
	}
	return ctx.Err() == nil
}

// tryEach connects to the first address that lets it. Each but the last has half of the
// time that is left.
func (t *transfer) tryEach(ctx context.Context, addrs []netip.Addr, port string) (conn net.Conn, err error) {
	for i, a := range addrs {
		attempt, cancel := ctx, func() {}
		if deadline, ok := ctx.Deadline(); ok && i < len(addrs)-1 {
			attempt, cancel = context.WithTimeout(ctx, time.Until(deadline)/2)
		}
		conn, err = t.try(attempt, a, port)
		cancel()
		if err == nil || ctx.Err() != nil {
			return conn, err
		}
	}
	return nil, err
}

func (t *transfer) try(ctx context.Context, a netip.Addr, port string) (net.Conn, error) {
	at := net.JoinHostPort(a.String(), port)
	t.info("  Trying %s...", at)
	dialer, err := t.dialer(a)
	if err != nil {
		return nil, err
	}
	conn, err := dialer(ctx, "tcp", at)
	if f := (*failure)(nil); errors.As(err, &f) {
		return nil, err
	}
	errno, ok := inet.Errno(err)
	switch {
	case err == nil || ctx.Err() != nil || !ok:
	case errno == syscall.ENETUNREACH || errno == syscall.EADDRNOTAVAIL:
		t.info("Immediate connect fail for %s: %s", a, inet.Strerror(errno))
	default:
		t.info("connect to %s port %s failed: %s", a, port, inet.Strerror(errno))
	}
	return conn, err
}

type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// dialer returns what connects from the address that --interface and a port that --local-port asks for.
func (t *transfer) dialer(to netip.Addr) (dialFunc, error) {
	if t.iface == "" && t.localPort == 0 {
		return t.Machine.DialContext, nil
	}
	if t.iface == "" {
		return t.dialFrom(netip.Addr{}), nil
	}
	m, ok := t.Machine.(interface {
		Dialer() sim.Dialer
		Interfaces() []sim.Interface
	})
	if !ok {
		return nil, &failure{interfaceFailed, "Couldn't bind to '" + t.iface + "'"}
	}
	local, isAddr := parseAddr(t.iface)
	here := false
	for _, i := range m.Interfaces() {
		for _, p := range i.Addrs {
			if !isAddr && i.Name == t.iface && p.Addr().Is4() == to.Is4() && !p.Addr().IsLinkLocalUnicast() {
				local, here = p.Addr(), true
			}
			here = here || isAddr && p.Contains(local) && (p.Addr() == local || local.IsLoopback())
		}
	}
	if !isAddr && !here {
		return nil, &failure{interfaceFailed, "Couldn't bind to '" + t.iface + "'"}
	}
	if isAddr {
		t.info("Name '%s' family 2 resolved to '%s' family 2", t.iface, local)
		t.info("Local port: 0")
	}
	if !here {
		return nil, &failure{interfaceFailed, "bind failed with errno 99: Cannot assign requested address"}
	}
	return t.dialFrom(local), nil
}

// dialFrom returns what connects from an address, the zero one being any, and the first local port
// that is free.
func (t *transfer) dialFrom(local netip.Addr) dialFunc {
	return func(ctx context.Context, network, address string) (conn net.Conn, err error) {
		m, ok := t.Machine.(interface{ Dialer() sim.Dialer })
		if !ok {
			return nil, &failure{interfaceFailed, "bind failed with errno 1: Operation not permitted"}
		}
		d := m.Dialer()
		for port := t.localPort; port <= max(t.localPort, t.lastPort) && port < 1<<16; port++ {
			d.LocalAddr = &net.TCPAddr{IP: local.AsSlice(), Port: port}
			conn, err = d.DialContext(ctx, network, address)
			if errno, _ := inet.Errno(err); errno != syscall.EADDRINUSE {
				if port > 0 {
					t.info("Local port: %d", port)
				}
				return conn, err
			}
			if port < t.lastPort {
				t.info("Bind to local port %d failed, trying next", port)
			}
		}
		return nil, &failure{interfaceFailed, "bind failed with errno 98: Address already in use"}
	}
}
