package sim_test

import (
	"net/netip"
	"testing"

	"drydock/sim"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// TestMadeUpNames: who is given no name has one of two words, the same from the same seed.
func TestMadeUpNames(t *testing.T) {
	t.Parallel()
	h, again := simtest.NewHost(t, sim.WithSeed(7)), simtest.NewHost(t, sim.WithSeed(7))
	seen := make(map[string]bool)
	for range 300 {
		c, err := h.Create("")
		require.NoError(t, err)
		require.Regexp(t, `^[a-z]+_[a-z]+\d?$`, c.Name())
		require.False(t, seen[c.Name()])
		seen[c.Name()] = true
		same, err := again.Create("")
		require.NoError(t, err)
		require.Equal(t, c.Name(), same.Name())
		found, ok := h.Container(c.Name())
		require.True(t, ok)
		require.Same(t, c, found)
	}
}

// TestMadeUpNameUnknown: the embedded resolver knows the container by its short ID and
// aliases, and by its name once that is given.
func TestMadeUpNameUnknown(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		net := simtest.NewNetwork(t, h, "net")
		client := simtest.Run(t, h, "client", sim.WithNetwork(net))
		c := simtest.Run(t, h, "", sim.WithNetwork(net, sim.WithAlias("web")))
		lookup := func(name string) ([]netip.Addr, error) { return client.LookupNetIP(t.Context(), "ip4", name) }
		for _, name := range []string{"web", c.ID()[:12]} {
			addrs, err := lookup(name)
			require.NoError(t, err, name)
			require.Equal(t, []netip.Addr{c.IP()}, addrs)
		}
		_, err := lookup(c.Name())
		require.Error(t, err)
		names, err := client.Resolver().LookupAddr(t.Context(), c.IP().String())
		require.NoError(t, err)
		require.Equal(t, []string{"web.net."}, names)
		require.NoError(t, c.Rename("named"))
		addrs, err := lookup("named")
		require.NoError(t, err)
		require.Equal(t, []netip.Addr{c.IP()}, addrs)
	})
}
