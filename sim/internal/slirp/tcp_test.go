package slirp

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"syscall"
	"testing"

	"drydock/sim/internal/relay"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestHalfClose(t *testing.T) {
	t.Parallel()
	everyWay(t, func(t *testing.T, _ *Net, _ emulated, at net.Listener, dial func(testing.TB) net.Conn) {
		for _, first := range []string{"client", "server"} {
			client := dial(t).(streamConn)
			server := accept(t, at).(streamConn)
			one, other := client, server
			if first == "server" {
				one, other = server, client
			}
			write(t, one, "request")
			require.NoError(t, one.CloseWrite())
			require.Equal(t, "request", readAll(t, other))
			write(t, other, "reply")
			read(t, one, "reply")
			write(t, other, ", and more")
			require.NoError(t, other.CloseWrite())
			require.Equal(t, ", and more", readAll(t, one))
		}
	})
}

// TestReset resets from either end, while the other waits.
func TestReset(t *testing.T) {
	t.Parallel()
	everyWay(t, func(t *testing.T, _ *Net, _ emulated, at net.Listener, dial func(testing.TB) net.Conn) {
		for _, who := range []string{"client", "server"} {
			client := dial(t).(streamConn)
			server := accept(t, at).(streamConn)
			write(t, client, "hello")
			read(t, server, "hello")
			one, other := client, server
			if who == "server" {
				one, other = server, client
			}
			require.NoError(t, one.SetLinger(0))
			require.NoError(t, one.Close())
			_, err := other.Read(make([]byte, 1))
			requireReset(t, err)
		}
	})
}

// TestResetAfterHalfClose resets what is half closed already.
func TestResetAfterHalfClose(t *testing.T) {
	t.Parallel()
	everyWay(t, func(t *testing.T, _ *Net, _ emulated, at net.Listener, dial func(testing.TB) net.Conn) {
		client := dial(t).(streamConn)
		server := accept(t, at).(streamConn)
		require.NoError(t, client.CloseWrite())
		require.Empty(t, readAll(t, server))
		require.NoError(t, server.SetLinger(0))
		require.NoError(t, server.Close())
		_, err := client.Read(make([]byte, 1))
		requireReset(t, err)
	})
}

// requireReset checks the error of a connection that was reset.
func requireReset(tb testing.TB, err error) {
	tb.Helper()
	require.Error(tb, err)
	require.NotErrorIs(tb, err, io.EOF)
	if runtime.GOOS != "windows" {
		require.ErrorIs(tb, err, syscall.ECONNRESET)
	}
}

// TestTransfer sends 1 MiB both ways at once.
func TestTransfer(t *testing.T) {
	t.Parallel()
	everyWay(t, func(t *testing.T, _ *Net, _ emulated, at net.Listener, dial func(testing.TB) net.Conn) {
		client := dial(t).(streamConn)
		server := accept(t, at).(streamConn)
		exchange(t, client, server, 1<<20)
	})
}

// exchange sends different bytes both ways and compares what arrives.
func exchange(tb testing.TB, a, b streamConn, size int) {
	tb.Helper()
	data := make([]byte, 2*size)
	rand.NewChaCha8([32]byte{1}).Read(data)
	var tasks sync.WaitGroup
	send := func(c streamConn, data []byte) {
		_, err := io.Copy(c, bytes.NewReader(data))
		assert.NoError(tb, err)
		assert.NoError(tb, c.CloseWrite())
	}
	receive := func(c streamConn, want []byte) {
		h := sha256.New()
		_, err := io.Copy(h, c)
		assert.NoError(tb, err)
		assert.Equal(tb, sha256.Sum256(want), [32]byte(h.Sum(nil)))
	}
	tasks.Go(func() { send(a, data[:size]) })
	tasks.Go(func() { send(b, data[size:]) })
	tasks.Go(func() { receive(a, data[size:]) })
	tasks.Go(func() { receive(b, data[:size]) })
	tasks.Wait()
}

// TestConcurrent has many connections at once, each of which is answered with its
// own bytes.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	everyWay(t, func(t *testing.T, _ *Net, _ emulated, at net.Listener, dial func(testing.TB) net.Conn) {
		const conns = 100
		var tasks sync.WaitGroup
		tasks.Go(func() {
			for range conns {
				c := accept(t, at).(streamConn)
				tasks.Go(func() {
					_, err := io.Copy(c, c)
					assert.NoError(t, err)
					assert.NoError(t, c.CloseWrite())
				})
			}
		})
		for i := range conns {
			tasks.Go(func() {
				c := dial(t).(streamConn)
				want := bytes.Repeat([]byte(fmt.Sprint(i, ",")), 10_000)
				tasks.Go(func() {
					_, err := c.Write(want)
					assert.NoError(t, err)
					assert.NoError(t, c.CloseWrite())
				})
				got, err := io.ReadAll(c)
				assert.NoError(t, err)
				assert.True(t, bytes.Equal(want, got))
			})
		}
		tasks.Wait()
	})
}

func TestRefused(t *testing.T) {
	t.Parallel()
	t.Run("expose", func(t *testing.T) {
		t.Parallel()
		n, _ := newNet(t, Options{})
		x, err := n.Expose("tcp", "127.0.0.1:0", netip.MustParseAddrPort("172.17.0.2:81"))
		require.NoError(t, err)
		for _, talks := range []bool{true, false} {
			c, err := net.Dial("tcp", x.Addr().String()) // is accepted
			if err == nil {
				if talks {
					c.Write([]byte("GET / HTTP/1.1\r\n\r\n"))
				}
				_, err = c.Read(make([]byte, 1))
				c.Close()
			} // else we were slow, and the reset was there first
			requireReset(t, err)
		}
	})
	t.Run("forward", func(t *testing.T) {
		t.Parallel()
		_, h := newNet(t, Options{Forward: true})
		l := listenReal(t)
		l.Close()
		_, err := h.DialContext(t.Context(), "tcp", asGateway(l.Addr()))
		require.ErrorIs(t, err, syscall.ECONNREFUSED)
	})
}

// TestPendingDialEnds closes an exposure whose client is waiting for the inside.
func TestPendingDialEnds(t *testing.T) {
	t.Parallel()
	n, h := newNet(t, Options{})
	x, err := n.Expose("tcp", "127.0.0.1:0", netip.MustParseAddrPort("172.17.0.2:80"))
	require.NoError(t, err)
	h.cable.SetCarrier(false)
	c := dialReal(t, x.Addr())
	require.Eventually(t, func() bool { return len(n.stack.RegisteredEndpoints()) == 1 }, testTimeout, tick)
	x.Close()
	_, err = c.Read(make([]byte, 1))
	requireReset(t, err)
}

// TestClientAddress looks at where connections come from inside.
func TestClientAddress(t *testing.T) {
	t.Parallel()
	n, h := newNet(t, Options{})
	l := h.listen(t, "172.17.0.2:80")
	x := expose(t, n, l.Addr())
	client := dialReal(t, x.Addr())
	local := netip.MustParseAddrPort(client.LocalAddr().String())
	server := accept(t, l)
	assert.Equal(t, netip.AddrPortFrom(netip.MustParseAddr("10.0.2.2"), local.Port()).String(), server.RemoteAddr().String())
	assert.Equal(t, "172.17.0.2:80", server.LocalAddr().String())

	// The same port to another destination.
	l2 := h.listen(t, "172.17.0.2:81")
	from := netip.MustParseAddrPort(server.RemoteAddr().String())
	c, err := n.dialTCP(t.Context(), from, netip.MustParseAddrPort("172.17.0.2:81"))
	require.NoError(t, err)
	defer relay.Reset(c)
	assert.Equal(t, from.String(), accept(t, l2).RemoteAddr().String())

	// The same port to the same destination.
	c, err = n.dialTCP(t.Context(), from, netip.MustParseAddrPort("172.17.0.2:80"))
	require.NoError(t, err)
	defer relay.Reset(c)
	other := netip.MustParseAddrPort(accept(t, l).RemoteAddr().String())
	assert.Equal(t, from.Addr(), other.Addr())
	assert.NotEqual(t, from.Port(), other.Port())

	// A client of another network, there and back.
	from = netip.MustParseAddrPort("203.0.113.7:4321")
	c, err = n.dialTCP(t.Context(), from, netip.MustParseAddrPort("172.17.0.2:80"))
	require.NoError(t, err)
	defer relay.Reset(c)
	server = accept(t, l)
	assert.Equal(t, from.String(), server.RemoteAddr().String())
	write(t, server, "hello")
	read(t, c, "hello")
}

// TestClientAddress6 has a client that cannot have its own address inside.
func TestClientAddress6(t *testing.T) {
	t.Parallel()
	n, h := newNet(t, Options{})
	l := h.listen(t, "172.17.0.2:80")
	x, err := n.Expose("tcp", "[::1]:0", netip.MustParseAddrPort("172.17.0.2:80"))
	if err != nil {
		t.Skip("no IPv6: ", err)
	}
	client := dialReal(t, x.Addr())
	port := netip.MustParseAddrPort(client.LocalAddr().String()).Port()
	assert.Equal(t, fmt.Sprint("10.0.2.2:", port), accept(t, l).RemoteAddr().String())
}

func TestSource(t *testing.T) {
	t.Parallel()
	n := &Net{gateway: DefaultGateway}
	for client, want := range map[string]string{
		"127.0.0.1:1":            "10.0.2.2:1",
		"127.1.2.3:1":            "10.0.2.2:1",
		"[::1]:1":                "10.0.2.2:1",
		"[2001:db8::1]:1":        "10.0.2.2:1",
		"[fe80::1%eth0]:1":       "10.0.2.2:1",
		"169.254.1.1:1":          "10.0.2.2:1",
		"10.0.2.15:1":            "10.0.2.2:1",
		"10.0.3.15:1":            "10.0.3.15:1",
		"203.0.113.7:65535":      "203.0.113.7:65535",
		"[::ffff:203.0.113.7]:1": "203.0.113.7:1",
	} {
		ap := netip.MustParseAddrPort(client)
		assert.Equal(t, want, n.source(net.TCPAddrFromAddrPort(ap)).String(), client)
		assert.Equal(t, want, n.source(net.UDPAddrFromAddrPort(ap)).String(), client)
	}
}

// TestCloseDuringTraffic closes the exposure, or all, while data flows. TestMain
// looks for what is left running.
func TestCloseDuringTraffic(t *testing.T) {
	t.Parallel()
	everyWay(t, func(t *testing.T, n *Net, h emulated, at net.Listener, dial func(testing.TB) net.Conn) {
		var tasks, flowing sync.WaitGroup
		pump := func(from, to net.Conn) {
			tasks.Go(func() {
				for buf := make([]byte, 10<<10); ; {
					if _, err := from.Write(buf); err != nil {
						return
					}
				}
			})
			flowing.Add(1)
			tasks.Go(func() {
				_, err := io.CopyN(io.Discard, to, 100<<10)
				assert.NoError(t, err)
				flowing.Done()
				io.Copy(io.Discard, to) // the writer may have the error instead
			})
		}
		var clients, servers [4]net.Conn
		for i := range clients {
			clients[i], servers[i] = dial(t), accept(t, at)
		}
		for i := range clients {
			pump(clients[i], servers[i])
			pump(servers[i], clients[i])
		}
		flowing.Wait()
		var closing sync.WaitGroup
		for range 3 {
			closing.Go(n.Close)
		}
		closing.Wait()
		h.Leave(true) // the cable lost the last resets
		tasks.Wait()
		_, err := n.Expose("tcp", "127.0.0.1:0", netip.MustParseAddrPort("172.17.0.2:80"))
		assert.ErrorIs(t, err, net.ErrClosed)
	})
}

// TestExposureClose resets the connections of one exposure and spares others.
func TestExposureClose(t *testing.T) {
	t.Parallel()
	n, h := newNet(t, Options{})
	l := h.listen(t, "172.17.0.2:80")
	x, y := expose(t, n, l.Addr()), expose(t, n, l.Addr())
	cx := dialReal(t, x.Addr())
	sx := accept(t, l)
	cy := dialReal(t, y.Addr())
	sy := accept(t, l)
	x.Close()
	_, err := cx.Read(make([]byte, 1))
	requireReset(t, err)
	_, err = sx.Read(make([]byte, 1))
	requireReset(t, err)
	_, err = net.Dial("tcp", x.Addr().String())
	require.Error(t, err)
	write(t, cy, "still there")
	read(t, sy, "still there")
	x.Close()
}

// TestCloseDuringDials closes the Net while connections are being made.
func TestCloseDuringDials(t *testing.T) {
	t.Parallel()
	for range 20 {
		n, h := newNet(t, Options{Forward: true})
		l := listenReal(t)
		var tasks sync.WaitGroup
		for range 20 {
			tasks.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
				defer cancel()
				if c, err := h.DialContext(ctx, "tcp", asGateway(l.Addr())); err == nil {
					c.Close()
				} else {
					assert.False(t, errors.Is(err, context.DeadlineExceeded), err)
				}
			})
		}
		if c, err := l.Accept(); err == nil {
			c.Close()
		}
		n.Close()
		h.Leave(true)
		tasks.Wait()
	}
}
