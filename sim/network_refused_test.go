package sim_test

import (
	"net/netip"
	"testing"

	"drydock/sim"
	"drydock/sim/dockerapi"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// TestRefusedNetworkSpendsPool: a network that the driver refuses has had its subnet, which comes
// again only when all others have been given out.
func TestRefusedNetworkSpendsPool(t *testing.T) {
	t.Parallel()
	for release, want := range map[sim.Release]string{sim.Docker20: "172.20.0.0/16", sim.Docker28: "172.18.0.0/16"} {
		h := simtest.NewHost(t, sim.WithEngine(release))
		for _, opt := range []sim.NetworkOption{
			sim.WithDriverOption(dockerapi.OptionICC, "maybe"), sim.WithDriverOption(dockerapi.OptionMTU, "abc"),
		} {
			_, err := h.CreateNetwork("bad", opt)
			require.Error(t, err)
		}
		_, err := h.CreateNetwork("bad", sim.WithDriverOption(dockerapi.OptionICC, "maybe"), sim.WithSubnet(netip.MustParsePrefix("10.1.0.0/16")))
		require.Error(t, err)
		n := simtest.NewNetwork(t, h, "good")
		require.Equal(t, want, n.Subnets()[0].String())
	}
}

// TestUnusedIPv6Subnet has one of a network without IPv6, which is told and not used, and a
// network by the beginning of its ID.
func TestUnusedIPv6Subnet(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	n, err := h.CreateNetworkSpec(dockerapi.NetworkCreate{Name: "net", IPAM: dockerapi.IPAM{Config: []dockerapi.IPAMConfig{{Subnet: "fd00:1::/64"}}}})
	require.NoError(t, err)
	info := n.Inspect()
	require.False(t, info.EnableIPv6)
	require.Equal(t, "fd00:1::/64", info.IPAM.Config[1].Subnet)
	require.Len(t, n.Subnets(), 1)
	c, err := h.CreateSpec("web", dockerapi.ContainerCreate{HostConfig: dockerapi.HostConfig{NetworkMode: n.ID()[:12]}})
	require.NoError(t, err)
	require.NoError(t, c.Start())
	require.Equal(t, []*sim.Network{n}, c.Networks())
	_, err = h.CreateSpec("bad", dockerapi.ContainerCreate{HostConfig: dockerapi.HostConfig{NetworkMode: "container:"}})
	require.EqualError(t, err, "Invalid network mode: invalid container format container:<name|id>")
}
