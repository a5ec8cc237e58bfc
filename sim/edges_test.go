package sim_test

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// TestGatewayAddresses has subnets and gateways that an interface cannot have.
func TestGatewayAddresses(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	_, err := h.CreateNetwork("net", sim.WithGateway(netip.Addr{}))
	require.ErrorIs(t, err, sim.ErrAddress)
	for _, subnet := range []string{"ff00::/64", "::/0"} {
		_, err := sim.NewHost(sim.WithFixedCIDRv6(prefix(subnet)))
		require.ErrorIs(t, err, sim.ErrAddress, subnet)
		require.ErrorContains(t, err, "cannot assign requested address")
	}
}

// TestLinkLocalSubnet has the subnet whose first address all bridges with IPv6 have
// anyway. Docker Engine 20.10.24 accepts it.
func TestLinkLocalSubnet(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		n := simtest.NewNetwork(t, h, "x", sim.WithSubnet(netip.MustParsePrefix("fe80::/64")))
		a, b := simtest.Run(t, h, "aa", sim.WithNetwork(n)), simtest.Run(t, h, "bb", sim.WithNetwork(n))
		require.Equal(t, "fe80::3", b.Link(n).Addr6().String())
		require.Equal(t, "fe80::3%eth0 ttl=64", pinged(t, a, "fe80::3%eth0"))
		require.NoError(t, a.ForceRemove())
		require.NoError(t, b.ForceRemove())
		require.NoError(t, n.Remove())
	})
}

// TestAddHostName: a name is one word of one line.
func TestAddHostName(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	for _, name := range []string{"", "a b", "a\tb", "a\nb\tc"} {
		_, err := h.Create("web", sim.WithAddHost(name+":1.2.3.4"))
		require.ErrorIs(t, err, sim.ErrName, "%q", name)
	}
}

// TestLinkToRemoved: what "client/alias" led to is found no more when it is removed.
func TestLinkToRemoved(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	db := simtest.Run(t, h, "db")
	simtest.Run(t, h, "web", sim.WithLink(db, "store"))
	found, ok := h.Container("web/store")
	require.True(t, ok)
	require.Equal(t, db, found)
	require.NoError(t, db.ForceRemove())
	_, ok = h.Container("web/store")
	require.False(t, ok)
}

// TestWaitListeningSCTP: nothing can listen there.
func TestWaitListeningSCTP(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	c := simtest.Run(t, h, "web")
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	require.ErrorIs(t, c.WaitListening(ctx, "80/sctp"), sim.ErrPort)
}

// TestImageIsACopy: what is done to the image that a container returns is not done to the
// container.
func TestImageIsACopy(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	c := simtest.Run(t, h, "web", sim.WithImage(sim.Image{Cmd: []string{"serve"}, Env: []string{"A=1"}, Expose: []string{"80"}}))
	image := c.Image()
	image.Cmd[0], image.Env[0], image.Expose[0] = "x", "x", "x"
	require.Equal(t, sim.Image{Cmd: []string{"serve"}, Env: []string{"A=1"}, Expose: []string{"80"}}, c.Image())
	require.Equal(t, "serve", c.Summary().Command)
}
