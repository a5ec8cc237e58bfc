package sim_test

import (
	"strings"
	"testing"

	"drydock/sim"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// TestHostsReconnected has the lines of a container's own name as Docker 20.10.24 was recorded to
// leave them: the network "bridge" takes none away, as it has no names, and a network of one's own
// takes those of all networks.
func TestHostsReconnected(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	bridge, _ := h.Network("bridge")
	sub := simtest.NewNetwork(t, h, "sub")
	c := simtest.Run(t, h, "r1")
	for _, step := range []struct {
		do   func(*sim.Network) error
		n    *sim.Network
		want string
	}{
		{func(n *sim.Network) error { return c.Connect(n) }, sub, "172.17.0.2 172.18.0.2"},
		{c.Disconnect, bridge, "172.17.0.2 172.18.0.2"},
		{func(n *sim.Network) error { return c.Connect(n) }, bridge, "172.17.0.2 172.18.0.2 172.17.0.2"},
		{c.Disconnect, sub, ""},
		{func(n *sim.Network) error { return c.Connect(n) }, sub, "172.18.0.2"},
	} {
		require.NoError(t, step.do(step.n))
		_, own, _ := strings.Cut(cat(t, c.FS(), "etc/hosts"), "ip6-allrouters\n")
		require.Equal(t, step.want, strings.Join(strings.Fields(strings.ReplaceAll(own, c.ID()[:12], "")), " "))
	}
}
