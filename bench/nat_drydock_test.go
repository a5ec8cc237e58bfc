package bench

import (
	"strings"
	"testing"

	"drydock/nat/iptables"
	"drydock/sim"

	"github.com/stretchr/testify/require"
)

// openDrydockNAT runs a container that publishes a port on docker0 of a host on a LAN,
// where there is another machine.
func openDrydockNAT(b *testing.B) natLab {
	lan, err := sim.NewLAN()
	require.NoError(b, err)
	b.Cleanup(func() { lan.Close() })
	_, inside := newDockerHost(b, sim.WithUplink(lan, hostOutside))
	outside, err := sim.NewMachine(sim.WithName("outside"), sim.WithUplink(lan, outsideAddr))
	require.NoError(b, err)
	b.Cleanup(func() { outside.Close() })
	require.NoError(b, outside.AddRoute(insideAddr.Masked(), hostOutside.Addr()))
	return natLab{outside, inside}
}

// newDockerHost returns a host with a container whose port 80 is 8080 of the host.
func newDockerHost(b *testing.B, opts ...sim.HostOption) (*sim.Host, *sim.Container) {
	host, err := sim.NewHost(opts...)
	require.NoError(b, err)
	b.Cleanup(func() { host.Close() })
	c, err := host.Run("inside", sim.WithPublish("8080:80"))
	require.NoError(b, err)
	require.Equal(b, insideAddr.Addr(), c.IP())
	return host, c
}

// dockerRules returns what iptables-save prints on the host.
func dockerRules(b *testing.B) string {
	host, _ := newDockerHost(b)
	var text strings.Builder
	require.NoError(b, iptables.Save(&text, host.Firewall().IPv4()))
	return text.String()
}
