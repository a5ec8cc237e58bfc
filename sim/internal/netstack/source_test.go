package netstack

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tcpOrUDP returns an address of a network.
func tcpOrUDP(network, address string) net.Addr {
	return netAddr(network, netip.MustParseAddrPort(address))
}

// TestPortIsFreeAgain: a port that was dialed from is free when its connection has gone,
// also for all addresses, however it was asked for.
func TestPortIsFreeAgain(t *testing.T) {
	t.Parallel()
	const port = 30001
	for _, test := range []struct {
		network string
		from    net.Addr
		local   string // what the connection's own address is
		to      string
	}{
		{"tcp", &net.TCPAddr{Port: port}, "10.0.0.1:30001", "10.0.0.2:80"},
		{"tcp", tcpOrUDP("tcp", "0.0.0.0:30001"), "10.0.0.1:30001", "10.0.0.2:80"},
		{"tcp", tcpOrUDP("tcp", "10.0.0.1:30001"), "10.0.0.1:30001", "10.0.0.2:80"},
		{"tcp", &net.TCPAddr{Port: port}, "[fd00::1]:30001", "[fd00::2]:80"},
		{"tcp", tcpOrUDP("tcp", "[::]:30001"), "[fd00::1]:30001", "[fd00::2]:80"},
		{"tcp", &net.TCPAddr{Port: port}, "[fe80::1%eth0]:30001", "[fe80::2%eth0]:80"},
		{"tcp", tcpOrUDP("tcp", "0.0.0.0:30001"), "127.0.0.1:30001", "127.0.0.1:81"},
		{"tcp", &net.TCPAddr{Port: port}, "127.0.0.1:30001", ":81"},
		{"udp", &net.UDPAddr{Port: port}, "10.0.0.1:30001", "10.0.0.2:80"},
		{"udp", tcpOrUDP("udp", "0.0.0.0:30001"), "10.0.0.1:30001", "10.0.0.2:80"},
		{"udp", tcpOrUDP("udp", "[::]:30001"), "[fd00::1]:30001", "[fd00::2]:80"},
	} {
		for _, router := range []bool{false, true} {
			for _, listens := range []bool{true, false} {
				t.Run(fmt.Sprintf("%v to %s %v %v", test.from, test.to, router, listens), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						a, b := newPair(t, Options{Seed: 1, Virtual: true, Router: router})
						if listens {
							accepting(t, a, ":81")
							accepting(t, b, ":80")
						}
						for range 2 {
							c, err := a.dialFrom(test.from, test.network, test.to)
							if !listens && test.network == "tcp" {
								require.ErrorIs(t, err, syscall.ECONNREFUSED)
								continue
							}
							require.NoError(t, err)
							assert.Equal(t, test.local, c.LocalAddr().String())
							if test.network == "tcp" { // the peer closes first, so there is no TIME_WAIT here
								_, err = io.ReadAll(c)
								require.NoError(t, err)
							}
							require.NoError(t, c.Close())
							time.Sleep(3 * time.Minute)
						}
						for _, address := range []string{":30001", "10.0.0.1:30001", "[fd00::1]:30001", "127.0.0.1:30001"} {
							l, err := a.Listen(bg, "tcp", address)
							require.NoError(t, err)
							l.Close()
							p, err := a.ListenPacket(bg, "udp", address)
							require.NoError(t, err)
							p.Close()
						}
					})
				})
			}
		}
	}
}

// accepting has a stack accept TCP connections and close them at once.
func accepting(t *testing.T, s *Stack, address string) {
	l, err := s.Listen(bg, "tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
}

// TestPortInUse: a port without an address is one of all addresses until it is connected.
func TestPortInUse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, b := newPair(t, Options{Seed: 1, Virtual: true})
		_, err := b.Listen(bg, "tcp", ":80")
		require.NoError(t, err)
		l, err := a.Listen(bg, "tcp", "127.0.0.1:30001")
		require.NoError(t, err)
		for _, from := range []net.Addr{&net.TCPAddr{Port: 30001}, tcpOrUDP("tcp", "0.0.0.0:30001")} {
			_, err = a.dialFrom(from, "tcp", "10.0.0.2:80")
			require.ErrorIs(t, err, syscall.EADDRINUSE)
			require.ErrorContains(t, err, "bind: address already in use")
		}
		l.Close()
		c, err := a.dialFrom(&net.TCPAddr{Port: 30001}, "tcp", "10.0.0.2:80")
		require.NoError(t, err)
		defer c.Close()
		_, err = a.Listen(bg, "tcp", ":30001")
		require.ErrorIs(t, err, syscall.EADDRINUSE)
		_, err = a.dialFrom(&net.TCPAddr{Port: 30001}, "tcp", "10.0.0.2:80")
		require.ErrorIs(t, err, syscall.EADDRINUSE)
		l, err = a.Listen(bg, "tcp", "127.0.0.1:30001")
		require.NoError(t, err, "the connection has another address")
		l.Close()
	})
}

// TestLoopbackSource: what is for 127.0.0.0/8 comes from 127.0.0.1, connected or not.
func TestLoopbackSource(t *testing.T) {
	t.Parallel()
	for _, et := range envs {
		if et.name != "machine" && et.name != "lo" && et.name != "virtual lo" {
			continue
		}
		et.run(t, func(t *testing.T, e env) {
			for _, host := range []string{"127.0.0.1", "127.0.0.2", "127.0.0.53", "127.255.255.254"} {
				l, err := e.server.Listen(bg, "tcp", host+":0")
				require.NoError(t, err)
				c, err := e.client.DialContext(bg, "tcp", l.Addr().String())
				require.NoError(t, err)
				require.Equal(t, "127.0.0.1", c.LocalAddr().(*net.TCPAddr).IP.String())
				c.Close()
				l.Close()

				u, err := e.server.ListenPacket(bg, "udp", host+":0")
				require.NoError(t, err)
				connected, err := e.client.DialContext(bg, "udp", u.LocalAddr().String())
				require.NoError(t, err)
				require.Equal(t, "127.0.0.1", connected.LocalAddr().(*net.UDPAddr).IP.String())
				require.NoError(t, writing(connected))
				for _, network := range []string{"udp", "udp4"} {
					open, err := e.client.ListenPacket(bg, network, ":0")
					require.NoError(t, err)
					_, err = open.WriteTo([]byte("x"), u.LocalAddr())
					require.NoError(t, err)
					defer open.Close()
				}
				for range 3 {
					_, from, err := u.ReadFrom(make([]byte, 9))
					require.NoError(t, err)
					require.Equal(t, "127.0.0.1", from.(*net.UDPAddr).IP.String(), "to %s", host)
				}
				connected.Close()
				u.Close()
			}
		})
	}
}

// TestFromLoopback: 127.0.0.1 reaches this host and none else.
func TestFromLoopback(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, router := range []bool{false, true} {
			a, b := newPair(t, Options{Seed: 1, Virtual: true, Router: router})
			accepting(t, a, ":80")
			accepting(t, b, ":80")
			for _, network := range []string{"tcp", "udp"} {
				from := tcpOrUDP(network, "127.0.0.1:0")
				_, err := a.dialFrom(from, network, "10.0.0.2:80")
				require.ErrorIs(t, err, syscall.EINVAL)
				require.ErrorContains(t, err, "connect: invalid argument")
				c, err := a.dialFrom(from, network, "10.0.0.1:80")
				require.NoError(t, err)
				c.Close()
				_, err = a.dialFrom(from, network, "192.0.2.1:80")
				require.ErrorIs(t, err, syscall.ENETUNREACH)
			}
			p, err := a.ListenPacket(bg, "udp", "127.0.0.1:0")
			require.NoError(t, err)
			_, err = p.WriteTo([]byte("x"), tcpOrUDP("udp", "10.0.0.2:80"))
			require.ErrorIs(t, err, syscall.EINVAL)
			require.ErrorContains(t, err, "sendto: invalid argument")
			p.Close()
		}
	})
}
