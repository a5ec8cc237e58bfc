package sim_test

import (
	"testing"

	"drydock/sim"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// TestNetworksOrder has the order of "docker network ls".
func TestNetworksOrder(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	for _, name := range []string{"n10", "alpha", "n9", "Zed", "_x", "9z", "n1", "Alpha"} {
		simtest.NewNetwork(t, h, name)
	}
	var names []string
	for n := range h.Networks() {
		names = append(names, n.Name())
	}
	require.Equal(t, []string{"9z", "Alpha", "Zed", "_x", "alpha", "bridge", "host", "n1", "n9", "n10", "none"}, names)
}

// TestContainerByWhat: an ID comes before a name, and that before the beginning of an ID.
func TestContainerByWhat(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	a := simtest.Run(t, h, "aa")
	b := simtest.Run(t, h, "bb", sim.WithLink(a, "x"))
	find := func(what string) *sim.Container { c, _ := h.Container(what); return c }
	require.Same(t, a, find("aa"))
	require.Same(t, a, find("/aa"))
	require.Same(t, a, find(a.ID()))
	require.Same(t, a, find(a.ID()[:12]))
	require.Same(t, a, find("bb/x"))
	require.Nil(t, find("aa/x"))
	require.Nil(t, find(""))
	require.NoError(t, a.Rename(b.ID()[:12]))
	require.Same(t, a, find(b.ID()[:12]), "its name, not the beginning of the other's ID")
	require.NoError(t, a.Rename(b.ID()))
	require.Same(t, b, find(b.ID()))
}
