package sim_test

import (
	"io"
	"net/netip"
	"strings"
	"testing"

	"drydock/nat/iptables"
	"drydock/sim"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// TestAcceptMark has a port that is not published be reached by who is marked, with either backend.
func TestAcceptMark(t *testing.T) {
	t.Parallel()
	for _, backend := range []string{"iptables", "nftables"} {
		t.Run(backend, func(t *testing.T) {
			t.Parallel()
			simtest.VirtualTime(t, func(t *testing.T) {
				l := newLab(t, sim.WithEngine(sim.Docker29), sim.WithFirewallBackend(backend), sim.WithDirectRouting(true), sim.WithAcceptMark("0x2/0x3"))
				web := simtest.Run(t, l.docker, "web")
				who(t, web, "tcp", "81")
				require.NoError(t, l.peer.AddRoute(netip.MustParsePrefix("172.17.0.0/16"), dockerAddr))
				mark := func(mark string) {
					line := "-t mangle -A PREROUTING -i eth0 -j MARK --set-mark " + mark
					require.NoError(t, iptables.Run(io.Discard, l.docker.Firewall().IPv4(), strings.Fields(line)...))
				}
				require.Equal(t, sim.Dropped, explained(t, &l.peer.Netns, "172.17.0.2:81").Verdict)
				mark("6")
				require.Equal(t, sim.Answered, explained(t, &l.peer.Netns, "172.17.0.2:81").Verdict)
				mark("3")
				require.Equal(t, sim.Dropped, explained(t, &l.peer.Netns, "172.17.0.2:81").Verdict)
			})
		})
	}
}

// TestAcceptMarkRules has the rules, of which iptables has one for all networks, and bad marks.
func TestAcceptMarkRules(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t, sim.WithEngine(sim.Docker29), sim.WithAcceptMark("0x2/0x3"))
	const first = "-A DOCKER-FORWARD -m mark --mark 0x2/0x3 -j ACCEPT\n-A DOCKER-FORWARD -j DOCKER-CT\n"
	simtest.NewNetwork(t, h, "internal", sim.WithInternal())
	n := simtest.NewNetwork(t, h, "net")
	rules := save(t, h, "filter")
	require.Contains(t, rules, first)
	require.Equal(t, 1, strings.Count(rules, "--mark"))
	require.NoError(t, restartWith(t, h, `{"bip": "172.17.0.1/16"}`))
	rules = save(t, h, "filter")
	require.Contains(t, rules, first)
	require.Equal(t, 1, strings.Count(rules, "--mark"))
	require.NoError(t, n.Remove())
	require.Contains(t, save(t, h, "filter"), first)

	h = simtest.NewHost(t, append(nftBackend, sim.WithAcceptMark("2"))...)
	require.Contains(t, runNft(t, h, "list chain ip docker-bridges filter-forward-in__docker0"),
		"ct state established,related counter packets 0 bytes 0 accept\n\t\tmeta mark 0x00000002 counter packets 0 bytes 0 accept comment \"ALLOW FW MARK\"\n\t\tiifname \"docker0\"")

	h = simtest.NewHost(t, sim.WithEngine(sim.Docker29), sim.WithAcceptMark(""))
	require.NotContains(t, save(t, h, "filter"), "--mark")

	h = simtest.NewHost(t, sim.WithEngine(sim.Docker29))
	simtest.NewNetwork(t, h, "net")
	require.NoError(t, restartWith(t, h, `{"bridge-accept-fwmark": "0x2/0x3"}`))
	require.Contains(t, save(t, h, "filter"), first)

	_, err := sim.NewHost(sim.WithEngine(sim.Docker28), sim.WithAcceptMark("2"))
	require.EqualError(t, err, "unknown flag: --bridge-accept-fwmark")
	_, err = sim.NewHost(sim.WithEngine(sim.Docker29), sim.WithAcceptMark("2/x"))
	require.EqualError(t, err, `invalid bridge-accept-fwmark: invalid firewall mask "2/x": strconv.ParseUint: parsing "x": invalid syntax`)
}
