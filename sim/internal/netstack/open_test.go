package netstack

import (
	"context"
	"fmt"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"drydock/veth"

	"github.com/stretchr/testify/require"
)

// TestSimultaneousOpen: two sockets that connect to each other at the same time are
// connected (RFC 9293, section 3.5).
func TestSimultaneousOpen(t *testing.T) {
	t.Parallel()
	for _, delay := range []time.Duration{25 * time.Millisecond, 2 * time.Second} { // the second: SYNs are sent again
		for _, hosts := range [][2]string{{"10.0.0.1", "10.0.0.2"}, {"fd00::1", "fd00::2"}} {
			t.Run(fmt.Sprint(delay, hosts), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					a, b := newPair(t, Options{Seed: 1, Virtual: true}, veth.WithImpairment(veth.Impairment{Delay: delay}))
					conns, errs := make(chan net.Conn, 2), make(chan error, 2)
					for i, s := range []*Stack{a, b} {
						go func() {
							ctx, cancel := context.WithTimeout(bg, time.Minute)
							defer cancel()
							d := Dialer{Stack: s, LocalAddr: &net.TCPAddr{IP: net.ParseIP(hosts[i]), Port: 7000 + i}}
							c, err := d.DialContext(ctx, "tcp", net.JoinHostPort(hosts[1-i], fmt.Sprint(7001-i)))
							conns <- c
							errs <- err
						}()
					}
					require.NoError(t, <-errs)
					require.NoError(t, <-errs)
					c, d := <-conns, <-conns
					for _, ends := range [][2]net.Conn{{c, d}, {d, c}} {
						ends[0].Write([]byte("hello"))
						b := make([]byte, 5)
						_, err := io.ReadFull(ends[1], b)
						require.NoError(t, err)
						require.Equal(t, "hello", string(b))
					}
					c.Close()
					require.ErrorIs(t, reading(d), io.EOF)
					d.Close()
				})
			})
		}
	}
}

// TestSetBacklog: as many connections as a listener has room for, and one more, wait for Accept.
func TestSetBacklog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, b := newPair(t, Options{Seed: 1, Virtual: true})
		l, err := b.Listen(bg, "tcp", ":80")
		require.NoError(t, err)
		defer l.Close()
		room := func() int { return b.Sockets()[0].SendQ }
		require.Equal(t, 4096, room())
		require.NoError(t, l.(*TCPListener).SetBacklog(1<<20))
		require.Equal(t, 4096, room())
		require.NoError(t, l.(*TCPListener).SetBacklog(1))
		require.Equal(t, 1, room())
		for i := range 3 {
			ctx, cancel := context.WithTimeout(bg, time.Second)
			c, err := a.DialContext(ctx, "tcp", "10.0.0.2:80")
			cancel()
			require.Equal(t, i < 2, err == nil, i)
			if err == nil {
				defer c.Close()
			}
		}
		require.Error(t, l.(*TCPListener).SetBacklog(0), "two wait")
	})
}
