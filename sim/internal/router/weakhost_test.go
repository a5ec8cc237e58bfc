package router_test

import (
	"fmt"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"drydock/sim/internal/netstack"
	"drydock/sim/ping"
	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What is sent from an address of the router leaves by the interface that the most
// specific route says, also if the address is of another one, which has a default route.
func TestSendFromOtherAddress(t *testing.T) {
	for _, tt := range []struct{ from, via, to string }{
		{"10.1.0.1", "10.1.0.2", "10.2.0.2"},
		{"fd01::1", "fd01::2", "fd02::2"},
	} {
		for _, network := range []string{"tcp", "udp", "udp from a listener"} {
			t.Run(network+" from "+tt.from, func(t *testing.T) {
				inBubble(t, func(t *testing.T) {
					top := plan{virtual: true}.build(t)
					top.router.SetDefault(2, netip.MustParseAddr(tt.via))
					from, to := netip.MustParseAddr(tt.from), netip.AddrPortFrom(netip.MustParseAddr(tt.to), 80)
					assert.Equal(t, from, seenBy(t, network, top.router, top.b, from, to))
				})
			})
		}
	}
}

// seenBy returns the source address that server sees of what client sends.
func seenBy(t *testing.T, network string, client, server *netstack.Stack, from netip.Addr, to netip.AddrPort) netip.Addr {
	t.Helper()
	if network == "tcp" {
		l, err := server.Listen(bg, network, to.String())
		require.NoError(t, err)
		defer l.Close()
		c, err := (&netstack.Dialer{Stack: client, LocalAddr: tcpAddr(from)}).DialContext(bg, network, to.String())
		require.NoError(t, err)
		defer c.Close()
		s, err := l.Accept()
		require.NoError(t, err)
		defer s.Close()
		return netip.MustParseAddrPort(s.RemoteAddr().String()).Addr()
	}
	s, err := server.ListenPacket(bg, "udp", to.String())
	require.NoError(t, err)
	defer s.Close()
	require.NoError(t, s.SetReadDeadline(time.Now().Add(5*time.Second)))
	if network == "udp" {
		c, err := (&netstack.Dialer{Stack: client, LocalAddr: udpAddr(from)}).DialContext(bg, network, to.String())
		require.NoError(t, err)
		defer c.Close()
		_, err = c.Write([]byte("x"))
		require.NoError(t, err)
	} else {
		c, err := client.ListenPacket(bg, "udp", netip.AddrPortFrom(from, 0).String())
		require.NoError(t, err)
		defer c.Close()
		_, err = c.WriteTo([]byte("x"), s.LocalAddr())
		require.NoError(t, err)
	}
	_, peer, err := s.ReadFrom(make([]byte, 10))
	require.NoError(t, err)
	return netip.MustParseAddrPort(peer.String()).Addr()
}

// A neighbour asks for an address of another interface, and is answered; no more when the
// address is gone, from wherever it was lent to.
func TestAnswerForOtherAddress(t *testing.T) {
	for _, other := range []string{"10.1.0.50/32", "fd01::50/128"} {
		t.Run(other, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				top := plan{virtual: true}.build(t)
				p := netip.MustParsePrefix(other)
				require.NoError(t, top.router.AddAddr(3, p))
				answers := func() int {
					got := 0
					_, err := top.a.Ping(bg, p.Addr(), &ping.Config{Count: 1, Observe: func(e ping.Event) {
						if e.From == p.Addr() {
							got++
						}
					}})
					require.NoError(t, err)
					return got
				}
				assert.Equal(t, 1, answers())
				require.ErrorIs(t, top.router.RemoveAddr(2, p), syscall.EADDRNOTAVAIL, "it is lent, not its own")
				require.NoError(t, top.router.RemoveAddr(3, p))
				assert.Zero(t, answers())
				_, err := top.router.Listen(bg, "tcp", netip.AddrPortFrom(p.Addr(), 80).String())
				require.ErrorIs(t, err, syscall.EADDRNOTAVAIL)
				require.NoError(t, top.router.AddAddr(2, p), "nobody has it")
				assert.Equal(t, 1, answers())
			})
		})
	}
}

// An address may be several interfaces', also where it was lent before, and is not lost with one of
// them.
func TestAddressOfSeveral(t *testing.T) {
	for _, other := range []string{"10.1.0.50/32", "fd01::50/128"} {
		t.Run(other, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				top := plan{virtual: true}.build(t)
				p := netip.MustParsePrefix(other)
				answered := func() {
					t.Helper()
					stats, err := top.a.Ping(bg, p.Addr(), &ping.Config{Count: 1})
					require.NoError(t, err)
					require.Equal(t, 1, stats.Received)
				}
				require.NoError(t, top.router.AddAddr(3, p))
				answered() // it is lent to 2
				require.NoError(t, top.router.AddAddr(2, p))
				answered()
				require.ErrorIs(t, top.router.AddAddr(2, p), syscall.EEXIST)
				require.NoError(t, top.router.RemoveAddr(3, p))
				answered()
				require.NoError(t, top.router.AddAddr(3, p))
				require.NoError(t, top.router.RemoveAddr(2, p))
				answered()
			})
		})
	}
}

// BenchmarkInterfaces adds interfaces with an address to a router and removes them.
func BenchmarkInterfaces(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				s := netstack.New(netstack.Options{Router: true})
				for i := range n {
					end, _, err := veth.Pair(veth.WithSeed(uint64(i)))
					require.NoError(b, err)
					require.NoError(b, s.AddNIC(2+i, fmt.Sprint("eth", i), end))
					require.NoError(b, s.AddAddr(2+i, netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i >> 8), byte(i), 1}), 24)))
				}
				for i := range n {
					require.NoError(b, s.RemoveNIC(2+i))
				}
				s.Close()
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/interface")
		})
	}
}
