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

// layout returns the interfaces, the routes as "ip route" orders them, and the lines
// of /etc/hosts that are the container's own.
func layout(c *sim.Container) string {
	var s strings.Builder
	for _, i := range c.Interfaces()[1:] {
		fmt.Fprintf(&s, "%s %v\n", i.Name, i.Addrs[0])
	}
	var routes []string
	for _, r := range c.Routes() {
		switch {
		case r.Dst.Bits() == 0:
			fmt.Fprintf(&s, "default via %v dev %s\n", r.Via, r.Dev)
		case r.Dst.Addr().Is4() && r.Dev != "lo":
			routes = append(routes, fmt.Sprintf("%v dev %s\n", r.Dst, r.Dev))
		}
	}
	slices.Sort(routes)
	return s.String() + strings.Join(routes, "")
}

// TestConnect repeats the recorded container of three networks and the default bridge:
// names of interfaces, and which network gives the default route.
func TestConnect(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	network := func(name, subnet string, opts ...sim.NetworkOption) *sim.Network {
		return simtest.NewNetwork(t, h, name, append(opts, sim.WithSubnet(prefix(subnet)))...)
	}
	nc, na, nb := network("nc", "10.30.0.0/24"), network("na", "10.10.0.0/24"), network("nb", "10.20.0.0/24")
	bridge, _ := h.Network("bridge")
	mm := simtest.Run(t, h, "mm", sim.WithNetwork(nb))
	for _, step := range []struct {
		do   func() error
		want string
	}{
		{func() error { return nil }, "eth0 10.20.0.2/24\ndefault via 10.20.0.1 dev eth0\n10.20.0.0/24 dev eth0\n"},
		{func() error { return mm.Connect(nc) }, "eth0 10.20.0.2/24\neth1 10.30.0.2/24\ndefault via 10.20.0.1 dev eth0\n" +
			"10.20.0.0/24 dev eth0\n10.30.0.0/24 dev eth1\n"},
		{func() error { return mm.Connect(na) }, "eth0 10.20.0.2/24\neth1 10.30.0.2/24\neth2 10.10.0.2/24\ndefault via 10.10.0.1 dev eth2\n" +
			"10.10.0.0/24 dev eth2\n10.20.0.0/24 dev eth0\n10.30.0.0/24 dev eth1\n"},
		{func() error { return mm.Connect(bridge) }, "eth0 10.20.0.2/24\neth1 10.30.0.2/24\neth2 10.10.0.2/24\neth3 172.17.0.2/16\n" +
			"default via 172.17.0.1 dev eth3\n10.10.0.0/24 dev eth2\n10.20.0.0/24 dev eth0\n10.30.0.0/24 dev eth1\n172.17.0.0/16 dev eth3\n"},
		{func() error { return mm.Disconnect(bridge) }, "eth0 10.20.0.2/24\neth1 10.30.0.2/24\neth2 10.10.0.2/24\ndefault via 10.10.0.1 dev eth2\n" +
			"10.10.0.0/24 dev eth2\n10.20.0.0/24 dev eth0\n10.30.0.0/24 dev eth1\n"},
		{func() error { return mm.Disconnect(na) }, "eth0 10.20.0.2/24\neth1 10.30.0.2/24\ndefault via 10.20.0.1 dev eth0\n" +
			"10.20.0.0/24 dev eth0\n10.30.0.0/24 dev eth1\n"},
		{func() error { return mm.Connect(bridge) }, "eth0 10.20.0.2/24\neth1 10.30.0.2/24\neth4 172.17.0.2/16\ndefault via 172.17.0.1 dev eth4\n" +
			"10.20.0.0/24 dev eth0\n10.30.0.0/24 dev eth1\n172.17.0.0/16 dev eth4\n"},
		{func() error { return mm.Disconnect(nb) }, "eth1 10.30.0.2/24\neth4 172.17.0.2/16\ndefault via 172.17.0.1 dev eth4\n" +
			"10.30.0.0/24 dev eth1\n172.17.0.0/16 dev eth4\n"},
		{func() error { return mm.Connect(na) }, "eth1 10.30.0.2/24\neth4 172.17.0.2/16\neth5 10.10.0.2/24\ndefault via 172.17.0.1 dev eth4\n" +
			"10.10.0.0/24 dev eth5\n10.30.0.0/24 dev eth1\n172.17.0.0/16 dev eth4\n"},
		{func() error { return mm.Restart(t.Context()) }, "eth0 172.17.0.2/16\neth1 10.10.0.2/24\neth2 10.30.0.2/24\ndefault via 172.17.0.1 dev eth0\n" +
			"10.10.0.0/24 dev eth1\n10.30.0.0/24 dev eth2\n172.17.0.0/16 dev eth0\n"},
	} {
		require.NoError(t, step.do())
		require.Equal(t, step.want, layout(mm))
	}
	require.Equal(t, []*sim.Network{bridge, na, nc}, mm.Networks())
	for _, n := range []*sim.Network{bridge, nc, na} {
		require.NoError(t, mm.Disconnect(n))
	}
	require.Empty(t, layout(mm))
	require.Equal(t, "Network is unreachable", pinged(t, mm, "10.10.0.1"))
	require.NoError(t, mm.Restart(t.Context()))
	require.Empty(t, layout(mm))
	for _, n := range []*sim.Network{na, nb, nc} {
		require.NoError(t, n.Remove())
	}
}

// TestInternalGivesNoRoute: an internal network has the default route only if there is
// no other.
func TestInternalGivesNoRoute(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	nb := simtest.NewNetwork(t, h, "nb", sim.WithSubnet(prefix("10.20.0.0/24")))
	aint := simtest.NewNetwork(t, h, "aint", sim.WithSubnet(prefix("10.40.0.0/24")), sim.WithInternal())
	g1 := simtest.Run(t, h, "g1", sim.WithNetwork(nb))
	require.NoError(t, g1.Connect(aint))
	require.Contains(t, layout(g1), "default via 10.20.0.1 dev eth0\n")
	g2 := simtest.Run(t, h, "g2", sim.WithNetwork(aint))
	require.Contains(t, layout(g2), "default via 10.40.0.1 dev eth0\n")
	require.NoError(t, g2.Connect(nb))
	require.Contains(t, layout(g2), "default via 10.20.0.1 dev eth1\n")
	require.NoError(t, g2.Disconnect(nb))
	require.Contains(t, layout(g2), "default via 10.40.0.1 dev eth0\n")
}

// TestPortsMove: ports are published on the network with the default route.
func TestPortsMove(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	net := simtest.NewNetwork(t, h, "net")
	bridge, _ := h.Network("bridge")
	mh := simtest.Run(t, h, "mh", sim.WithNetwork(net), sim.WithPublish("8080:80"))
	dnat := func() string { return grep(save(t, h, "nat"), "-A DOCKER !") }
	const on, off = "80/tcp -> 0.0.0.0:8080, 80/tcp -> :::8080", ""
	require.NoError(t, mh.Connect(bridge))
	require.Equal(t, on, portLines(mh))
	require.Equal(t, "-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80\n", dnat())
	require.NoError(t, mh.Disconnect(bridge))
	require.Equal(t, on, portLines(mh))
	require.Equal(t, "-A DOCKER ! -i br-net -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.18.0.2:80\n", dnat())
	require.NoError(t, mh.Disconnect(net))
	require.Equal(t, off, portLines(mh))
	require.Empty(t, dnat())
	require.NoError(t, mh.Connect(net))
	require.Equal(t, on, portLines(mh))
}

// TestTwoNetworks: who is on two networks reaches both, and routes between them no
// more than the host does.
func TestTwoNetworks(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		na, nb := simtest.NewNetwork(t, h, "na"), simtest.NewNetwork(t, h, "nb")
		r1 := simtest.Run(t, h, "r1", sim.WithNetwork(na))
		r2 := simtest.Run(t, h, "r2", sim.WithNetwork(nb))
		rt := simtest.Run(t, h, "rt", sim.WithNetwork(na))
		require.NoError(t, rt.Connect(nb))
		require.Equal(t, "172.18.0.2 ttl=64", pinged(t, rt, r1.IP().String()))
		require.Equal(t, "172.19.0.2 ttl=64", pinged(t, rt, r2.IP().String()))
		require.Equal(t, "172.19.0.3 ttl=64", pinged(t, r2, rt.Link(nb).Addr().String()))
		require.Equal(t, "lost", pinged(t, r1, r2.IP().String()))
		require.NoError(t, rt.Disconnect(na))
		require.Equal(t, "lost", pinged(t, rt, r1.IP().String()))
		require.Equal(t, "172.19.0.2 ttl=64", pinged(t, rt, r2.IP().String()))
	})
}

// TestConnectAddr asks for an address, which stays over a restart.
func TestConnectAddr(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	na := simtest.NewNetwork(t, h, "na", sim.WithSubnet(prefix("10.10.0.0/24")))
	addr := netip.MustParseAddr("10.10.0.77")
	t2 := simtest.Run(t, h, "t2")
	require.NoError(t, t2.Connect(na, sim.WithAddr(addr)))
	require.Equal(t, addr, t2.Link(na).Addr())
	require.NoError(t, t2.Restart(t.Context()))
	require.Equal(t, addr, t2.Link(na).Addr())
	t3, err := h.Create("t3", sim.WithNetwork(na, sim.WithAddr(addr)))
	require.NoError(t, err)
	require.EqualError(t, t3.Start(), "Address already in use")
	require.NoError(t, t2.Stop(t.Context()))
	require.NoError(t, t3.Start())
	require.EqualError(t, t2.Start(), "Address already in use")
}

// TestConnectRefused has Docker's messages. Nothing changes.
func TestConnectRefused(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	network := func(name string) *sim.Network { n, _ := h.Network(name); return n }
	na := simtest.NewNetwork(t, h, "na", sim.WithSubnet(prefix("10.10.0.0/24")))
	auto := simtest.NewNetwork(t, h, "auto")
	c1 := simtest.Run(t, h, "c1")
	h1, n1 := simtest.Run(t, h, "h1", sim.WithHostNetwork()), simtest.Run(t, h, "n1", sim.WithNoNetwork())
	cc := simtest.Run(t, h, "cc", sim.WithNetworkOf(c1))
	with := func(s string) sim.AttachOption { return sim.WithAddr(netip.MustParseAddr(s)) }
	const shared = "container sharing network namespace with another container or host cannot be connected to any other network"
	const private = "container cannot be connected to multiple networks with one of the networks in private (none) mode"
	const host = "container cannot be disconnected from host network or connected to host network"
	const alias = "network-scoped alias is supported only for containers in user defined networks"
	const addr = "user specified IP address is supported on user defined networks only"
	before := snapshot(h)
	for _, test := range []struct {
		err     error
		message string
		kind    error
	}{
		{c1.Connect(network("host")), host, sim.ErrConflict},
		{c1.Connect(network("none")), private, sim.ErrConflict},
		{h1.Connect(na), shared, sim.ErrConflict},
		{n1.Connect(na), private, sim.ErrConflict},
		{cc.Connect(na), shared, sim.ErrConflict},
		{c1.Connect(network("bridge")), "endpoint with name c1 already exists in network bridge", sim.ErrExists},
		{c1.Connect(na, with("10.99.0.1")), "Invalid address 10.99.0.1: It does not belong to any of this network's subnets", sim.ErrAddress},
		{c1.Connect(na, with("10.10.0.1")), "Address already in use", sim.ErrAddress},
		{c1.Connect(na, with("10.10.0.1")), "Address already in use", sim.ErrInUse},
		{c1.Connect(auto, with("172.18.0.9")), "user specified IP address is supported only when connecting to networks with user configured subnets", sim.ErrConflict},
		{c1.Disconnect(network("host")), "container " + c1.ID() + " is not connected to network host", sim.ErrNotFound},
		{h1.Disconnect(network("host")), host, sim.ErrConflict},
		{c1.Connect(network("host"), sim.WithAlias("x")), alias, sim.ErrConflict},
		{c1.Connect(network("none"), sim.WithAlias("x")), alias, sim.ErrConflict},
		{c1.Connect(network("bridge"), sim.WithAlias("x")), alias, sim.ErrConflict},
		{h1.Connect(network("bridge"), sim.WithAlias("x")), alias, sim.ErrConflict},
		{h1.Connect(network("host"), sim.WithAlias("x")), alias, sim.ErrConflict},
		{h1.Connect(network("host")), "endpoint with name h1 already exists in network host", sim.ErrExists},
		{h1.Connect(na, sim.WithAlias("x")), shared, sim.ErrConflict},
		{n1.Connect(network("bridge"), sim.WithAlias("x")), alias, sim.ErrConflict},
		{cc.Connect(network("bridge"), sim.WithAlias("x")), shared, sim.ErrConflict},
		{c1.Connect(network("host"), sim.WithAlias("x"), with("172.17.0.9")), addr, sim.ErrConflict},
		{c1.Connect(network("bridge"), sim.WithAlias("x"), with("172.17.0.9")), addr, sim.ErrConflict},
		{n1.Connect(auto, with("172.18.0.9")), "user specified IP address is supported only when connecting to networks with user configured subnets", sim.ErrConflict},
		{c1.Disconnect(na), "container " + c1.ID() + " is not connected to network na", sim.ErrNotFound},
		{c1.Connect(nil), "network not found: nil", sim.ErrNotFound},
		{c1.Disconnect(nil), "container " + c1.ID() + " is not connected to network nil", sim.ErrNotFound},
	} {
		require.EqualError(t, test.err, test.message)
		require.ErrorIs(t, test.err, test.kind)
	}
	require.Equal(t, before, snapshot(h))

	require.NoError(t, c1.Stop(t.Context()))
	require.NoError(t, c1.Disconnect(na), "what was asked for is remembered")
	require.NoError(t, c1.Connect(na), "joins at the next start")
	require.NoError(t, c1.Start())
	require.Equal(t, "10.10.0.2", c1.Link(na).Addr().String())
}
