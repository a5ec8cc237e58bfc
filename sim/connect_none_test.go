package sim_test

import (
	"fmt"
	"net/netip"
	"testing"

	"drydock/sim"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// TestConnectNone: a container without network may leave "none" for others, and come
// back to it when it has left them.
func TestConnectNone(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	n1 := simtest.NewNetwork(t, h, "n1", sim.WithSubnet(prefix("10.1.0.0/24")))
	none, _ := h.Network("none")
	const private = "container cannot be connected to multiple networks with one of the networks in private (none) mode"
	for _, running := range []bool{true, false} {
		c, err := h.Create(fmt.Sprint("cc", running), sim.WithNoNetwork())
		require.NoError(t, err)
		if running {
			require.NoError(t, c.Start())
		}
		require.Equal(t, "[none]", fmt.Sprint(c.Networks()))
		require.EqualError(t, c.Connect(n1), private)
		require.NoError(t, c.Disconnect(none))
		require.Empty(t, c.Networks())
		require.NoError(t, c.Connect(n1))
		require.NoError(t, c.Start())
		require.Equal(t, "eth0 10.1.0.2/24\ndefault via 10.1.0.1 dev eth0\n10.1.0.0/24 dev eth0\n", layout(c))
		require.NoError(t, c.Restart(t.Context()))
		require.Equal(t, "10.1.0.2", c.Link(n1).Addr().String())
		require.EqualError(t, c.Connect(none), private)
		require.NoError(t, c.Disconnect(n1))
		require.NoError(t, c.Connect(none))
		require.Equal(t, "[none]", fmt.Sprint(c.Networks()))
		require.Empty(t, layout(c))
		require.NoError(t, c.ForceRemove())
	}
}

// TestConnectStopped: what a container that does not run is connected to it has from its
// next start. A second time changes nothing, and is no error as it is while it runs.
func TestConnectStopped(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	n1 := simtest.NewNetwork(t, h, "n1", sim.WithSubnet(prefix("10.1.0.0/24")))
	n2 := simtest.NewNetwork(t, h, "n2", sim.WithSubnet(prefix("10.2.0.0/24")))
	c, err := h.Create("cc", sim.WithNetwork(n1))
	require.NoError(t, err)
	require.NoError(t, c.Connect(n2, sim.WithAddr(netip.MustParseAddr("10.2.0.33"))))
	require.NoError(t, c.Connect(n2, sim.WithAddr(netip.MustParseAddr("10.2.0.44"))))
	require.NoError(t, c.Start())
	require.Equal(t, "10.1.0.2 10.2.0.33", fmt.Sprint(c.Link(n1).Addr(), c.Link(n2).Addr()))
	require.EqualError(t, c.Connect(n2), "endpoint with name cc already exists in network n2")
	require.NoError(t, c.Disconnect(n2))
	require.EqualError(t, c.Disconnect(n2), "container "+c.ID()+" is not connected to network n2")
	require.NoError(t, c.Stop(t.Context()))
	require.EqualError(t, c.Disconnect(n2), "container "+c.ID()+" is not connected to the network n2")

	require.NoError(t, c.Disconnect(n1))
	require.NoError(t, c.Start(), "without any network")
	require.Empty(t, layout(c))
	require.NoError(t, c.Connect(n2))
	require.Equal(t, "eth0 10.2.0.2/24\ndefault via 10.2.0.1 dev eth0\n10.2.0.0/24 dev eth0\n", layout(c))
}

// TestNetworkGone: a container of a removed network does not start until it is
// disconnected from that.
func TestNetworkGone(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	n3 := simtest.NewNetwork(t, h, "n3")
	st := simtest.Run(t, h, "st", sim.WithNetwork(n3))
	require.NoError(t, st.Kill())
	require.NoError(t, n3.Remove())
	require.EqualError(t, st.Start(), "network "+n3.ID()+" not found")
	s := st.State()
	require.Equal(t, "exited 137 network "+n3.ID()+" not found", fmt.Sprint(s.Status, " ", s.ExitCode, " ", s.Error))
	require.NoError(t, st.Disconnect(n3))
	require.NoError(t, st.Start())
	require.Equal(t, "running 0 ", fmt.Sprint(st.State().Status, " ", st.State().ExitCode, " ", st.State().Error))
}

// TestNetworkAgain: a container that was on a removed network may be connected to one of
// the same name instead.
func TestNetworkAgain(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	old := simtest.NewNetwork(t, h, "n3")
	st := simtest.Run(t, h, "st", sim.WithNetwork(old))
	made, err := h.Create("made", sim.WithNetwork(old))
	require.NoError(t, err)
	require.NoError(t, st.Kill())
	require.NoError(t, old.Remove())
	require.EqualError(t, made.Start(), "network n3 not found", "it was not there yet")
	again := simtest.NewNetwork(t, h, "n3")
	require.NoError(t, st.Connect(again))
	require.Equal(t, []*sim.Network{again}, st.Networks())
	require.NoError(t, st.Start())
	require.True(t, st.Link(again).Addr().IsValid())
}
