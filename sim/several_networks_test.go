package sim_test

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"

	"drydock/nat/iptables"
	"drydock/sim"
	"drydock/sim/dockerapi"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// TestSeveralNetworks is a recorded session: containers on two networks from the beginning, the default
// route by priority, which published ports follow.
func TestSeveralNetworks(t *testing.T) {
	eachSince28(t, func(t *testing.T, h *sim.Host) {
		aa, bb, cc := simtest.NewNetwork(t, h, "aa"), simtest.NewNetwork(t, h, "bb"), simtest.NewNetwork(t, h, "cc")
		inn := simtest.NewNetwork(t, h, "inn", sim.WithInternal())
		gateway := func(c *sim.Container) (via string) {
			for _, r := range c.Routes() {
				if r.Dst.Bits() == 0 {
					via += r.Via.String()
				}
			}
			return via
		}
		m2 := simtest.Run(t, h, "m2", sim.WithNetwork(bb), sim.WithNetwork(aa))
		require.Equal(t, "172.18.0.1", gateway(m2))
		require.Equal(t, []*sim.Network{aa, bb}, m2.Networks())
		require.Equal(t, "bb", m2.Inspect().HostConfig.NetworkMode)
		m3 := simtest.Run(t, h, "m3", sim.WithNetwork(inn), sim.WithNetwork(cc))
		require.Equal(t, "172.20.0.1", gateway(m3))
		require.NoError(t, m3.Disconnect(cc))
		require.Empty(t, gateway(m3))
		require.NoError(t, m3.Connect(cc))
		require.Equal(t, "172.20.0.1", gateway(m3))

		p1 := simtest.Run(t, h, "p1", sim.WithNetwork(aa), sim.WithNetwork(bb, sim.WithGatewayPriority(10)), sim.WithPublish("8080:80"))
		require.Equal(t, "172.19.0.1", gateway(p1))
		require.Equal(t, 10, p1.Inspect().NetworkSettings.Networks["bb"].GwPriority)
		published := func() string {
			var rules strings.Builder
			require.NoError(t, iptables.Run(&rules, h.Firewall().IPv4(), "-t", "nat", "-S", "DOCKER"))
			return rules.String()
		}
		require.Contains(t, published(), "--to-destination 172.19.0.3:80")
		require.NoError(t, p1.Connect(cc, sim.WithGatewayPriority(100)))
		require.Equal(t, "172.20.0.1", gateway(p1))
		require.Contains(t, published(), "--to-destination 172.20.0.3:80")
		require.NoError(t, p1.Disconnect(cc))
		require.Equal(t, "172.19.0.1", gateway(p1))
		require.Contains(t, published(), "--to-destination 172.19.0.3:80")
		require.NoError(t, p1.Connect(cc, sim.WithGatewayPriority(-5)))
		require.Equal(t, "172.19.0.1", gateway(p1))
		require.NoError(t, p1.Restart(t.Context()))
		require.Equal(t, "172.19.0.1", gateway(p1))
		require.Contains(t, published(), "--to-destination 172.19.0.3:80")

		_, err := h.Create("twice", sim.WithNetwork(aa), sim.WithNetwork(aa))
		require.EqualError(t, err, `network "aa" is specified multiple times`)
		_, err = h.Create("none", sim.WithNetwork(aa), sim.WithNoNetwork())
		require.ErrorIs(t, err, sim.ErrConflict)
	})
}

// TestGatewaysOfFamilies: the default route of IPv6 may be another network's, and so are the ports
// that are published on IPv6 addresses.
func TestGatewaysOfFamilies(t *testing.T) {
	eachSince28(t, func(t *testing.T, h *sim.Host) {
		four := simtest.NewNetwork(t, h, "four")
		six := simtest.NewNetwork(t, h, "six", sim.WithSubnet(prefix("fd00:8::/64")))
		c := simtest.Run(t, h, "web", sim.WithNetwork(four, sim.WithGatewayPriority(1)), sim.WithNetwork(six), sim.WithPublish("8080:80"))
		routes := make(map[string]string)
		for _, r := range c.Routes() {
			if r.Dst.Bits() == 0 && r.Via.IsValid() {
				routes[r.Dst.String()] = r.Via.String()
			}
		}
		require.Equal(t, map[string]string{"0.0.0.0/0": "172.18.0.1", "::/0": "fd00:8::1"}, routes)
		require.Equal(t, []dockerapi.PortBinding{{HostIP: "0.0.0.0", HostPort: "8080"}, {HostIP: "::", HostPort: "8080"}}, c.Inspect().NetworkSettings.Ports["80/tcp"])
		l, err := c.Listen(t.Context(), "tcp", ":80")
		require.NoError(t, err)
		for addr, client := range map[string]netip.Addr{"172.17.0.1:8080": netip.MustParseAddr("172.18.0.1"), "[fd00:8::1]:8080": netip.MustParseAddr("fd00:8::1")} {
			conn, err := h.DialContext(t.Context(), "tcp", addr)
			require.NoError(t, err, addr)
			served, err := l.Accept()
			require.NoError(t, err)
			require.Equal(t, client, served.RemoteAddr().(*net.TCPAddr).AddrPort().Addr().Unmap(), addr)
			require.NoError(t, conn.Close())
			require.NoError(t, served.Close())
		}
		require.NoError(t, c.Disconnect(six))
		require.Equal(t, "::", c.Inspect().NetworkSettings.Ports["80/tcp"][1].HostIP, "by the proxy")
		require.NoError(t, c.Connect(six))
		require.Len(t, c.Inspect().NetworkSettings.Ports["80/tcp"], 2)
		require.NoError(t, c.Stop(t.Context()))
	})
}

// TestStartsInAnyOrder: which network has eth0 differs from start to start and comes of the seed; a
// network that is joined later takes the place of one that was left.
func TestStartsInAnyOrder(t *testing.T) {
	eachSince28(t, func(t *testing.T, h *sim.Host) {
		var list []sim.ContainerOption
		for _, name := range []string{"cc", "aa", "bb"} {
			list = append(list, sim.WithNetwork(simtest.NewNetwork(t, h, name)))
		}
		c, orders := simtest.Run(t, h, "s1", list...), make(map[string]int)
		for range 60 {
			var order string
			for i := range 3 {
				for _, n := range c.Networks() {
					if c.Link(n).Name() == fmt.Sprintf("eth%d", i) {
						order += n.Name()
					}
				}
			}
			orders[order]++
			require.NoError(t, c.Restart(t.Context()))
		}
		require.Len(t, orders, 3, orders)
		for _, order := range []string{"aabbcc", "bbccaa", "ccaabb"} {
			require.NotZero(t, orders[order], order)
		}
	})
}

// TestEndpointOptions: an interface with a name, a MAC and a setting of its own.
func TestEndpointOptions(t *testing.T) {
	mac := net.HardwareAddr{2, 0x42, 0, 0, 0, 0x77}
	eachSince28(t, func(t *testing.T, h *sim.Host) {
		n, other := simtest.NewNetwork(t, h, "ss", sim.WithSubnet(prefix("10.77.0.0/24"))), simtest.NewNetwork(t, h, "tt")
		c := simtest.Run(t, h, "e2", sim.WithNetwork(n, sim.WithAddr(netip.MustParseAddr("10.77.0.77")), sim.WithMAC(mac), sim.WithAlias("al1"),
			sim.WithEndpointOption(dockerapi.OptionIfname, "lan0"), sim.WithEndpointOption(dockerapi.OptionSysctls, "net.ipv4.conf.IFNAME.rp_filter=2")))
		require.Equal(t, "lan0", c.Link(n).Name())
		require.Equal(t, mac, c.MAC())
		value, err := c.Sysctl("net.ipv4.conf.lan0.rp_filter")
		require.NoError(t, err)
		require.Equal(t, "2", value)
		told := c.Inspect().NetworkSettings.Networks["ss"]
		require.Equal(t, []string{"e2", "al1", c.ID()[:12]}, told.DNSNames)
		require.Equal(t, []string{"al1"}, told.Aliases)
		require.Equal(t, "lan0", told.DriverOpts[dockerapi.OptionIfname])
		require.NoError(t, c.Connect(other))
		require.Equal(t, "eth0", c.Link(other).Name())
		require.NoError(t, c.Restart(t.Context()))
		require.Equal(t, mac, c.Link(n).MAC())

		for value, why := range map[string]string{"much-too-long-a-name": "numerical result out of range", "a/b": "invalid argument", "lo": "file exists"} {
			_, err := h.Run("bad", sim.WithNetwork(other, sim.WithEndpointOption(dockerapi.OptionIfname, value)))
			require.ErrorContains(t, err, fmt.Sprintf("to %q: %s", value, why))
		}
		_, err = h.Run("bad", sim.WithNetwork(other, sim.WithEndpointOption(dockerapi.OptionSysctls, "net.ipv4.ip_forward=1")))
		require.ErrorContains(t, err, "unrecognised network interface sysctl 'net.ipv4.ip_forward=1'")
	})
}

// TestOneNetwork: releases before refuse what they do not have.
func TestOneNetwork(t *testing.T) {
	t.Parallel()
	for _, release := range []sim.Release{sim.Docker113, sim.Docker20} {
		h := simtest.NewHost(t, sim.WithEngine(release))
		aa, bb := simtest.NewNetwork(t, h, "aa"), simtest.NewNetwork(t, h, "bb")
		_, err := h.Create("c1", sim.WithNetwork(bb), sim.WithNetwork(aa))
		require.EqualError(t, err, "Container cannot be connected to network endpoints: bb, aa")
		c := simtest.Run(t, h, "c1", sim.WithNetwork(aa, sim.WithMAC(net.HardwareAddr{2, 0, 0, 0, 0, 7})))
		require.Equal(t, "02:00:00:00:00:07", c.MAC().String())
		require.ErrorIs(t, c.Connect(bb, sim.WithGatewayPriority(1)), errors.ErrUnsupported)
		require.NoError(t, c.Connect(bb, sim.WithEndpointOption(dockerapi.OptionIfname, "lan0")))
		require.Equal(t, "eth1", c.Link(bb).Name())
	}
}

// TestPools6 has recorded subnets of networks with IPv6: the host's own 48 bits come of its seed.
func TestPools6(t *testing.T) {
	eachSince28(t, func(t *testing.T, h *sim.Host) {
		global := ""
		subnets := func(name string, opts ...sim.NetworkOption) string {
			n := simtest.NewNetwork(t, h, name, opts...)
			if global == "" {
				global, _, _ = strings.Cut(n.Subnets()[1].String(), "::")
			}
			var list []string
			for _, p := range n.Subnets() {
				list = append(list, strings.Replace(p.String(), global, "fd0d:1901:4207", 1))
			}
			return strings.Join(list, " ")
		}
		require.Equal(t, "172.18.0.0/16 fd0d:1901:4207::/64", subnets("v1", sim.WithIPv6()))
		require.Equal(t, "172.19.0.0/16 fd0d:1901:4207:1::/64", subnets("v2", sim.WithIPv6()))
		require.Equal(t, "172.20.0.0/16 fd0d:1901:4207:2::/64", subnets("v3", sim.WithIPv6()))
		remove(t, h, "v2")
		require.Equal(t, "172.19.0.0/16 fd0d:1901:4207:1::/64", subnets("v4", sim.WithIPv6()))
		require.Equal(t, "fd0d:1901:4207:3::/64", subnets("only6", sim.WithIPv6(), sim.WithoutIPv4()))
		_, err := h.CreateNetwork("none46", sim.WithoutIPv4())
		require.EqualError(t, err, "IPv4 or IPv6 must be enabled")
		only6, _ := h.Network("only6")
		o1, o2 := simtest.Run(t, h, "o1", sim.WithNetwork(only6), sim.WithPublish("8080:80")), simtest.Run(t, h, "o2", sim.WithNetwork(only6))
		told := o1.Inspect().NetworkSettings.Networks["only6"]
		require.Equal(t, "  0 64", strings.Join([]string{told.Gateway, told.IPAddress, fmt.Sprint(told.IPPrefixLen), fmt.Sprint(told.GlobalIPv6PrefixLen)}, " "))
		require.Equal(t, only6.Gateway6().String(), told.IPv6Gateway)
		require.Equal(t, []dockerapi.PortBinding{{HostIP: "::", HostPort: "8080"}}, o1.Inspect().NetworkSettings.Ports["80/tcp"])
		require.False(t, o1.IP().IsValid())
		addrs, err := o2.LookupNetIP(t.Context(), "ip", "o1")
		require.NoError(t, err)
		require.Equal(t, []netip.Addr{o1.Link(only6).Addr6()}, addrs)
		l, err := o1.Listen(t.Context(), "tcp", ":80")
		require.NoError(t, err)
		conn, err := o2.DialContext(t.Context(), "tcp", "o1:80")
		require.NoError(t, err)
		require.NoError(t, conn.Close())
		require.NoError(t, l.Close())
		require.NoError(t, o1.Restart(t.Context()))
		require.False(t, only6.Inspect().EnableIPv4)
	})
}

// TestIPAM28 has recorded answers to subnets.
func TestIPAM28(t *testing.T) {
	eachSince28(t, func(t *testing.T, h *sim.Host) {
		for _, test := range []struct{ subnet, ipRange, want string }{
			{"10.6.0.7/24", "", "invalid network config:\ninvalid subnet 10.6.0.7/24: it should be 10.6.0.0/24"},
			{"10.2.0.0/24", "10.2.0.0/16", "invalid network config:\ninvalid ip-range 10.2.0.0/16: CIDR block is bigger than its parent subnet 10.2.0.0/24"},
		} {
			_, err := h.CreateNetworkSpec(dockerapi.NetworkCreate{Name: "x", CheckDuplicate: true, IPAM: dockerapi.IPAM{Config: []dockerapi.IPAMConfig{{Subnet: test.subnet, IPRange: test.ipRange}}}})
			require.EqualError(t, err, test.want)
		}
		p31 := simtest.NewNetwork(t, h, "p31", sim.WithSubnet(prefix("10.31.0.0/31")))
		require.Equal(t, "10.31.0.0", p31.Gateway().String())
		require.Equal(t, "10.31.0.1", simtest.Run(t, h, "c31", sim.WithNetwork(p31)).IP().String())
		p32 := simtest.NewNetwork(t, h, "p32", sim.WithSubnet(prefix("10.32.0.0/32")))
		_, err := h.Run("c32", sim.WithNetwork(p32))
		require.ErrorContains(t, err, "failed to set up container networking: no available IPv4 addresses on this network's address pools: p32 (")
		sized, err := h.CreateNetwork("sz", sim.WithSubnet(prefix("0.0.0.0/24")))
		require.NoError(t, err)
		any, err := h.CreateNetwork("any", sim.WithSubnet(prefix("0.0.0.0/0")))
		if h.Engine().Release == sim.Docker28 {
			require.Equal(t, "0.0.0.0/24", sized.Subnets()[0].String())
			require.EqualError(t, err, "invalid pool request: Pool overlaps with other one on this address space")
		} else {
			require.Equal(t, "172.18.0.0/24 172.19.0.0/16", sized.Subnets()[0].String()+" "+any.Subnets()[0].String())
		}
	})
}
