package relay

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"testing"
	"testing/synctest"

	"drydock/sim/internal/netstack"
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

// sockets are those of one machine.
type sockets interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
	Listen(ctx context.Context, network, address string) (net.Listener, error)
	ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error)
}

// A machine is that which runs the test.
type machine struct {
	net.Dialer
	net.ListenConfig
}

// An env is a host with the proxy and its clients, and a container.
type env struct {
	host, container sockets
	addr            string // of the container
}

// everywhere runs a test on the real loopback and, in virtual time, on netstacks.
func everywhere(t *testing.T, f func(t *testing.T, e env)) {
	t.Run("machine", func(t *testing.T) {
		t.Parallel()
		if runtime.GOOS == "windows" || runtime.GOOS == "js" {
			t.Skip("the errors are those of Unix")
		}
		m := new(machine)
		f(t, env{m, m, "127.0.0.1"})
	})
	t.Run("virtual", func(t *testing.T) { inBubble(t, f) })
}

func inBubble(t *testing.T, f func(t *testing.T, e env)) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		end1, end2, err := veth.Pair(veth.WithSeed(1))
		require.NoError(t, err)
		f(t, env{newStack(t, end1, 1, true), newStack(t, end2, 2, true), "10.0.0.2"})
	})
}

// newStack returns the stack of address 10.0.0.n on a cable.
func newStack(t testing.TB, end *veth.Endpoint, n int, virtual bool) *netstack.Stack {
	t.Cleanup(end.Close)
	s := netstack.New(netstack.Options{Seed: uint64(n), Virtual: virtual})
	t.Cleanup(s.Close)
	require.NoError(t, s.AddLoopback())
	require.NoError(t, s.AddNIC(2, "eth0", end))
	require.NoError(t, s.AddAddr(2, netip.MustParsePrefix(fmt.Sprintf("10.0.0.%d/24", n))))
	return s
}

// listen returns a listener of the container.
func (e env) listen(t *testing.T) net.Listener {
	l, err := e.container.Listen(t.Context(), "tcp4", e.addr+":0")
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	return l
}

// listenPacket returns a socket of the container.
func (e env) listenPacket(t *testing.T) PacketConn {
	c, err := e.container.ListenPacket(t.Context(), "udp4", e.addr+":0")
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	return c.(PacketConn)
}

// to returns a dialer to an address of the container.
func (e env) to(addr net.Addr) Dialer {
	return func(ctx context.Context, _ net.Addr) (net.Conn, error) {
		return e.host.DialContext(ctx, addr.Network(), addr.String())
	}
}

// tcp starts a proxy on the host.
func (e env) tcp(t *testing.T, dial Dialer) *TCP {
	l, err := e.host.Listen(t.Context(), "tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	p := NewTCP(l, dial, Proxy)
	t.Cleanup(func() { p.Close() })
	return p
}

// udp starts a proxy on the host.
func (e env) udp(t *testing.T, dial Dialer) *UDP {
	c, err := e.host.ListenPacket(t.Context(), "udp4", "127.0.0.1:0")
	require.NoError(t, err)
	p := NewUDP(c.(PacketConn), dial)
	t.Cleanup(func() { p.Close() })
	return p
}

// A streamConn is a TCP connection of the machine or a netstack.
type streamConn interface {
	net.Conn
	CloseRead() error
	CloseWrite() error
	SetLinger(sec int) error
}

// dial connects a client of the host to a proxy.
func (e env) dial(t *testing.T, addr net.Addr) net.Conn {
	t.Helper()
	c, err := e.host.DialContext(t.Context(), addr.Network(), addr.String())
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	return c
}

// freePort returns an address of the container on which nobody listens.
func (e env) freePort(t *testing.T, network string) net.Addr {
	if network == "udp" {
		c := e.listenPacket(t)
		c.Close()
		return c.LocalAddr()
	}
	l := e.listen(t)
	l.Close()
	return l.Addr()
}
