package relay

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// receive returns a datagram that a socket of the container gets, and from whom.
func receive(t *testing.T, c PacketConn) (string, netip.AddrPort) {
	t.Helper()
	b := make([]byte, MaxDatagram)
	n, from, err := c.ReadFromUDPAddrPort(b)
	require.NoError(t, err)
	return string(b[:n]), from
}

func send(t *testing.T, c net.Conn, s string) {
	t.Helper()
	_, err := c.Write([]byte(s))
	require.NoError(t, err)
}

func read(t *testing.T, c net.Conn) string {
	t.Helper()
	b := make([]byte, MaxDatagram)
	n, err := c.Read(b)
	require.NoError(t, err)
	return string(b[:n])
}

func TestDatagrams(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, e env) {
		server := e.listenPacket(t)
		p := e.udp(t, e.to(server.LocalAddr()))
		var clients []net.Conn
		var backends []netip.AddrPort
		for i := range 3 {
			c := e.dial(t, p.Addr()) // connected: replies from elsewhere would not arrive
			clients = append(clients, c)
			send(t, c, fmt.Sprint("hello from ", i))
			got, from := receive(t, server)
			require.Equal(t, fmt.Sprint("hello from ", i), got)
			require.NotContains(t, backends, from)
			backends = append(backends, from)
		}
		for i, c := range clients {
			_, err := server.WriteToUDPAddrPort([]byte(fmt.Sprint("reply to ", i)), backends[i])
			require.NoError(t, err)
			require.Equal(t, fmt.Sprint("reply to ", i), read(t, c))
			send(t, c, "again")
			got, from := receive(t, server)
			require.Equal(t, "again", got)
			require.Equal(t, backends[i], from)
		}
	})
}

func TestDatagramSizes(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, e env) {
		server := e.listenPacket(t)
		p := e.udp(t, e.to(server.LocalAddr()))
		c := e.dial(t, p.Addr())
		for _, size := range []int{0, 1, 1472, 1473, 9000} {
			want := strings.Repeat("x", size)
			send(t, c, want)
			got, from := receive(t, server)
			require.Equal(t, want, got)
			_, err := server.WriteToUDPAddrPort([]byte(want), from)
			require.NoError(t, err)
			require.Equal(t, want, read(t, c))
		}
	})
}

func TestUDPDialerIsToldTheClient(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, e env) {
		server := e.listenPacket(t)
		told := make(chan net.Addr, 1)
		p := e.udp(t, func(ctx context.Context, client net.Addr) (net.Conn, error) {
			told <- client
			return e.to(server.LocalAddr())(ctx, client)
		})
		c := e.dial(t, p.Addr())
		send(t, c, "x")
		require.Equal(t, c.LocalAddr(), <-told)
	})
}

// TestUDPTimeout has the socket of a client close 90 s after the last reply.
func TestUDPTimeout(t *testing.T) {
	inBubble(t, func(t *testing.T, e env) {
		server := e.listenPacket(t)
		p := e.udp(t, e.to(server.LocalAddr()))
		c := e.dial(t, p.Addr())
		backend := func() netip.AddrPort {
			send(t, c, "x")
			_, from := receive(t, server)
			return from
		}
		first := backend()
		time.Sleep(60 * time.Second)
		_, err := server.WriteToUDPAddrPort([]byte("y"), first)
		require.NoError(t, err)
		require.Equal(t, "y", read(t, c))
		time.Sleep(60 * time.Second)
		require.Equal(t, first, backend(), "60 s after the reply")
		time.Sleep(30*time.Second - 1)
		require.Equal(t, first, backend(), "just before the end, which the client has not put off")
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		second := backend()
		require.NotEqual(t, first, second)
		time.Sleep(udpTimeout)
		synctest.Wait()
		require.Empty(t, p.clients)
		require.Len(t, p.group.ends, 1, "only that which listens")
	})
}

// TestPortUnreachable has a container refuse datagrams until somebody listens.
func TestPortUnreachable(t *testing.T) {
	inBubble(t, func(t *testing.T, e env) {
		addr := e.freePort(t, "udp")
		p := e.udp(t, e.to(addr))
		c := e.dial(t, p.Addr())
		for range 3 {
			send(t, c, "lost")
			synctest.Wait()
		}
		require.Len(t, p.clients, 1)
		c.SetReadDeadline(time.Now().Add(time.Second))
		_, err := c.Read(make([]byte, 1))
		require.ErrorIs(t, err, os.ErrDeadlineExceeded, "the client hears nothing")

		pc, err := e.container.ListenPacket(t.Context(), "udp4", addr.String())
		require.NoError(t, err)
		defer pc.Close()
		server := pc.(PacketConn)
		send(t, c, "found")
		got, from := receive(t, server)
		require.Equal(t, "found", got)
		_, err = server.WriteToUDPAddrPort([]byte("reply"), from)
		require.NoError(t, err)
		c.SetReadDeadline(time.Time{})
		require.Equal(t, "reply", read(t, c))

		time.Sleep(udpTimeout)
		synctest.Wait()
		require.Empty(t, p.clients, "errors do not put the end off")
	})
}

// A refusing connection reports one ICMP error on Write, and none to readers: as if
// it came between a datagram and the next.
type refusing struct {
	net.Conn
	err error
}

func (c *refusing) Write(b []byte) (int, error) {
	if err := c.err; err != nil {
		c.err = nil
		return 0, &net.OpError{Op: "write", Err: os.NewSyscallError("write", err)}
	}
	return c.Conn.Write(b)
}

func TestErrorOfAnEarlierDatagram(t *testing.T) {
	inBubble(t, func(t *testing.T, e env) {
		server := e.listenPacket(t)
		p := e.udp(t, func(ctx context.Context, client net.Addr) (net.Conn, error) {
			c, err := e.to(server.LocalAddr())(ctx, client)
			return &refusing{c, syscall.ECONNREFUSED}, err
		})
		send(t, e.dial(t, p.Addr()), "not lost")
		got, _ := receive(t, server)
		require.Equal(t, "not lost", got)
	})
}

func TestManyClients(t *testing.T) {
	inBubble(t, func(t *testing.T, e env) {
		server := e.listenPacket(t)
		dials := 0
		p := e.udp(t, func(ctx context.Context, client net.Addr) (net.Conn, error) {
			if dials++; dials == 3 {
				return nil, syscall.EMFILE
			}
			return e.to(server.LocalAddr())(ctx, client)
		})
		var first net.Conn
		for i := range maxClients + 10 {
			c := e.dial(t, p.Addr())
			send(t, c, "x")
			synctest.Wait()
			if i == 0 {
				first = c
			}
			if i != 2 && i <= maxClients {
				receive(t, server)
			}
		}
		require.Equal(t, maxClients, len(p.clients))
		require.Equal(t, maxClients+1, dials)

		send(t, first, "still heard")
		got, _ := receive(t, server)
		require.Equal(t, "still heard", got)

		time.Sleep(udpTimeout)
		synctest.Wait()
		send(t, e.dial(t, p.Addr()), "heard again")
		got, _ = receive(t, server)
		require.Equal(t, "heard again", got)
	})
}

func TestUDPClose(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, e env) {
		server := e.listenPacket(t)
		p := e.udp(t, e.to(server.LocalAddr()))
		for range 3 {
			send(t, e.dial(t, p.Addr()), "x")
			receive(t, server)
		}
		require.NoError(t, p.Close())
		require.NoError(t, p.Close())
		c, err := e.host.ListenPacket(t.Context(), "udp4", p.Addr().String())
		require.NoError(t, err, "the port is free")
		c.Close()
	})
}

// TestUDPCloseWhileDialing has Close end a dial that waits.
func TestUDPCloseWhileDialing(t *testing.T) {
	inBubble(t, func(t *testing.T, e env) {
		dialing := make(chan struct{})
		p := e.udp(t, func(ctx context.Context, _ net.Addr) (net.Conn, error) {
			close(dialing)
			<-ctx.Done()
			return nil, ctx.Err()
		})
		send(t, e.dial(t, p.Addr()), "x")
		<-dialing
		require.NoError(t, p.Close())
		require.Empty(t, p.clients)
	})
}

func TestFlowTimeouts(t *testing.T) {
	t.Parallel()
	w := &Flow{Unanswered: 30 * time.Second, Answered: 120 * time.Second}
	w.used.Store(int64(5 * time.Second))
	assert.Equal(t, 30*time.Second, w.left(5*time.Second))
	assert.Equal(t, 10*time.Second, w.left(25*time.Second))
	w.answered.Store(true)
	assert.Equal(t, 100*time.Second, w.left(25*time.Second))
	assert.Equal(t, -time.Second, w.left(126*time.Second))
}
