package sim_test

import (
	"strings"
	"testing"

	"drydock/nat/iptables"
	"drydock/nat/nftables"
	"drydock/sim"
	"drydock/sim/dockerapi"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// TestResolverNft: with nftables dockerd's rules for the embedded resolver are in a table of their
// own, and lead to it.
func TestResolverNft(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t, sim.WithEngine(sim.Docker29), sim.WithFirewallBackend("nftables"))
		n := simtest.NewNetwork(t, h, "net")
		c, err := h.CreateSpec("c1", dockerapi.ContainerCreate{Config: dockerapi.Config{Image: "x"}, HostConfig: dockerapi.HostConfig{NetworkMode: n.Name(), Privileged: true}})
		require.NoError(t, err)
		require.NoError(t, c.Start())
		list := func() string {
			var text strings.Builder
			require.NoError(t, nftables.Run(&text, c.Firewall().Nft(), nil, "list", "table", "ip", "docker-dns"))
			return text.String()
		}
		require.Contains(t, list(), "udp dport 53 counter packets 0 bytes 0 dnat to 127.0.0.11:")
		addrs, err := c.LookupNetIP(t.Context(), "ip4", "c1")
		require.NoError(t, err)
		require.Equal(t, "172.18.0.2", addrs[0].String())
		require.NotContains(t, list(), "udp dport 53 counter packets 0 bytes")
	})
}

// TestResolverCounted: rules for the embedded resolver have counted what was asked before anybody looked
// at them, a question of both families once.
func TestResolverCounted(t *testing.T) {
	t.Parallel()
	for backend, want := range map[string]string{
		"iptables": "[1:48] -A DOCKER_OUTPUT -d 127.0.0.11/32 -p udp", "nftables": "udp dport 53 counter packets 1 bytes 48 dnat to",
	} {
		simtest.VirtualTime(t, func(t *testing.T) {
			h := simtest.NewHost(t, sim.WithEngine(sim.Docker29), sim.WithFirewallBackend(backend))
			n := simtest.NewNetwork(t, h, "net")
			c, err := h.CreateSpec("c1", dockerapi.ContainerCreate{Config: dockerapi.Config{Image: "x"}, HostConfig: dockerapi.HostConfig{NetworkMode: n.Name(), Privileged: true}})
			require.NoError(t, err)
			require.NoError(t, c.Start())
			_, err = c.LookupNetIP(t.Context(), "ip", "c1")
			require.NoError(t, err)
			var text strings.Builder
			if backend == "nftables" {
				require.NoError(t, nftables.Run(&text, c.Firewall().Nft(), nil, "list", "ruleset"))
			} else {
				require.NoError(t, iptables.SaveCounters(&text, c.Firewall().IPv4(), "nat"))
			}
			require.Contains(t, text.String(), want)
		})
	}
}
