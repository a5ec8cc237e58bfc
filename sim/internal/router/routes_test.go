package router_test

import (
	"net/netip"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"drydock/sim/internal/netstack"
	"drydock/sim/internal/router"
	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The most specific route decides, and changes count at once.
func TestLongestPrefix(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := new(netfilter)
		top := plan{virtual: true, filter: f}.build(t)
		top.acquaint(t)
		c := top.capture()
		goes := func(dst string, want ...int) {
			t.Helper()
			top.inject(t, 0, packet{src: "10.1.0.99", dst: dst, proto: 17, body: udp(1)})
			synctest.Wait()
			var got []int
			for _, s := range c.take() {
				if s.proto() == 17 {
					got = append(got, s.cable)
				}
			}
			assert.Equal(t, want, got, dst)
		}
		add := func(dst, via string) {
			t.Helper()
			require.NoError(t, top.router.AddRoute(netip.MustParsePrefix(dst), netip.MustParseAddr(via)))
		}
		goes("10.9.8.7")
		add("0.0.0.0/0", "10.1.0.99")
		goes("10.9.8.7", 0)
		add("10.9.8.0/24", "10.1.0.99")
		add("10.9.0.0/16", "10.2.0.99")
		goes("10.9.8.7", 0)
		goes("10.9.7.7", 1)
		add("10.9.8.7/32", "10.2.0.99")
		goes("10.9.8.7", 1)
		goes("10.9.8.6", 0)
		require.NoError(t, top.router.DelRoute(netip.MustParsePrefix("10.9.8.7/32")))
		goes("10.9.8.7", 0)
		require.NoError(t, top.router.AddAddr(3, netip.MustParsePrefix("10.9.8.7/32")))
		goes("10.9.8.7") // it is the router's own now
		require.NoError(t, top.router.RemoveAddr(3, netip.MustParsePrefix("10.9.8.7/32")))
		goes("10.9.8.7", 0)

		var got []netip.Prefix
		for _, r := range top.router.Routes() {
			if r.Dst.Addr().Is4() && !r.Dst.Addr().IsLoopback() {
				got = append(got, r.Dst)
			}
		}
		assert.Equal(t, []netip.Prefix{
			netip.MustParsePrefix("10.1.0.0/24"), netip.MustParsePrefix("10.2.0.0/24"), netip.MustParsePrefix("10.9.8.0/24"),
			netip.MustParsePrefix("10.9.0.0/16"), netip.MustParsePrefix("0.0.0.0/0"),
		}, got)
	})
}

func TestRouteErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		dst, via string
		err      error
	}{
		{"10.9.0.0/16", "10.2.0.9", nil},
		{"10.9.0.0/16", "10.3.0.9", syscall.ENETUNREACH},
		{"10.9.0.0/16", "10.2.0.1", syscall.EINVAL},
		{"10.9.0.0/16", "127.0.0.1", syscall.EINVAL},
		{"10.9.0.1/16", "10.2.0.9", syscall.EINVAL},
		{"10.9.0.0/16", "fd02::9", syscall.EINVAL},
		{"10.2.0.0/24", "10.1.0.9", syscall.EEXIST},
		{"10.8.0.0/16", "10.1.0.9", syscall.EEXIST},
		{"10.9.0.0/16", "10.8.0.9", syscall.ENETUNREACH}, // behind a gateway
		{"fd09::/64", "fd02::9", nil},
		{"fd09::/64", "fe80::9%eth2", nil},
		{"fd09::/64", "fe80::9%eth7", syscall.ENODEV},
		{"fd09::/64", "fe80::9", syscall.ENETUNREACH},
		{"fd09::/64", "fd03::9", syscall.ENETUNREACH},
	} {
		t.Run(tt.dst+" via "+tt.via, func(t *testing.T) {
			t.Parallel()
			r := plan{}.build(t).router
			require.NoError(t, r.AddRoute(netip.MustParsePrefix("10.8.0.0/16"), netip.MustParseAddr("10.1.0.9")))
			before := r.Routes()
			dst := netip.MustParsePrefix(tt.dst)
			err := r.AddRoute(dst, netip.MustParseAddr(tt.via))
			if tt.err == nil {
				require.NoError(t, err)
				assert.ErrorIs(t, r.AddRoute(dst, netip.MustParseAddr(tt.via)), syscall.EEXIST)
				require.NoError(t, r.DelRoute(dst))
			} else {
				assert.ErrorIs(t, err, tt.err)
			}
			assert.Equal(t, before, r.Routes())
		})
	}
	r := plan{}.build(t).router
	assert.ErrorIs(t, r.DelRoute(netip.MustParsePrefix("10.9.0.0/16")), syscall.ESRCH)
	assert.ErrorIs(t, r.DelRoute(netip.Prefix{}), syscall.ESRCH)
	assert.ErrorIs(t, r.AddRoute(netip.Prefix{}, netip.Addr{}), syscall.EINVAL)
	assert.ErrorIs(t, r.RemoveAddr(2, netip.MustParsePrefix("10.1.0.9/24")), syscall.EADDRNOTAVAIL)
	assert.ErrorIs(t, r.RemoveAddr(2, netip.MustParsePrefix("10.1.0.1/16")), syscall.EADDRNOTAVAIL)
	assert.ErrorIs(t, r.RemoveAddr(7, netip.MustParsePrefix("10.1.0.1/24")), syscall.ENODEV)
}

// An address takes the route to its subnet with it, the last one all routes.
func TestRemoveAddr(t *testing.T) {
	t.Parallel()
	r := plan{}.build(t).router
	routes := func() (list []string) {
		for _, r := range r.Routes() {
			if r.Index == 3 && r.Dst.Addr().Is4() {
				list = append(list, r.Dst.String())
			}
		}
		return list
	}
	require.NoError(t, r.AddAddr(3, netip.MustParsePrefix("10.2.0.7/24")))
	require.NoError(t, r.AddAddr(3, netip.MustParsePrefix("10.5.0.1/16")))
	require.NoError(t, r.AddRoute(netip.MustParsePrefix("10.9.0.0/16"), netip.MustParseAddr("10.5.0.9")))
	assert.Equal(t, []string{"10.2.0.0/24", "10.2.0.0/24", "10.5.0.0/16", "10.9.0.0/16"}, routes())
	require.NoError(t, r.RemoveAddr(3, netip.MustParsePrefix("10.2.0.7/24")))
	assert.Contains(t, routes(), "10.2.0.0/24")
	require.NoError(t, r.RemoveAddr(3, netip.MustParsePrefix("10.2.0.1/24")))
	assert.Equal(t, []string{"10.5.0.0/16", "10.9.0.0/16"}, routes())
	require.NoError(t, r.RemoveAddr(3, netip.MustParsePrefix("10.5.0.1/16")))
	assert.Empty(t, routes())
	assert.Len(t, r.Interfaces()[2].Addrs, 1, "the IPv6 one")
}

func TestRPFilter(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		all, eth1    router.RPFilter
		src          string
		defaultRoute bool
		want         bool
	}{
		{router.RPOff, router.RPOff, "10.1.0.99", false, true},
		{router.RPOff, router.RPOff, "10.2.0.77", false, true},
		{router.RPOff, router.RPOff, "10.77.0.1", false, true},
		{router.RPStrict, router.RPOff, "10.1.0.99", false, true},
		{router.RPStrict, router.RPOff, "10.2.0.77", false, false},
		{router.RPStrict, router.RPOff, "10.77.0.1", false, false},
		{router.RPOff, router.RPStrict, "10.2.0.77", false, false},
		{router.RPLoose, router.RPOff, "10.2.0.77", false, true},
		{router.RPLoose, router.RPOff, "10.77.0.1", false, false},
		{router.RPLoose, router.RPOff, "10.77.0.1", true, true},
		{router.RPStrict, router.RPOff, "10.77.0.1", true, false},
		{router.RPStrict, router.RPLoose, "10.2.0.77", false, true},
		{router.RPLoose, router.RPStrict, "10.2.0.77", false, true},
	} {
		inBubble := func(f func(t *testing.T)) { t.Run(tt.src, func(t *testing.T) { inBubble(t, f) }) }
		inBubble(func(t *testing.T) {
			f := new(netfilter)
			top := plan{virtual: true, filter: f}.build(t)
			top.acquaint(t)
			require.True(t, top.router.SetRPFilter(0, tt.all))
			require.True(t, top.router.SetRPFilter(2, tt.eth1))
			if tt.defaultRoute {
				require.NoError(t, top.router.AddRoute(netip.MustParsePrefix("0.0.0.0/0"), netip.MustParseAddr("10.2.0.99")))
			}
			c := top.capture()
			top.inject(t, 0, packet{src: tt.src, dst: "10.2.0.99", proto: 17, body: udp(1)})
			synctest.Wait()
			assert.Equal(t, tt.want, len(c.take()) == 1, "all %v, eth1 %v", tt.all, tt.eth1)
		})
	}
	r := plan{}.build(t).router
	assert.False(t, r.SetRPFilter(7, router.RPStrict))
	assert.False(t, plan{plain: true}.build(t).router.SetRPFilter(0, router.RPStrict))
}

// Interfaces that come and go.
func TestInterfaces(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := new(netfilter)
		top := plan{virtual: true, filter: f}.build(t)
		top.acquaint(t)
		c := top.capture()
		in := packet{src: "10.1.0.99", dst: "10.3.0.9", proto: 17, body: udp(1)}
		for range 3 {
			end, peer, err := veth.Pair(veth.WithSeed(9))
			require.NoError(t, err)
			plug(t, top.router, 4, "eth3", end, net(2, 1))
			s := netstack.New(netstack.Options{Virtual: true})
			plug(t, s, 2, "eth0", peer, net(2, 9))
			u, err := s.ListenPacket(bg, "udp", "10.3.0.9:9")
			require.NoError(t, err)
			top.inject(t, 0, in)
			n, _, err := u.ReadFrom(make([]byte, 100))
			require.NoError(t, err)
			assert.Equal(t, 1, n)
			require.NoError(t, top.router.RemoveNIC(4))
			top.inject(t, 0, in)
			synctest.Wait()
			one(out(0), addrs("10.1.0.1", "10.1.0.99"))(t, in, c.take())
			s.Close()
			time.Sleep(10 * time.Second) // for the limit of errors
		}
		eth1, eth2 := top.router.Interfaces()[1], top.router.Interfaces()[2]
		assert.EqualValues(t, 6, eth1.Rx.Packets)
		assert.EqualValues(t, 6*29, eth1.Rx.Bytes)
		assert.EqualValues(t, 3, eth1.Tx.Packets)
		assert.Zero(t, eth2.Rx.Packets)
	})
}
