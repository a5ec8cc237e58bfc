package netstack

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"drydock/sim/ping"
	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip"
)

// newPair4 returns two stacks in virtual time without IPv6: 10.0.0.1 and 10.0.0.2.
func newPair4(t *testing.T) (a, b *Stack) {
	end1, end2, err := veth.Pair(veth.WithSeed(1))
	require.NoError(t, err)
	stacks := [2]*Stack{New(Options{Seed: 1, Virtual: true}), New(Options{Seed: 2, Virtual: true})}
	for i, end := range []*veth.Endpoint{end1, end2} {
		s := stacks[i]
		t.Cleanup(end.Close)
		t.Cleanup(s.Close)
		require.NoError(t, s.AddLoopback())
		require.NoError(t, s.AddNIC(2, "eth0", end))
		addAddrs(t, s, fmt.Sprintf("10.0.0.%d/24", i+1))
	}
	return stacks[0], stacks[1]
}

func addAddrs(t *testing.T, s *Stack, addrs ...string) {
	for _, a := range addrs {
		require.NoError(t, s.AddAddr(2, netip.MustParsePrefix(a)))
	}
}

// The states of IPv6 that a namespace can be in, in an order in which one can follow
// the other.
const (
	v6Off  = iota // on no interface
	v6Lo          // on lo alone
	v6On          // also on eth0, as fd00::1/64 and fe80::1/64
	v6Gone        // eth0 is no more
	v6States
)

// enter6 brings s from the state before to the state.
func enter6(t *testing.T, s *Stack, state int) {
	switch state {
	case v6Lo:
		require.NoError(t, s.SetIPv6(true))
	case v6On:
		addAddrs(t, s, "fd00::1/64", "fe80::1/64")
	case v6Gone:
		require.NoError(t, s.RemoveNIC(2))
	}
}

const (
	noAddr  = syscall.EADDRNOTAVAIL
	noNet   = syscall.ENETUNREACH
	invalid = syscall.EINVAL
	refused = syscall.ECONNREFUSED
	fine    = syscall.Errno(0)
)

// TestIPv6Errors has what Linux 6.18 said in a namespace of its own: first with
// net.ipv6.conf.all.disable_ipv6=1, then with lo's disable_ipv6=0 and so on.
func TestIPv6Errors(t *testing.T) {
	t.Parallel()
	type call = func(s *Stack) error
	dial := func(proto, address string) call {
		return func(s *Stack) error { return dialingFrom(s, proto, address)(bg) }
	}
	listen := func(address, local string) call {
		return func(s *Stack) error {
			l, err := s.Listen(bg, "tcp", address)
			return checkLocal(l, err, local)
		}
	}
	listenPacket := func(address, local string) call {
		return func(s *Stack) error {
			c, err := s.ListenPacket(bg, "udp", address)
			if err != nil {
				return err
			}
			defer c.Close()
			return sameHost(c.LocalAddr(), local)
		}
	}
	send := func(address string) call {
		return func(s *Stack) error {
			c, err := s.ListenPacket(bg, "udp", ":0")
			if err != nil {
				return err
			}
			defer c.Close()
			_, err = c.WriteTo([]byte("x"), net.UDPAddrFromAddrPort(netip.MustParseAddrPort(address)))
			return err
		}
	}
	ping := func(address string) call {
		return func(s *Stack) error {
			_, err := pingTwice(bg, s, address)
			return err
		}
	}
	for _, tt := range []struct {
		name string
		call call
		want [v6States]syscall.Errno
	}{
		{"connect to ::1", dial("tcp", "[::1]:99"), [...]syscall.Errno{noAddr, refused, refused, refused}},
		{"connect to ::", dial("tcp6", "[::]:99"), [...]syscall.Errno{noAddr, refused, refused, refused}},
		{"connect to a local address", dial("tcp", "[fd00::1]:99"), [...]syscall.Errno{noAddr, noNet, refused, noNet}},
		{"connect off link", dial("tcp", "[2001:db8::1]:99"), [...]syscall.Errno{noAddr, noNet, noNet, noNet}},
		{"connect to fe80:: of eth0", dial("udp", "[fe80::2%eth0]:99"), [...]syscall.Errno{noAddr, noNet, fine, invalid}},
		{"connect to fe80::", dial("tcp", "[fe80::2]:99"), [...]syscall.Errno{invalid, invalid, invalid, invalid}},
		{"connect to multicast", dial("tcp", "[ff02::1%eth0]:99"), [...]syscall.Errno{noNet, noNet, noNet, noNet}},
		{"connect to 10.0.0.1", dial("tcp", "[::ffff:10.0.0.1]:99"), [...]syscall.Errno{refused, refused, refused, noNet}},
		{"connect udp to ::1", dial("udp", "[::1]:99"), [...]syscall.Errno{noAddr, fine, fine, fine}},
		{"connect udp on link", dial("udp", "[fd00::2]:99"), [...]syscall.Errno{noAddr, noNet, fine, noNet}},
		{"connect udp off link", dial("udp", "[2001:db8::1]:99"), [...]syscall.Errno{noAddr, noNet, noNet, noNet}},
		{"connect udp to fe80::", dial("udp", "[fe80::2]:99"), [...]syscall.Errno{invalid, invalid, invalid, invalid}},
		{"connect udp to ff02:: of eth0", dial("udp", "[ff02::1%eth0]:99"), [...]syscall.Errno{noAddr, noNet, fine, invalid}},
		{"connect udp to ff02::", dial("udp", "[ff02::1]:99"), [...]syscall.Errno{invalid, invalid, invalid, invalid}},
		{"send to ::1", send("[::1]:99"), [...]syscall.Errno{noAddr, fine, fine, fine}},
		{"send on link", send("[fd00::2]:99"), [...]syscall.Errno{noAddr, noNet, fine, noNet}},
		{"send to fe80:: of eth0", send("[fe80::2%eth0]:99"), [...]syscall.Errno{noAddr, noNet, fine, noNet}},
		{"send to multicast", send("[ff02::1%eth0]:99"), [...]syscall.Errno{noAddr, noNet, fine, noNet}},
		{"send to 10.0.0.2", send("[::ffff:10.0.0.2]:99"), [...]syscall.Errno{fine, fine, fine, noNet}},
		{"listen on ::1", listen("[::1]:0", "::1"), [...]syscall.Errno{noAddr, fine, fine, fine}},
		{"listen on ::", listen("[::]:0", "::"), [...]syscall.Errno{fine, fine, fine, fine}},
		{"listen on all", listen(":0", "::"), [...]syscall.Errno{fine, fine, fine, fine}},
		{"listen on fd00::1", listen("[fd00::1]:0", "fd00::1"), [...]syscall.Errno{noAddr, noAddr, fine, noAddr}},
		{"listen on fe80:: of eth0", listen("[fe80::1%eth0]:0", "fe80::1"), [...]syscall.Errno{noAddr, noAddr, fine, invalid}},
		{"listen on fe80::", listen("[fe80::1]:0", ""), [...]syscall.Errno{invalid, invalid, invalid, invalid}},
		{"listen on multicast", listen("[ff02::1%eth0]:0", ""), [...]syscall.Errno{invalid, invalid, invalid, invalid}},
		{"bind udp to ::1", listenPacket("[::1]:0", "::1"), [...]syscall.Errno{noAddr, fine, fine, fine}},
		{"bind udp to ::", listenPacket(":0", "::"), [...]syscall.Errno{fine, fine, fine, fine}},
		{"bind udp to fd00::1", listenPacket("[fd00::1]:0", "fd00::1"), [...]syscall.Errno{noAddr, noAddr, fine, noAddr}},
		{"bind udp to fe80::", listenPacket("[fe80::1]:0", ""), [...]syscall.Errno{invalid, invalid, invalid, invalid}},
		{"bind udp to multicast", listenPacket("[ff02::1%eth0]:0", "::"), [...]syscall.Errno{fine, fine, fine, fine}},
		{"ping ::1", ping("::1"), [...]syscall.Errno{noAddr, fine, fine, fine}},
		{"ping on link", ping("fd00::2"), [...]syscall.Errno{noAddr, noNet, fine, noNet}},
		{"ping off link", ping("2001:db8::1"), [...]syscall.Errno{noAddr, noNet, noNet, noNet}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, _ := newPair4(t)
				for state, want := range tt.want {
					enter6(t, s, state)
					assert.Equal(t, want, errnoOf(t, tt.call(s)), "in state %d", state)
				}
			})
		})
	}
}

func checkLocal(l net.Listener, err error, local string) error {
	if err != nil {
		return err
	}
	defer l.Close()
	return sameHost(l.Addr(), local)
}

func sameHost(a net.Addr, want string) error {
	if got := netip.MustParseAddrPort(a.String()).Addr().WithZone("").String(); got != want {
		return fmt.Errorf("local address %s, want %s", got, want)
	}
	return nil
}

// errnoOf returns 0 for no error.
func errnoOf(t *testing.T, err error) syscall.Errno {
	var errno syscall.Errno
	if err != nil && !errors.As(err, &errno) {
		t.Error(err)
	}
	return errno
}

// TestIPv6Silence checks that a stack without IPv6 sends no frame of it, and that one
// with IPv6 addresses answers.
func TestIPv6Silence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, b := newPair4(t)
		addAddrs(t, b, "fd00::2/64", "fe80::2/64")
		require.NoError(t, b.AddAddr(1, netip.MustParsePrefix("fd00::99/128"))) // a source to ping from, not of the link
		answered := func() (targets []string) {
			for _, dst := range []string{"ff02::1%eth0", "fe80::1%eth0", "fd00::1"} {
				_, stats, err := pingEvents(t, b, dst, ping.Config{Count: 1})
				require.NoError(t, err)
				if stats.Received > 0 {
					targets = append(targets, dst)
				}
			}
			return targets
		}
		heard := b.stack.Stats().ICMP.V6.PacketsReceived
		assert.Empty(t, answered())
		assert.Zero(t, heard.EchoReply.Value()+heard.NeighborSolicit.Value()+heard.NeighborAdvert.Value()+
			heard.RouterSolicit.Value()+heard.MulticastListenerReport.Value()+heard.MulticastListenerReportV2.Value())
		_, stats, err := pingEvents(t, b, "10.0.0.1", ping.Config{})
		require.NoError(t, err)
		assert.Equal(t, 2, stats.Received)

		require.NoError(t, a.SetIPv6(true))
		assert.Empty(t, answered(), "IPv6 of lo is not that of eth0")
		addAddrs(t, a, "fd00::1/64", "fe80::1/64")
		assert.Equal(t, []string{"ff02::1%eth0", "fe80::1%eth0", "fd00::1"}, answered())
		require.NoError(t, a.RemoveAddr(2, netip.MustParsePrefix("fd00::1/64")))
		require.NoError(t, a.RemoveAddr(2, netip.MustParsePrefix("fe80::1/64")))
		assert.Empty(t, answered())
	})
}

func TestSetIPv6(t *testing.T) {
	t.Parallel()
	s := New(Options{Seed: 1})
	defer s.Close()
	require.Error(t, s.SetIPv6(true), "there is no lo")
	require.NoError(t, s.AddLoopback())
	l, err := s.Listen(bg, "tcp", ":0")
	require.NoError(t, err)
	to := fmt.Sprintf("[::1]:%d", l.Addr().(*net.TCPAddr).Port)
	for _, on := range []bool{false, true, true, false, false, true} {
		require.NoError(t, s.SetIPv6(on))
		_, err := s.DialContext(bg, "tcp", to)
		want, routes := []string{"127.0.0.1/8"}, []string{"127.0.0.0/8"}
		if on {
			want, routes = append(want, "::1/128"), append([]string{"::1/128"}, routes...)
			assert.NoError(t, err)
		} else {
			assert.ErrorIs(t, err, syscall.EADDRNOTAVAIL)
		}
		assert.Equal(t, want, texts(s.Interfaces()[0].Addrs))
		assert.Equal(t, routes, routesOf(s))
	}
}

// TestSetIPv6UnderLoad switches IPv6 while sockets are in use.
func TestSetIPv6UnderLoad(t *testing.T) {
	t.Parallel()
	s := New(Options{Seed: 1})
	defer s.Close()
	require.NoError(t, s.AddLoopback())
	l, err := s.Listen(bg, "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var wg, done sync.WaitGroup
	done.Go(func() { echoAll(l) })
	wg.Go(func() { echoStream(t, env{client: s}, l.Addr()) })
	for range 2 {
		wg.Go(func() {
			for i := range 200 {
				assert.NoError(t, s.SetIPv6(i%2 == 0))
				c, err := s.DialContext(bg, "udp", "[::1]:9")
				if err == nil {
					writing(c)
					c.Close()
				}
			}
		})
	}
	wg.Wait()
	require.NoError(t, s.SetIPv6(true))
	assert.Equal(t, []string{"::1/128", "127.0.0.0/8"}, routesOf(s))
	l.Close()
	done.Wait()
}

func texts[T fmt.Stringer](list []T) (s []string) {
	for _, v := range list {
		s = append(s, v.String())
	}
	return s
}

// routesOf returns the routing table as "destination via gateway".
func routesOf(s *Stack) (list []string) {
	for _, r := range s.Routes() {
		text := r.Dst.String()
		if r.Via.IsValid() {
			text += " via " + r.Via.String()
		}
		list = append(list, text)
	}
	return list
}

// TestDefaultRoutes checks that each family has a default route of its own.
func TestDefaultRoutes(t *testing.T) {
	t.Parallel()
	for _, router := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			a, b := newPair(t, Options{Seed: 1, Virtual: true, Router: router})
			addAddrs(t, b, "192.0.2.1/32", "2001:db8::1/128")
			reaches := func(dst string) bool {
				_, stats, err := pingEvents(t, a, dst, ping.Config{Count: 1})
				if err != nil {
					require.ErrorIs(t, err, syscall.ENETUNREACH)
				}
				return stats.Received == 1
			}
			defaults := func() (list []string) {
				for _, r := range a.Routes() {
					if r.Dst.Bits() == 0 {
						list = append(list, fmt.Sprint(r.Dst, " ", r.Via, " ", r.Index))
					}
				}
				return list
			}
			check := func(want4, want6 string) {
				t.Helper()
				var want []string
				for _, w := range []string{want4, want6} {
					if w != "" {
						want = append(want, w)
					}
				}
				assert.ElementsMatch(t, want, defaults())
				assert.Equal(t, want4 != "", reaches("192.0.2.1"))
				assert.Equal(t, want6 != "", reaches("2001:db8::1"))
			}
			const via4, via6, viaLocal = "0.0.0.0/0 10.0.0.2 2", "::/0 fd00::2 2", "::/0 fe80::2 2"
			all4, all6 := netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")
			check("", "")
			a.SetDefault(2, netip.MustParseAddr("fd00::2"))
			check("", via6)
			a.SetDefault(2, netip.MustParseAddr("10.0.0.77"))
			a.SetDefault(2, netip.MustParseAddr("::ffff:10.0.0.2"))
			check(via4, via6)
			a.SetDefault(2, netip.MustParseAddr("fe80::2"))
			check(via4, viaLocal)
			require.NoError(t, a.DelRoute(all4))
			check("", viaLocal)
			a.SetDefault(2, netip.MustParseAddr("10.0.0.2"))
			require.NoError(t, a.DelRoute(all6))
			require.ErrorIs(t, a.DelRoute(all6), syscall.ESRCH)
			check(via4, "")
		})
	}
}

// TestRemoveDualStack removes one of two interfaces with addresses and default routes
// of both families, and adds it again.
func TestRemoveDualStack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, b := newPair4(t)
		require.NoError(t, a.SetIPv6(true))
		addAddrs(t, a, "fd00::1/64", "fe80::1/64")
		addAddrs(t, b, "fd00::2/64", "fe80::2/64")
		before := routesOf(a)

		end1, end2, err := veth.Pair(veth.WithSeed(2))
		require.NoError(t, err)
		defer end1.Close()
		defer end2.Close()
		require.NoError(t, b.AddNIC(3, "eth1", end2))
		for range 2 {
			require.NoError(t, a.AddNIC(3, "eth1", lasting{end1}))
			for i, s := range []*Stack{a, b} {
				for _, p := range []string{"10.0.1.%d/24", "fd01::%d/64", "fe80::1%d/64"} {
					err := s.AddAddr(3, netip.MustParsePrefix(fmt.Sprintf(p, i+1)))
					if err != nil {
						require.ErrorIs(t, err, syscall.EEXIST)
					}
				}
			}
			a.SetDefault(2, netip.MustParseAddr("10.0.0.2"))
			a.SetDefault(3, netip.MustParseAddr("fd01::2"))
			c, err := a.DialContext(bg, "udp", "[fd01::2]:9")
			require.NoError(t, err)
			for _, dst := range []string{"fd00::2", "fd01::2", "10.0.1.2", "fe80::12%eth1"} {
				_, stats, err := pingEvents(t, a, dst, ping.Config{})
				require.NoError(t, err)
				assert.Equal(t, 2, stats.Received, dst)
			}

			require.NoError(t, a.RemoveNIC(3))
			assert.Error(t, writing(c))
			c.Close()
			require.NoError(t, a.DelRoute(netip.MustParsePrefix("0.0.0.0/0")))
			assert.Equal(t, before, routesOf(a))
			for dst, want := range map[string]int{"fd00::2": 2, "fd01::2": 0, "10.0.1.2": 0, "10.0.0.2": 2} {
				_, stats, _ := pingEvents(t, a, dst, ping.Config{})
				assert.Equal(t, want, stats.Received, dst)
			}
			_, exists := a.stack.SingleNICInfo(tcpip.NICID(3))
			assert.False(t, exists)
			time.Sleep(time.Hour) // neighbours are forgotten
		}
	})
}
