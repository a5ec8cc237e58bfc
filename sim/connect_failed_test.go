package sim_test

import (
	"net/netip"
	"testing"

	"drydock/sim"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// TestConnectFailed: what was asked for of a network that a container could not be connected to while it
// ran stays, and its next start fails for it, until it is disconnected.
func TestConnectFailed(t *testing.T) {
	t.Parallel()
	for _, release := range []sim.Release{sim.Docker20, sim.Docker29} {
		h := simtest.NewHost(t, sim.WithEngine(release))
		n := simtest.NewNetwork(t, h, "net", sim.WithSubnet(prefix("10.1.0.0/24")))
		c := simtest.Run(t, h, "c1")
		taken := sim.WithAddr(netip.MustParseAddr("10.1.0.1"))
		require.EqualError(t, c.Connect(n, taken), "Address already in use")
		require.Equal(t, "10.1.0.1", c.Inspect().NetworkSettings.Networks["net"].IPAMConfig.IPv4Address)
		require.ErrorContains(t, c.Disconnect(n), "is not connected to")
		require.NoError(t, c.Stop(t.Context()))
		require.NoError(t, c.Connect(n), "it is there")
		require.ErrorContains(t, c.Start(), "Address already in use")
		require.NoError(t, c.Disconnect(n))
		require.NoError(t, c.Start())

		require.Error(t, c.Connect(n, taken))
		require.NoError(t, c.Connect(n), "asked for otherwise")
		require.Equal(t, "10.1.0.2", c.Link(n).Addr().String())
		require.NoError(t, c.Disconnect(n))
	}
}
