package sim_test

import (
	"testing"

	"drydock/sim"
	"drydock/sim/dockerapi"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// TestBridgeName: a bridge has the name that was asked for, in the rules too, and no two have one.
func TestBridgeName(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	named := sim.WithDriverOption(dockerapi.OptionBridgeName, "mybr0")
	x := simtest.NewNetwork(t, h, "x", named)
	require.Equal(t, "mybr0", x.Device())
	_, err := h.CreateNetwork("y", named)
	require.ErrorIs(t, err, sim.ErrConflict)
	require.Regexp(t, `^cannot create network [0-9a-f]{64} \(mybr0\): conflicts with network `+x.ID()+` \(mybr0\): networks have same bridge name$`, err.Error())
	require.NoError(t, x.Remove())
	simtest.NewNetwork(t, h, "y", named)
}

// TestHostBinding: ports that say no address of the host are published on that of the network.
func TestHostBinding(t *testing.T) {
	t.Parallel()
	lan := simtest.NewLAN(t)
	h := simtest.NewHost(t, sim.WithUplink(lan, prefix("172.16.80.10/24")))
	n := simtest.NewNetwork(t, h, "x", sim.WithDriverOption(dockerapi.OptionHostBinding, "172.16.80.10"))
	c := simtest.Run(t, h, "pub", sim.WithNetwork(n), sim.WithPublish("8080:80", "127.0.0.1:81:81"))
	for _, p := range c.Ports() {
		want := "172.16.80.10"
		if p.Host.Port() == 81 {
			want = "127.0.0.1"
		}
		require.Equal(t, want, p.Host.Addr().String())
	}
}
