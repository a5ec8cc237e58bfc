package sim_test

import (
	"fmt"
	"net/netip"
	"strings"
	"syscall"
	"testing"

	"drydock/nat/iptables"
	"drydock/sim"
	"drydock/sim/dockerapi"
	"drydock/sim/ping"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// routes6 returns the IPv6 routes of a container, as "ip -6 route" has them.
func routes6(c interface{ Routes() []sim.Route }) (list []string) {
	for _, r := range c.Routes() {
		switch {
		case r.Dst.Addr().Is4() || r.Dev == "lo":
		case r.Via.IsValid():
			list = append(list, fmt.Sprintf("%v via %v dev %s", r.Dst, r.Via, r.Dev))
		default:
			list = append(list, fmt.Sprintf("%v dev %s", r.Dst, r.Dev))
		}
	}
	return list
}

// TestIPv6 has what Docker Engine 20.10.24 showed of a network with an IPv6 subnet.
func TestIPv6(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		plain := simtest.Run(t, h, "plain")
		require.Equal(t, []string{`1: lo mtu 65536 master="" up=true running=true  [127.0.0.1/8]`}, describe(plain.Interfaces())[:1])
		require.Empty(t, routes6(plain))

		x := simtest.NewNetwork(t, h, "x", sim.WithSubnet(prefix("fd00:1::/64")))
		require.Equal(t, []netip.Prefix{prefix("172.18.0.0/16"), prefix("fd00:1::/64")}, x.Subnets())
		require.Equal(t, "fd00:1::1", x.Gateway6().String())
		require.Equal(t, []dockerapi.IPAMConfig{{Subnet: "172.18.0.0/16", Gateway: "172.18.0.1"}, {Subnet: "fd00:1::/64"}}, x.Inspect().IPAM.Config)
		require.True(t, x.Inspect().EnableIPv6)

		c1 := simtest.Run(t, h, "c1", sim.WithNetwork(x), sim.WithHostname("h1"))
		c2 := simtest.Run(t, h, "c2", sim.WithNetwork(x, sim.WithAlias("al")), sim.WithHostname("h2"))
		require.Equal(t, []string{
			`1: lo mtu 65536 master="" up=true running=true  [127.0.0.1/8 ::1/128]`,
			fmt.Sprintf(`%d: eth0@if%d mtu 1500 master="" up=true running=true 02:42:ac:12:00:02 [172.18.0.2/16 fd00:1::2/64 fe80::42:acff:fe12:2/64]`,
				c1.Interfaces()[1].Index, c1.Interfaces()[1].Peer),
		}, describe(c1.Interfaces()))
		require.ElementsMatch(t, []string{"fd00:1::/64 dev eth0", "fe80::/64 dev eth0", "::/0 via fd00:1::1 dev eth0"}, routes6(c1))
		require.Equal(t, []string{"172.18.0.2\th1", "fd00:1::2\th1"}, linesOf(t, c1, "/etc/hosts")[6:])
		require.Equal(t, "fd00:1::3", c2.Link(x).Addr6().String())
		require.Equal(t, "fd00:1::3/64", x.Inspect().Containers[c2.ID()].IPv6Address)

		for _, name := range []string{"c2", "C2.x", "al", "h2", c2.ID()[:12]} {
			addrs, err := c1.LookupNetIP(t.Context(), "ip6", name)
			require.NoError(t, err, name)
			require.Equal(t, []netip.Addr{c2.Link(x).Addr6()}, addrs)
		}
		names, err := c1.LookupAddr(t.Context(), "fd00:1::3")
		require.NoError(t, err)
		require.Equal(t, []string{"c2.x"}, names)
		for _, host := range []string{"c2", "h1", "c1", "fd00:1::1", "fe80::1%eth0", "fe80::42:acff:fe12:3%eth0", "::1"} {
			stats, err := c1.Ping(t.Context(), host, &ping.Config{Network: "ip6"})
			require.NoError(t, err, host)
			require.Equal(t, 1, stats.Received)
		}
		_, err = h.Ping(t.Context(), "fd00:1::2", nil)
		require.NoError(t, err)

		for host, want := range map[string]error{
			"::1": syscall.EADDRNOTAVAIL, "fd00:1::2": syscall.EADDRNOTAVAIL,
		} {
			_, err := plain.Ping(t.Context(), host, nil)
			require.ErrorIs(t, err, want)
		}
		require.Empty(t, save6(t, h), "Docker has no rules for IPv6")
	})
}

// save6 returns the rules for IPv6.
func save6(t *testing.T, h *sim.Host) string {
	t.Helper()
	var s strings.Builder
	require.NoError(t, iptables.Save(&s, h.Firewall().IPv6()))
	return s.String()
}

// TestIPv6Routed: networks with IPv6 are not isolated from each other, since that takes
// rules which Docker does not make.
func TestIPv6Routed(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		x := simtest.NewNetwork(t, h, "x", sim.WithSubnet(prefix("fd00:1::/64")))
		y := simtest.NewNetwork(t, h, "y", sim.WithSubnet(prefix("fd00:2::/64")), sim.WithSubnet(prefix("10.5.0.0/24")))
		c1 := simtest.Run(t, h, "c1", sim.WithNetwork(x))
		c2 := simtest.Run(t, h, "c2", sim.WithNetwork(y))
		who(t, c2, "tcp", "80")
		require.Equal(t, "timed out", nc(t, c1, "tcp", "10.5.0.2:80"))
		require.Contains(t, nc(t, c1, "tcp", "[fd00:2::2]:80"), "you are fd00:1::2")
		for _, c := range []*sim.Container{c1, c2} {
			_, err := c.Ping(t.Context(), "fe80::1%eth0", nil)
			require.NoError(t, err, "each bridge has it")
		}
	})
}

// TestIPv6Addresses: the lowest free address, as of IPv4; the last of a subnet is no
// broadcast address.
func TestIPv6Addresses(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	n := simtest.NewNetwork(t, h, "tiny", sim.WithSubnet(prefix("fd00:1::/125")), sim.WithSubnet(prefix("10.1.0.0/24")))
	var list []string
	for i := range 6 {
		c := simtest.Run(t, h, fmt.Sprint("c", i), sim.WithNetwork(n))
		list = append(list, c.Link(n).Addr6().String())
	}
	require.Equal(t, []string{"fd00:1::2", "fd00:1::3", "fd00:1::4", "fd00:1::5", "fd00:1::6", "fd00:1::7"}, list)
	_, err := h.Run("more", sim.WithNetwork(n))
	require.ErrorIs(t, err, sim.ErrNoAddress)
	require.EqualError(t, err, "no available IPv6 addresses on this network's address pools: tiny ("+n.ID()+")")
	c3, _ := h.Container("c3")
	require.NoError(t, c3.Kill())
	again := simtest.Run(t, h, "again", sim.WithNetwork(n))
	require.Equal(t, "fd00:1::5", again.Link(n).Addr6().String())
	require.Equal(t, "10.1.0.5", again.Link(n).Addr().String(), "the refused one has given its IPv4 address back")
}

// TestIPv6Docker0: dockerd's options --ipv6 and --fixed-cidr-v6.
func TestIPv6Docker0(t *testing.T) {
	t.Parallel()
	for subnet, want := range map[string]string{
		"fd00::/64":        "fd00::242:ac11:3 from fd00::1",
		"2001:db8:1::/80":  "2001:db8:1::242:ac11:3 from 2001:db8:1::1",
		"2001:db8:2::/120": "2001:db8:2::3 from 2001:db8:2::1",
	} {
		h := simtest.NewHost(t, sim.WithFixedCIDRv6(prefix(subnet)))
		docker0, _ := h.Network("bridge")
		a, b := simtest.Run(t, h, "aa"), simtest.Run(t, h, "bb")
		require.Equal(t, want, fmt.Sprintf("%v from %v", b.Link(docker0).Addr6(), docker0.Gateway6()))
		who(t, b, "tcp", "80")
		require.Contains(t, nc(t, a, "tcp", "["+b.Link(docker0).Addr6().String()+"]:80"), "you are "+a.Link(docker0).Addr6().String())
	}
	_, err := sim.NewHost(sim.WithFixedCIDRv6(prefix("10.0.0.0/8")))
	require.ErrorIs(t, err, sim.ErrAddress)
}

// TestIPv6Outside: containers reach machines of a LAN that know the way back, and are
// reached by them, with their own addresses.
func TestIPv6Outside(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		lan := simtest.NewLAN(t)
		h := simtest.NewHost(t, sim.WithUplink(lan, prefix("fd00:80::10/64")))
		peer := simtest.NewMachine(t, sim.WithUplink(lan, prefix("fd00:80::47/64")))
		x := simtest.NewNetwork(t, h, "x", sim.WithSubnet(prefix("fd00:1::/64")), sim.WithInternal())
		c := simtest.Run(t, h, "c1", sim.WithNetwork(x))
		who(t, c, "tcp", "80")
		who(t, peer, "tcp", "80")
		require.Equal(t, "timed out", nc(t, c, "tcp", "[fd00:80::47]:80"), "no way back")
		require.NoError(t, peer.AddRoute(prefix("fd00:1::/64"), netip.MustParseAddr("fd00:80::10")))
		require.Contains(t, nc(t, c, "tcp", "[fd00:80::47]:80"), "you are fd00:1::2")
		require.Contains(t, nc(t, peer, "tcp", "[fd00:1::2]:80"), "you are fd00:80::47", "Internal is IPv4's rules")
		require.Equal(t, "fd00:80::47 ttl=63", pinged(t, c, "fd00:80::47"))
		require.Equal(t, "Destination unreachable: No route from fd00:1::1", pinged(t, c, "2001:db8::1"))
	})
}
