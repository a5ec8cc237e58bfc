package sim_test

import (
	"net/netip"
	"strings"
	"testing"

	"drydock/sim"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// TestWithoutUserlandProxy is the recorded run of dockerd --userland-proxy=false:
// its rules, and whom the server sees.
func TestWithoutUserlandProxy(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		l := newLab(t, sim.WithUserlandProxy(false))
		require.Equal(t, goldenRules(t, "no-proxy"), save(t, l.docker))
		web := simtest.Run(t, l.docker, "web", sim.WithPublish("8080:80"))
		cl := simtest.Run(t, l.docker, "cl")
		require.Equal(t, goldenRules(t, "no-proxy-published"), save(t, l.docker))
		require.Equal(t, "80/tcp -> 0.0.0.0:8080", portLines(web))
		who(t, web, "tcp", "80")
		for _, test := range []struct {
			from     machine
			to, seen string
		}{
			{l.docker, "127.0.0.1", "172.17.0.1"},
			{l.docker, "172.17.0.1", "172.17.0.1"},
			{l.docker, "172.16.80.10", "172.17.0.1"},
			{l.peer, "172.16.80.10", "172.16.80.47"},
			{cl, "172.17.0.1", "172.17.0.3"},
			{cl, "172.16.80.10", "172.17.0.3"},
			{web, "172.16.80.10", "172.17.0.1"},
		} {
			require.Equal(t, "you are "+test.seen+", I am 172.17.0.2:80", nc(t, test.from, "tcp", test.to+":8080"),
				"%s to %s", test.from.Name(), test.to)
		}
		_, err := l.docker.Run("again", sim.WithPublish("8080:80"))
		require.ErrorIs(t, err, sim.ErrPortInUse)
		_, err = l.docker.Listen(t.Context(), "tcp4", ":8080")
		require.Error(t, err, "dockerd keeps the port for itself")
	})
}

// TestWithoutIPTables: no rules, so containers are not masqueraded, and ports are
// served by the userland proxy alone.
func TestWithoutIPTables(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		l := newLab(t, sim.WithIPTables(false))
		web := simtest.Run(t, l.docker, "web", sim.WithPublish("8080:80"))
		who(t, web, "tcp", "80")
		simtest.NewNetwork(t, l.docker, "net", sim.WithICC(false))
		require.Empty(t, save(t, l.docker))
		require.Equal(t, "lost", pinged(t, web, "172.16.80.47"))
		require.Contains(t, nc(t, l.docker, "tcp", "172.16.80.10:8080"), "you are 172.17.0.1")
		require.Contains(t, nc(t, l.peer, "tcp", "172.16.80.10:8080"), "you are 172.17.0.1")
	})
}

// TestWithoutIPForward: nothing is forwarded, and the policy stays ACCEPT.
func TestWithoutIPForward(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		l := newLab(t, sim.WithIPForward(false))
		c := simtest.Run(t, l.docker, "c1")
		require.True(t, strings.HasPrefix(save(t, l.docker, "filter"), "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n"))
		require.Equal(t, "lost", pinged(t, c, "172.16.80.47"))
		require.NoError(t, l.docker.SetSysctl("net.ipv4.ip_forward", "1"))
		require.Equal(t, "172.16.80.47 ttl=63", pinged(t, c, "172.16.80.47"))
	})
}

// TestDaemonAddresses has the recorded addresses of docker0, its containers and the
// next network under options of dockerd.
func TestDaemonAddresses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		opt                      sim.HostOption
		docker0, container, next string
	}{
		"none":       {sim.WithICC(true), "172.17.0.1/16", "172.17.0.2", "172.18.0.0/16"},
		"bip":        {sim.WithBridgeIP(prefix("10.200.0.1/24")), "10.200.0.1/24", "10.200.0.2", "172.17.0.0/16"},
		"pools":      {sim.WithAddressPools(24, prefix("10.77.0.0/16")), "10.77.0.1/24", "10.77.0.2", "10.77.1.0/24"},
		"fixed-cidr": {sim.WithFixedCIDR(prefix("172.17.5.0/24")), "172.17.5.0/16", "172.17.5.1", "172.18.0.0/16"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := simtest.NewHost(t, test.opt)
			require.Equal(t, test.docker0, h.Interfaces()[1].Addrs[0].String())
			require.Equal(t, test.container, simtest.Run(t, h, "c1").IP().String())
			require.Equal(t, test.next, simtest.NewNetwork(t, h, "after").Subnets()[0].String())
		})
	}
}

// TestPublishAddr is dockerd --ip.
func TestPublishAddr(t *testing.T) {
	t.Parallel()
	lan := simtest.NewLAN(t)
	h := simtest.NewHost(t, sim.WithUplink(lan, prefix("172.16.80.10/24")), sim.WithPublishAddr(dockerAddr))
	c := simtest.Run(t, h, "web", sim.WithPublish("8080:80"), sim.WithExpose("53/udp"), sim.WithPublishAll())
	require.Equal(t, "53/udp -> 172.16.80.10:32768, 80/tcp -> 172.16.80.10:8080", portLines(c))
}

func TestDaemonOptionsRefused(t *testing.T) {
	t.Parallel()
	for name, opt := range map[string]sim.HostOption{
		"pool smaller than its size": sim.WithAddressPools(8, prefix("10.77.0.0/16")),
		"pools of IPv6":              sim.WithAddressPools(64, prefix("fd00::/48")),
		"too many pools":             sim.WithAddressPools(30, prefix("10.0.0.0/8")),
		"no pools":                   sim.WithAddressPools(24),
		"fixed-cidr of IPv6":         sim.WithFixedCIDR(prefix("fd00::/64")),
		"fixed-cidr elsewhere":       sim.WithFixedCIDR(prefix("10.0.0.0/24")),
		"no address":                 sim.WithPublishAddr(netip.Addr{}),
	} {
		_, err := sim.NewHost(opt)
		require.ErrorIs(t, err, sim.ErrAddress, name)
	}
}
