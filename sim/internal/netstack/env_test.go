package netstack

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"testing"
	"testing/synctest"

	"drydock/veth"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// newStack returns a stack with lo and IPv6, closed with the test.
func newStack(tb testing.TB, opts Options) *Stack {
	tb.Helper()
	s := New(opts)
	tb.Cleanup(s.Close)
	require.NoError(tb, s.AddLoopback())
	require.NoError(tb, s.SetIPv6(true))
	return s
}

// newPair returns two stacks on one cable: 10.0.0.1 and 10.0.0.2, fd00::1 and
// fd00::2, fe80::1 and fe80::2.
func newPair(tb testing.TB, opts Options, cable ...veth.Option) (a, b *Stack) {
	tb.Helper()
	end1, end2, err := veth.Pair(append([]veth.Option{veth.WithSeed(opts.Seed)}, cable...)...)
	require.NoError(tb, err)
	return newEnd(tb, opts, end1, 1), newEnd(tb, opts, end2, 2)
}

// A lasting end keeps its cable when the stack is closed, so that its last segments
// arrive.
type lasting struct{ *veth.Endpoint }

func (lasting) Close() {}

// newEnd returns the stack of number n on a cable.
func newEnd(tb testing.TB, opts Options, end *veth.Endpoint, n int) *Stack {
	tb.Helper()
	tb.Cleanup(end.Close)
	opts.Seed += uint64(n)
	s := newStack(tb, opts)
	require.NoError(tb, s.AddNIC(2, "eth0", lasting{end}))
	for _, prefix := range []string{"10.0.0.%d/24", "fd00::%d/64", "fe80::%d/64"} {
		require.NoError(tb, s.AddAddr(2, netip.MustParsePrefix(fmt.Sprintf(prefix, n))))
	}
	return s
}

// A network is what programs use of package net.
type network interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
	Listen(ctx context.Context, network, address string) (net.Listener, error)
	ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error)
	dialFrom(local net.Addr, network, address string) (net.Conn, error)
}

// A machine is the network of the machine that runs the test.
type machine struct {
	net.Dialer
	net.ListenConfig
}

func (*machine) dialFrom(local net.Addr, network, address string) (net.Conn, error) {
	return (&net.Dialer{LocalAddr: local}).Dial(network, address)
}

func (s *Stack) dialFrom(local net.Addr, network, address string) (net.Conn, error) {
	return (&Dialer{Stack: s, LocalAddr: local}).DialContext(context.Background(), network, address)
}

// An env is where a test of sockets runs.
type env struct {
	client, server network
	host           string // address of the server
	real           bool   // the machine's
	cable          bool   // whether client and server are on a segment 10.0.0.0/24
}

func (e env) addr() string { return net.JoinHostPort(e.host, "0") }

// An envType makes environments.
type envType struct {
	name    string
	virtual bool // only inside a testing/synctest bubble
	new     func(tb testing.TB) env
}

var envs = []envType{
	{"machine", false, func(tb testing.TB) env {
		if runtime.GOOS != "linux" {
			tb.Skip("the errors are those of Linux")
		}
		return env{new(machine), new(machine), "127.0.0.1", true, false}
	}},
	{"lo", false, func(tb testing.TB) env {
		s := newStack(tb, Options{Seed: 1})
		return env{s, s, "127.0.0.1", false, false}
	}},
	{"cable", false, func(tb testing.TB) env {
		a, b := newPair(tb, Options{Seed: 1})
		return env{a, b, "10.0.0.2", false, true}
	}},
	{"cable6", false, func(tb testing.TB) env {
		a, b := newPair(tb, Options{Seed: 1})
		return env{a, b, "fd00::2", false, true}
	}},
	{"router", false, func(tb testing.TB) env {
		a, b := newPair(tb, Options{Seed: 1, Router: true})
		return env{a, b, "10.0.0.2", false, true}
	}},
	{"virtual router", true, func(tb testing.TB) env {
		a, b := newPair(tb, Options{Seed: 1, Virtual: true, Router: true})
		return env{a, b, "fd00::2", false, true}
	}},
	{"virtual", true, func(tb testing.TB) env {
		a, b := newPair(tb, Options{Seed: 1, Virtual: true})
		return env{a, b, "10.0.0.2", false, true}
	}},
	{"virtual lo", true, func(tb testing.TB) env {
		s := newStack(tb, Options{Seed: 1, Virtual: true})
		return env{s, s, "127.0.0.1", false, false}
	}},
}

// run runs a test in an environment of this type.
func (et envType) run(t *testing.T, f func(t *testing.T, e env)) {
	t.Run(et.name, func(t *testing.T) {
		if !et.virtual {
			t.Parallel()
			f(t, et.new(t))
			return
		}
		synctest.Test(t, func(t *testing.T) { f(t, et.new(t)) })
	})
}

// everywhere runs a test in all environments.
func everywhere(t *testing.T, f func(t *testing.T, e env)) {
	for _, et := range envs {
		et.run(t, f)
	}
}

// A streamConn is a *TCPConn or *net.TCPConn.
type streamConn interface {
	net.Conn
	CloseRead() error
	CloseWrite() error
	SetLinger(sec int) error
	SetKeepAlive(on bool) error
	SetKeepAliveConfig(config net.KeepAliveConfig) error
	SetNoDelay(noDelay bool) error
	SetReadBuffer(bytes int) error
	SetWriteBuffer(bytes int) error
}

func (e env) listen(tb testing.TB, network string) net.Listener {
	tb.Helper()
	l, err := e.server.Listen(context.Background(), network, e.addr())
	require.NoError(tb, err)
	tb.Cleanup(func() { l.Close() })
	return l
}

func (e env) listenPacket(tb testing.TB, network string) net.PacketConn {
	tb.Helper()
	c, err := e.server.ListenPacket(context.Background(), network, e.addr())
	require.NoError(tb, err)
	tb.Cleanup(func() { c.Close() })
	return c
}

func (e env) dial(tb testing.TB, to net.Addr) net.Conn {
	tb.Helper()
	c, err := e.client.DialContext(context.Background(), to.Network(), to.String())
	require.NoError(tb, err)
	tb.Cleanup(func() { c.Close() })
	return c
}

// connect returns the two ends of a TCP connection.
func (e env) connect(tb testing.TB) (client, server streamConn) {
	tb.Helper()
	l := e.listen(tb, "tcp")
	c := e.dial(tb, l.Addr())
	s, err := l.Accept()
	require.NoError(tb, err)
	tb.Cleanup(func() { s.Close() })
	return c.(streamConn), s.(streamConn)
}

// freePort returns the address of a port of the server that nobody uses.
func (e env) freePort(tb testing.TB, network string) string {
	tb.Helper()
	if network == "udp" {
		c := e.listenPacket(tb, network)
		c.Close()
		return c.LocalAddr().String()
	}
	l := e.listen(tb, network)
	l.Close()
	return l.Addr().String()
}
