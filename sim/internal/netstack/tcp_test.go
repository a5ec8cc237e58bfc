package netstack

import (
	"bytes"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip"
)

func TestHalfClose(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, e env) {
		c, s := e.connect(t)
		_, err := c.Write([]byte("question"))
		require.NoError(t, err)
		require.NoError(t, c.CloseWrite())

		got, err := io.ReadAll(s)
		require.NoError(t, err)
		assert.Equal(t, "question", string(got))
		_, err = s.Write([]byte("answer"))
		require.NoError(t, err)
		require.NoError(t, s.Close())

		got, err = io.ReadAll(c)
		require.NoError(t, err)
		assert.Equal(t, "answer", string(got))
	})
}

// Closing does not lose what was written before.
func TestCloseSendsAll(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, e env) {
		c, s := e.connect(t)
		const size = 3 << 20 // less than the send buffer's 4 MiB
		go func() {
			c.Write(make([]byte, size))
			c.Close()
		}()
		n, err := io.Copy(io.Discard, s)
		require.NoError(t, err)
		assert.EqualValues(t, size, n)
	})
}

// What has arrived before a reset can still be read.
func TestReadBeforeReset(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, e env) {
		c, s := e.connect(t)
		_, err := s.Write([]byte("last words"))
		require.NoError(t, err)
		b := make([]byte, 4)
		_, err = io.ReadFull(c, b)
		require.NoError(t, err)
		require.NoError(t, s.SetLinger(0))
		require.NoError(t, s.Close())
		got, err := io.ReadAll(c)
		assert.Equal(t, " words", string(got))
		assert.Equal(t, "read tcp ADDR->ADDR: read: connection reset by peer", masked(err))
	})
}

func TestListenAgain(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, e env) {
		l := e.listen(t, "tcp")
		c := e.dial(t, l.Addr())
		s, err := l.Accept()
		require.NoError(t, err)
		s.Close() // the first to close keeps the port in TIME_WAIT
		require.ErrorIs(t, reading(c), io.EOF)
		c.Close()
		l.Close()
		l, err = e.server.Listen(bg, "tcp", l.Addr().String())
		require.NoError(t, err)
		l.Close()
	})
}

// A listener can be replaced while connections of the former one are open.
func TestListenBesideConn(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, e env) {
		l := e.listen(t, "tcp")
		c := e.dial(t, l.Addr())
		s, err := l.Accept()
		require.NoError(t, err)
		defer s.Close()
		l.Close()
		l, err = e.server.Listen(bg, "tcp", l.Addr().String())
		require.NoError(t, err)
		defer l.Close()
		e.dial(t, l.Addr())
		other, err := l.Accept()
		require.NoError(t, err)
		defer other.Close()
		require.NoError(t, writing(c))
		require.NoError(t, reading(s))
	})
}

func TestTCPAddresses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name           string
		network        string // to listen on
		address        string
		bound          string // what it prints without the port
		dial           string // the host to dial
		local, remote  string // of the accepted connection, without ports
		remoteIPLength int
	}{
		{"both families by v4", "tcp", ":0", "[::]", "10.0.0.2", "10.0.0.2", "10.0.0.1", 16},
		{"both families by v6", "tcp", ":0", "[::]", "fd00::2", "[fd00::2]", "[fd00::1]", 16},
		{"v4 wildcard is both", "tcp", "0.0.0.0:0", "[::]", "fd00::2", "[fd00::2]", "[fd00::1]", 16},
		{"v6 wildcard is both", "tcp", "[::]:0", "[::]", "10.0.0.2", "10.0.0.2", "10.0.0.1", 16},
		{"v4 alone", "tcp4", ":0", "0.0.0.0", "10.0.0.2", "10.0.0.2", "10.0.0.1", 4},
		{"v6 alone", "tcp6", ":0", "[::]", "fd00::2", "[fd00::2]", "[fd00::1]", 16},
		{"v4 address", "tcp", "10.0.0.2:0", "10.0.0.2", "10.0.0.2", "10.0.0.2", "10.0.0.1", 4},
		{"v4 address mapped to v6", "tcp", "[::ffff:10.0.0.2]:0", "10.0.0.2", "::ffff:10.0.0.2", "10.0.0.2", "10.0.0.1", 4},
		{"v6 address", "tcp", "[fd00::2]:0", "[fd00::2]", "fd00::2", "[fd00::2]", "[fd00::1]", 16},
		{"zone by name", "tcp", "[fe80::2%eth0]:0", "[fe80::2%eth0]", "fe80::2%eth0", "[fe80::2%eth0]", "[fe80::1%eth0]", 16},
		{"zone by index", "tcp6", ":0", "[::]", "fe80::2%2", "[fe80::2%eth0]", "[fe80::1%eth0]", 16},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, b := newPair(t, Options{Seed: 1})
			l, err := b.Listen(bg, tt.network, tt.address)
			require.NoError(t, err)
			defer l.Close()
			port := portOf(t, l.Addr())
			assert.Equal(t, tt.bound+":"+port, l.Addr().String())
			assert.Equal(t, "tcp", l.Addr().Network())

			c, err := a.DialContext(bg, "tcp", net.JoinHostPort(tt.dial, port))
			require.NoError(t, err)
			defer c.Close()
			s, err := l.Accept()
			require.NoError(t, err)
			defer s.Close()
			assert.Equal(t, tt.local+":"+port, s.LocalAddr().String())
			assert.Equal(t, tt.remote+":"+portOf(t, s.RemoteAddr()), s.RemoteAddr().String())
			assert.Equal(t, s.LocalAddr().String(), c.RemoteAddr().String())
			assert.Equal(t, s.RemoteAddr().String(), c.LocalAddr().String())
			assert.Len(t, s.RemoteAddr().(*net.TCPAddr).IP, tt.remoteIPLength)
		})
	}
}

func portOf(t *testing.T, a net.Addr) string {
	_, port, err := net.SplitHostPort(a.String())
	require.NoError(t, err)
	return port
}

// Of the families of a port each can have a listener.
func TestListenFamilies(t *testing.T) {
	t.Parallel()
	s := newStack(t, Options{Seed: 1})
	l4, err := s.Listen(bg, "tcp4", ":80")
	require.NoError(t, err)
	l6, err := s.Listen(bg, "tcp6", ":80")
	require.NoError(t, err)
	l4.Close()
	_, err = s.Listen(bg, "tcp", ":80")
	require.Error(t, err, "IPv6 is in use")
	l6.Close()
	_, err = s.Listen(bg, "tcp", ":80")
	require.NoError(t, err)
}

func TestEphemeralPorts(t *testing.T) {
	t.Parallel()
	s := newStack(t, Options{Seed: 1})
	seen := map[string]bool{}
	for range 200 {
		l, err := s.Listen(bg, "tcp", "127.0.0.1:0")
		require.NoError(t, err)
		port := netip.MustParseAddrPort(l.Addr().String()).Port()
		assert.GreaterOrEqual(t, port, uint16(32768))
		assert.LessOrEqual(t, port, uint16(60999))
		assert.False(t, seen[l.Addr().String()], "%v was given twice", l.Addr())
		seen[l.Addr().String()] = true
	}
}

// Connections are complete before they are accepted.
func TestBacklog(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, e env) {
		l := e.listen(t, "tcp")
		const n = 200
		for range n {
			e.dial(t, l.Addr())
		}
		for range n {
			c, err := l.Accept()
			require.NoError(t, err)
			c.Close()
		}
	})
}

func TestConcurrentAccept(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, e env) {
		l := e.listen(t, "tcp")
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				c, err := l.Accept()
				if assert.NoError(t, err) {
					c.Close()
				}
			})
			wg.Go(func() {
				c, err := e.client.DialContext(bg, "tcp", l.Addr().String())
				if assert.NoError(t, err) {
					assert.ErrorIs(t, reading(c), io.EOF)
					c.Close()
				}
			})
		}
		wg.Wait()
	})
}

// Calls of one direction take turns: each Write arrives in one piece.
func TestConcurrentWrites(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, e env) {
		c, s := e.connect(t)
		const writers, size = 8, 1 << 20
		var wg sync.WaitGroup
		for i := range writers {
			wg.Go(func() {
				b := make([]byte, size)
				for j := range b {
					b[j] = byte(i)
				}
				_, err := c.Write(b)
				assert.NoError(t, err)
			})
		}
		b := make([]byte, size)
		for range writers {
			_, err := io.ReadFull(s, b)
			require.NoError(t, err)
			require.Equal(t, size, bytes.Count(b, b[:1]))
		}
		wg.Wait()
	})
}

func TestTCPOptions(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, e env) {
		c, s := e.connect(t)
		for _, err := range []error{
			c.SetNoDelay(false), c.SetNoDelay(true),
			c.SetLinger(-1), c.SetLinger(5),
			c.SetReadBuffer(64 << 10), c.SetWriteBuffer(64 << 10),
			c.SetKeepAlive(false),
			c.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: time.Minute, Interval: time.Second, Count: 3}),
			s.SetReadBuffer(32 << 10), s.SetWriteBuffer(32 << 10),
		} {
			assert.NoError(t, err)
		}
		const size = 1 << 20
		var wg sync.WaitGroup
		wg.Go(func() {
			_, err := c.Write(make([]byte, size))
			assert.NoError(t, err)
		})
		_, err := io.ReadFull(s, make([]byte, size))
		require.NoError(t, err)
		wg.Wait()
	})
}

func TestKeepAliveConfig(t *testing.T) {
	t.Parallel()
	a, b := newPair(t, Options{Seed: 1})
	conn, _ := env{client: a, server: b, host: "10.0.0.2"}.connect(t)
	c := conn.(*TCPConn)
	for _, tt := range []struct {
		name           string
		set            func() error
		on             bool
		idle, interval time.Duration
		count          int
	}{
		{"default", func() error { return nil }, true, 15 * time.Second, 15 * time.Second, 9},
		{"off", func() error { return c.SetKeepAlive(false) }, false, 15 * time.Second, 15 * time.Second, 9},
		{"period", func() error { return c.SetKeepAlivePeriod(time.Minute) }, false, time.Minute, 15 * time.Second, 9},
		{"rounded up", func() error { return c.SetKeepAlivePeriod(1) }, false, time.Second, 15 * time.Second, 9},
		{"config", func() error {
			return c.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: time.Hour, Interval: -1, Count: 4})
		}, true, time.Hour, 15 * time.Second, 4},
	} {
		require.NoError(t, tt.set(), tt.name)
		var idle tcpip.KeepaliveIdleOption
		var interval tcpip.KeepaliveIntervalOption
		require.Nil(t, c.ep.GetSockOpt(&idle))
		require.Nil(t, c.ep.GetSockOpt(&interval))
		count, err := c.ep.GetSockOptInt(tcpip.KeepaliveCountOption)
		require.Nil(t, err)
		assert.Equal(t, tt.on, c.ep.SocketOptions().GetKeepAlive(), tt.name)
		assert.Equal(t, tt.idle, time.Duration(idle), tt.name)
		assert.Equal(t, tt.interval, time.Duration(interval), tt.name)
		assert.Equal(t, tt.count, count, tt.name)
	}
}

func TestDialFrom(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, e env) {
		if e.host == "fd00::2" {
			t.Skip("dials from IPv4")
		}
		local := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 0}
		if e.cable {
			local = &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 4321}
		}
		l := e.listen(t, "tcp")
		c, err := e.client.dialFrom(local, "tcp", l.Addr().String())
		require.NoError(t, err)
		defer c.Close()
		got := c.LocalAddr().(*net.TCPAddr)
		assert.True(t, local.IP.Equal(got.IP), "dialed from %v", got)
		if local.Port != 0 {
			assert.Equal(t, local.Port, got.Port)
		}
	})
}

// Without a host a dial goes to the stack itself.
func TestDialWildcard(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, e env) {
		for _, host := range []string{"", "0.0.0.0", "::"} {
			l, err := e.client.Listen(bg, "tcp", ":0")
			require.NoError(t, err)
			c, err := e.client.DialContext(bg, "tcp", net.JoinHostPort(host, portOf(t, l.Addr())))
			require.NoError(t, err)
			assert.True(t, c.RemoteAddr().(*net.TCPAddr).IP.IsLoopback(), "connected to %v", c.RemoteAddr())
			c.Close()
			l.Close()
		}
	})
}

func TestServiceNames(t *testing.T) {
	t.Parallel()
	s := newStack(t, Options{Seed: 1})
	l, err := s.Listen(bg, "tcp", "127.0.0.1:HTTP")
	require.NoError(t, err)
	assert.Equal(t, "127.0.0.1:80", l.Addr().String())
	c, err := s.ListenPacket(bg, "udp", "127.0.0.1:domain")
	require.NoError(t, err)
	assert.Equal(t, "127.0.0.1:53", c.LocalAddr().String())
}

// A Read or Write allocates nothing beyond what netstack does.
func TestAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector empties netstack's pools at random")
	}
	s := newStack(t, Options{Seed: 1})
	c1, c2 := env{client: s, server: s, host: "127.0.0.1"}.connect(t)
	from, to := c1.(*TCPConn), c2.(*TCPConn)
	b := make([]byte, 1)
	netstack := testing.AllocsPerRun(1000, func() {
		from.src.Reset(b)
		from.ep.Write(&from.src, tcpip.WriteOptions{})
		to.dst = b
		to.ep.Read(&to.dst, tcpip.ReadOptions{})
	})
	ours := testing.AllocsPerRun(1000, func() {
		from.Write(b)
		to.Read(b)
	})
	assert.LessOrEqual(t, ours, netstack)
}

// Read of nothing succeeds whatever the deadline, as with package net.
func TestReadNothingAfterDeadline(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, e env) {
		c, _ := e.connect(t)
		require.NoError(t, c.SetReadDeadline(time.Unix(1, 0)))
		n, err := c.Read(nil)
		assert.NoError(t, err)
		assert.Zero(t, n)
		assert.ErrorIs(t, reading(c), os.ErrDeadlineExceeded)
	})
}
