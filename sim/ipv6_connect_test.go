package sim_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"drydock/sim"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// layout6 returns all but the link-local addresses, the default routes, and the lines of
// /etc/hosts that are the container's own.
func layout6(t *testing.T, c *sim.Container) string {
	t.Helper()
	var s []string
	for _, i := range c.Interfaces() {
		for _, a := range i.Addrs {
			if !a.Addr().IsLinkLocalUnicast() {
				s = append(s, fmt.Sprintf("%s %v", i.Name, a.Addr()))
			}
		}
	}
	for _, r := range c.Routes() {
		if r.Dst.Bits() == 0 && r.Via.IsValid() {
			s = append(s, fmt.Sprintf("via %v %s", r.Via, r.Dev))
		}
	}
	slices.Sort(s)
	for _, line := range linesOf(t, c, "/etc/hosts")[6:] {
		addr, _, _ := strings.Cut(line, "\t")
		s = append(s, addr)
	}
	return strings.Join(s, ", ")
}

// TestIPv6Connect repeats the recorded container that comes to networks with IPv6 and
// leaves them: they come before those without, but an internal one.
func TestIPv6Connect(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	network := func(name, v4, v6 string, opts ...sim.NetworkOption) *sim.Network {
		opts = append(opts, sim.WithSubnet(prefix(v4)))
		if v6 != "" {
			opts = append(opts, sim.WithSubnet(prefix(v6)))
		}
		return simtest.NewNetwork(t, h, name, opts...)
	}
	v4 := network("v4", "10.9.0.0/24", "")
	xa := network("xa", "10.1.0.0/24", "fd00:1::/64")
	xb := network("xb", "10.2.0.0/24", "fd00:2::/64")
	inside := network("a0int", "10.3.0.0/24", "fd00:3::/64", sim.WithInternal())
	c1 := simtest.Run(t, h, "c1", sim.WithNetwork(v4))
	for _, step := range []struct {
		do   func() error
		want string
	}{
		{func() error { return nil }, "eth0 10.9.0.2, lo 127.0.0.1, via 10.9.0.1 eth0, 10.9.0.2"},
		{func() error { return c1.Connect(xb) }, "eth0 10.9.0.2, eth1 10.2.0.2, eth1 fd00:2::2, lo 127.0.0.1, lo ::1, " +
			"via 10.2.0.1 eth1, via fd00:2::1 eth1, 10.9.0.2, 10.2.0.2, fd00:2::2"},
		{func() error { return c1.Connect(xa) }, "eth0 10.9.0.2, eth1 10.2.0.2, eth1 fd00:2::2, eth2 10.1.0.2, eth2 fd00:1::2, lo 127.0.0.1, lo ::1, " +
			"via 10.1.0.1 eth2, via fd00:1::1 eth2, 10.9.0.2, 10.2.0.2, fd00:2::2, 10.1.0.2, fd00:1::2"},
		{func() error { return c1.Disconnect(xa) }, "eth0 10.9.0.2, eth1 10.2.0.2, eth1 fd00:2::2, lo 127.0.0.1, lo ::1, via 10.2.0.1 eth1, via fd00:2::1 eth1"},
		{func() error { return c1.Disconnect(xb) }, "eth0 10.9.0.2, lo 127.0.0.1, via 10.9.0.1 eth0"},
		{func() error { return c1.Connect(xb) }, "eth0 10.9.0.2, eth3 10.2.0.2, eth3 fd00:2::2, lo 127.0.0.1, lo ::1, " +
			"via 10.2.0.1 eth3, via fd00:2::1 eth3, 10.2.0.2, fd00:2::2"},
		{func() error { return c1.Disconnect(xb) }, "eth0 10.9.0.2, lo 127.0.0.1, via 10.9.0.1 eth0"},
		{func() error { return c1.Connect(inside) }, "eth0 10.9.0.2, eth4 10.3.0.2, eth4 fd00:3::2, lo 127.0.0.1, lo ::1, " +
			"via 10.9.0.1 eth0, 10.3.0.2, fd00:3::2"},
		{func() error { return c1.Connect(xa) }, "eth0 10.9.0.2, eth4 10.3.0.2, eth4 fd00:3::2, eth5 10.1.0.2, eth5 fd00:1::2, lo 127.0.0.1, lo ::1, " +
			"via 10.1.0.1 eth5, via fd00:1::1 eth5, 10.3.0.2, fd00:3::2, 10.1.0.2, fd00:1::2"},
		{func() error { return c1.Disconnect(xa) }, "eth0 10.9.0.2, eth4 10.3.0.2, eth4 fd00:3::2, lo 127.0.0.1, lo ::1, via 10.9.0.1 eth0"},
		{func() error { return c1.Disconnect(inside) }, "eth0 10.9.0.2, lo 127.0.0.1, via 10.9.0.1 eth0"},
		{func() error { return c1.Disconnect(v4) }, "lo 127.0.0.1"},
		{func() error { return c1.Connect(inside) }, "eth6 10.3.0.2, eth6 fd00:3::2, lo 127.0.0.1, lo ::1, via 10.3.0.1 eth6, via fd00:3::1 eth6, 10.3.0.2, fd00:3::2"},
		{func() error { return c1.Connect(v4) }, "eth6 10.3.0.2, eth6 fd00:3::2, eth7 10.9.0.2, lo 127.0.0.1, lo ::1, via 10.9.0.1 eth7, 10.3.0.2, fd00:3::2, 10.9.0.2"},
	} {
		require.NoError(t, step.do())
		require.Equal(t, step.want, layout6(t, c1))
	}
}

// TestIPv6Publish: who comes by IPv6 is served by the proxy, which goes on by IPv6.
func TestIPv6Publish(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		xa := simtest.NewNetwork(t, h, "xa", sim.WithSubnet(prefix("10.1.0.0/24")), sim.WithSubnet(prefix("fd00:1::/64")))
		pub := simtest.Run(t, h, "pub", sim.WithNetwork(xa), sim.WithPublish("8080:80", "8081:80/udp"))
		sib := simtest.Run(t, h, "sib", sim.WithNetwork(xa))
		plain := simtest.Run(t, h, "plain", sim.WithPublish("9030:80"))
		for _, c := range []*sim.Container{pub, plain} {
			who(t, c, "tcp", "80")
			who(t, c, "udp", "80")
		}
		require.Equal(t, "[80/tcp -> 0.0.0.0:8080 80/tcp -> :::8080 80/udp -> 0.0.0.0:8081 80/udp -> :::8081]", fmt.Sprint(pub.Ports()))
		for _, tt := range []struct {
			from             machine
			network, address string
			want             string
		}{
			{h, "tcp", "[::1]:8080", "you are fd00:1::1, I am [fd00:1::2]:80"},
			{h, "tcp", "[fd00:1::1]:8080", "you are fd00:1::1, I am [fd00:1::2]:80"},
			{h, "tcp", "127.0.0.1:8080", "you are 10.1.0.1, I am 10.1.0.2:80"},
			{h, "tcp", "[fd00:1::2]:80", "you are fd00:1::1, I am [fd00:1::2]:80"},
			{h, "udp", "[::1]:8081", "you are fd00:1::1"},
			{h, "udp", "127.0.0.1:8081", "you are 10.1.0.1"},
			{sib, "tcp", "[fd00:1::1]:8080", "you are fd00:1::1, I am [fd00:1::2]:80"},
			{sib, "tcp", "10.1.0.1:8080", "you are 10.1.0.1, I am 10.1.0.2:80"},
			{sib, "tcp", "[fe80::1%eth0]:8080", "you are fd00:1::1, I am [fd00:1::2]:80"},
			{sib, "udp", "[fd00:1::1]:8081", "you are fd00:1::1"},
			{plain, "tcp", "172.17.0.1:8080", "you are 10.1.0.1, I am 10.1.0.2:80"},
			{plain, "tcp", "[fd00:1::1]:8080", "cannot assign requested address"},
			{h, "tcp", "[::1]:9030", "you are 172.17.0.1, I am 172.17.0.2:80"},
		} {
			require.Contains(t, nc(t, tt.from, tt.network, tt.address), tt.want, "%s to %s %s", tt.from.Name(), tt.network, tt.address)
		}
	})
}

// TestIPv6Refused has the refusals of Docker Engine 20.10.24.
func TestIPv6Refused(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	x := simtest.NewNetwork(t, h, "x", sim.WithSubnet(prefix("fd00:1::/64")))
	v4only := simtest.NewNetwork(t, h, "v4only", sim.WithSubnet(prefix("10.9.0.0/24")))
	bridge, _ := h.Network("bridge")
	taken := simtest.Run(t, h, "c1", sim.WithNetwork(x, sim.WithAddr(netip.MustParseAddr("fd00:1::50"))))
	require.Equal(t, "fd00:1::50", taken.Link(x).Addr6().String())
	subnets := func(list ...string) (opts []sim.NetworkOption) {
		for _, s := range list {
			opts = append(opts, sim.WithSubnet(prefix(s)))
		}
		return opts
	}
	gateway := func(s string) sim.NetworkOption { return sim.WithGateway(netip.MustParseAddr(s)) }
	for _, tt := range []struct {
		opts []sim.NetworkOption
		want error
		text string
	}{
		{subnets("fd00:8::/64", "fd00:9::/64"), sim.ErrConflict, "bridge driver doesn't support multiple subnets"},
		{subnets("fd00:1::/80"), sim.ErrOverlap, "Pool overlaps with other one on this address space"},
		{subnets("fd00::/16"), sim.ErrOverlap, "Pool overlaps with other one on this address space"},
		{append(subnets("fd00:8::/64"), gateway("fd00:2::1")), sim.ErrAddress, "no matching subnet for gateway fd00:2::1"},
		{append(subnets("fd00:8::/64"), gateway("fd00:8::")), sim.ErrAddress, "failed to allocate gateway (fd00:8::): Address already in use"},
		{append(subnets("10.1.0.0/24"), gateway("fd00:8::1")), sim.ErrAddress, "no matching subnet for gateway fd00:8::1"},
		{[]sim.NetworkOption{gateway("fd00:8::1")}, sim.ErrConflict, "every ip-range or gateway must have a corresponding subnet"},
		{append(subnets("fd00:8::/64"), sim.WithIPRange(prefix("fd00:2::/72"))), sim.ErrAddress, "no matching subnet for range fd00:2::/72"},
		{subnets("10.1.0.0/24", "fd00:8::/128"), sim.ErrNoAddress, "failed to allocate gateway (): No available addresses on this pool"},
		{subnets("ff00::/64"), sim.ErrAddress, "failed to add IPv6 address ff00::1/64 to bridge: cannot assign requested address"},
	} {
		before := snapshot(h)
		_, err := h.CreateNetwork("bad", tt.opts...)
		require.EqualError(t, err, tt.text)
		require.ErrorIs(t, err, tt.want)
		require.Equal(t, before, snapshot(h))
	}
	for _, tt := range []struct {
		n    *sim.Network
		addr string
		text string
	}{
		{x, "fd00:2::50", "Invalid address fd00:2::50: It does not belong to any of this network's subnets"},
		{x, "fd00:1::50", "Address already in use"},
		{x, "fd00:1::1", "Address already in use"},
		{x, "fd00:1::", "Address already in use"},
		{x, "::ffff:10.0.0.5", "invalid IPv6 address: ::ffff:10.0.0.5"},
		{x, "172.18.0.9", "user specified IP address is supported only when connecting to networks with user configured subnets"},
		{v4only, "fd00:1::51", "user specified IP address is supported only when connecting to networks with user configured subnets"},
		{bridge, "fd00:1::51", "user specified IP address is supported on user defined networks only"},
	} {
		before := snapshot(h)
		_, err := h.Run("bad", sim.WithNetwork(tt.n, sim.WithAddr(netip.MustParseAddr(tt.addr))))
		require.EqualError(t, err, tt.text)
		require.Equal(t, before, snapshot(h))
	}
	next := simtest.Run(t, h, "next", sim.WithNetwork(x))
	require.Equal(t, "172.18.0.3 fd00:1::2", fmt.Sprint(next.Link(x).Addr(), next.Link(x).Addr6()), "the refused have given back what they had")
}
