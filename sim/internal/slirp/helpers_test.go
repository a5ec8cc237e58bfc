package slirp

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"

	"drydock/sim/internal/netstack"
	"drydock/veth"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if !hasSockets {
		fmt.Println("PASS: no sockets")
		return
	}
	code := m.Run()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// An emulated host is what the outside is joined to: 10.0.2.15, and 172.17.0.2,
// which only the default route leads to.
type emulated struct {
	*netstack.Stack
	cable *veth.Endpoint
}

// newNet returns an outside and its emulated host.
func newNet(tb testing.TB, opts Options) (*Net, emulated) {
	tb.Helper()
	outside, inside, err := veth.Pair(veth.WithSeed(opts.Seed + 1))
	require.NoError(tb, err)
	host := netstack.New(netstack.Options{Seed: opts.Seed + 2})
	tb.Cleanup(host.Close)
	require.NoError(tb, host.AddLoopback())
	require.NoError(tb, host.AddNIC(2, "eth0", inside))
	require.NoError(tb, host.AddAddr(2, netip.MustParsePrefix("10.0.2.15/24")))
	require.NoError(tb, host.AddAddr(2, netip.MustParsePrefix("172.17.0.2/32")))
	host.SetDefault(2, netip.MustParseAddr("10.0.2.2"))
	opts.Link = outside
	n, err := New(opts)
	require.NoError(tb, err)
	tb.Cleanup(n.Close)
	return n, emulated{Stack: host, cable: inside}
}

// listen listens inside.
func (h emulated) listen(tb testing.TB, address string) net.Listener {
	tb.Helper()
	l, err := h.Listen(context.Background(), "tcp", address)
	require.NoError(tb, err)
	tb.Cleanup(func() { l.Close() })
	return l
}

func (h emulated) listenPacket(tb testing.TB, address string) net.PacketConn {
	tb.Helper()
	c, err := h.ListenPacket(context.Background(), "udp", address)
	require.NoError(tb, err)
	tb.Cleanup(func() { c.Close() })
	return c
}

// dial dials from inside.
func (h emulated) dial(tb testing.TB, network, address string) net.Conn {
	tb.Helper()
	c, err := h.DialContext(tb.Context(), network, address)
	require.NoError(tb, err)
	tb.Cleanup(func() { c.Close() })
	return c
}

// listenReal and the next two open sockets of the machine's loopback.
func listenReal(tb testing.TB) net.Listener {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	tb.Cleanup(func() { l.Close() })
	return l
}

func listenPacketReal(tb testing.TB) net.PacketConn {
	tb.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(tb, err)
	tb.Cleanup(func() { c.Close() })
	return c
}

func dialReal(tb testing.TB, to net.Addr) net.Conn {
	tb.Helper()
	c, err := net.Dial(to.Network(), to.String())
	require.NoError(tb, err)
	tb.Cleanup(func() { c.Close() })
	return c
}

// asGateway returns how the emulated host names an address of the machine's
// loopback.
func asGateway(a net.Addr) string { return strings.Replace(a.String(), "127.0.0.1:", "10.0.2.2:", 1) }

func accept(tb testing.TB, l net.Listener) net.Conn {
	tb.Helper()
	c, err := l.Accept()
	require.NoError(tb, err)
	tb.Cleanup(func() { c.Close() })
	return c
}

// expose exposes an address inside on the machine's loopback.
func expose(tb testing.TB, n *Net, to net.Addr) *Exposure {
	tb.Helper()
	x, err := n.Expose(to.Network(), "127.0.0.1:0", netip.MustParseAddrPort(to.String()))
	require.NoError(tb, err)
	tb.Cleanup(x.Close)
	return x
}

// A pipe is a way through the Net, in either direction: what is dialed arrives at
// the listener.
type pipe struct {
	name   string
	listen func(tb testing.TB, n *Net, h emulated) (at net.Listener, dial func(tb testing.TB) net.Conn)
}

var pipes = []pipe{
	{"expose", func(tb testing.TB, n *Net, h emulated) (net.Listener, func(testing.TB) net.Conn) {
		l := h.listen(tb, "172.17.0.2:80")
		x := expose(tb, n, l.Addr())
		return l, func(tb testing.TB) net.Conn { return dialReal(tb, x.Addr()) }
	}},
	{"forward", func(tb testing.TB, n *Net, h emulated) (net.Listener, func(testing.TB) net.Conn) {
		l := listenReal(tb)
		return l, func(tb testing.TB) net.Conn { return h.dial(tb, "tcp", asGateway(l.Addr())) }
	}},
}

// everyWay runs a test of TCP in both directions.
func everyWay(t *testing.T, f func(t *testing.T, n *Net, h emulated, at net.Listener, dial func(testing.TB) net.Conn)) {
	for _, p := range pipes {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			n, h := newNet(t, Options{Forward: true})
			at, dial := p.listen(t, n, h)
			f(t, n, h, at, dial)
		})
	}
}

// A streamConn is what both kinds of TCP connections have.
type streamConn interface {
	net.Conn
	CloseWrite() error
	SetLinger(sec int) error
}

func readAll(tb testing.TB, c net.Conn) string {
	tb.Helper()
	b, err := io.ReadAll(c)
	require.NoError(tb, err)
	return string(b)
}

func write(tb testing.TB, c net.Conn, s string) {
	tb.Helper()
	_, err := io.WriteString(c, s)
	require.NoError(tb, err)
}

func read(tb testing.TB, c net.Conn, want string) {
	tb.Helper()
	b := make([]byte, len(want))
	_, err := io.ReadFull(c, b)
	require.NoError(tb, err)
	require.Equal(tb, want, string(b))
}
