package sim_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"drydock/nat"
	"drydock/nat/nftables"
	"drydock/sim"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

func runNft(t testing.TB, h *sim.Host, line string) string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, nftables.Run(&b, h.Firewall().Nft(), nil, line), line)
	return b.String()
}

// dockerTables returns the tables that dockerd makes with nft.
func dockerTables(t testing.TB, h *sim.Host) (list string) {
	for line := range strings.Lines(runNft(t, h, "list tables")) {
		if strings.HasSuffix(line, " docker-bridges\n") {
			list += line
		}
	}
	return list
}

var nftBackend = []sim.HostOption{sim.WithEngine(sim.Docker29), sim.WithFirewallBackend("nftables")}

// TestNftablesBackend has published ports work, and others dropped, by rules that Explain names. The tables
// themselves are compared with recorded ones where sessions are repeated.
func TestNftablesBackend(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		l := newLab(t, append(nftBackend, sim.WithDirectRouting(true))...)
		web := simtest.Run(t, l.docker, "web", sim.WithPublish("8080:80"))
		who(t, web, "tcp", "80")
		who(t, web, "tcp", "81")
		require.False(t, l.docker.Firewall().IPv4().Used("filter"))
		require.Equal(t, sim.Answered, explained(t, &l.peer.Netns, "172.16.80.10:8080").Verdict)

		require.NoError(t, l.peer.AddRoute(netip.MustParsePrefix("172.17.0.0/16"), dockerAddr))
		e := explained(t, &l.peer.Netns, "172.17.0.2:81")
		require.Equal(t, sim.Dropped, e.Verdict)
		require.Contains(t, e.String(), `ip docker-bridges filter-forward-in__docker0: counter packets`)
		require.Contains(t, e.String(), `drop comment "UNPUBLISHED PORT DROP"`)

		runNft(t, l.docker, "add table ip mine; add chain ip mine ban { type filter hook forward priority filter - 1; }; add rule ip mine ban ip saddr 172.16.80.47 tcp dport 80 drop")
		e = explained(t, &l.peer.Netns, "172.16.80.10:8080")
		require.Equal(t, sim.Dropped, e.Verdict)
		require.Contains(t, e.String(), "ip mine ban: ip saddr 172.16.80.47 tcp dport 80 drop")
		runNft(t, l.docker, "delete table ip mine")
		require.Equal(t, sim.Answered, explained(t, &l.peer.Netns, "172.16.80.10:8080").Verdict)

		before := runNft(t, l.docker, "list table ip docker-bridges")
		require.Contains(t, before, "tcp dport 8080 counter")
		require.NoError(t, web.Stop(t.Context()))
		require.NotContains(t, runNft(t, l.docker, "list table ip docker-bridges"), "8080")
	})
}

// TestNftablesReject has the verdict of Explain for each that nft's reject answers, beside a dial's.
func TestNftablesReject(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		l := newLab(t, nftBackend...)
		who(t, simtest.Run(t, l.docker, "web", sim.WithPublish("8080:80")), "tcp", "80")
		runNft(t, l.docker, "add table inet mine; add chain inet mine ban { type filter hook forward priority filter - 1; }")
		for with, want := range map[string]string{
			"reject":                               "refused: FORWARD rejects it by inet mine ban: tcp dport 80 reject",
			"reject with tcp reset":                "refused: FORWARD rejects it by inet mine ban: tcp dport 80 reject with tcp reset",
			"reject with icmpx port-unreachable":   "refused: FORWARD rejects it by inet mine ban: tcp dport 80 reject",
			"reject with icmp host-unreachable":    "dropped: no route to host: FORWARD rejects it by inet mine ban: tcp dport 80 reject with icmp host-unreachable",
			"reject with icmp net-unreachable":     "dropped: network is unreachable: FORWARD rejects it by inet mine ban: tcp dport 80 reject with icmp net-unreachable",
			"reject with icmpx no-route":           "dropped: network is unreachable: FORWARD rejects it by inet mine ban: tcp dport 80 reject with icmpx no-route",
			"reject with icmpx admin-prohibited":   "dropped: no route to host: FORWARD rejects it by inet mine ban: tcp dport 80 reject with icmpx admin-prohibited",
			`counter drop comment "do not reject"`: "dropped: FORWARD drops it by inet mine ban: tcp dport 80 counter packets 0 bytes 0 drop comment \"do not reject\"",
		} {
			runNft(t, l.docker, "add rule inet mine ban tcp dport 80 "+with)
			e := explainedOn(t, &l.peer.Netns, "tcp", "172.16.80.10:8080")
			require.Equal(t, want, e.Verdict.String()+": "+e.Why)
			runNft(t, l.docker, "flush chain inet mine ban")
			time.Sleep(time.Hour)
		}
	})
}

// TestNftablesNetworks has the tables as before when a network and what was in it have gone.
func TestNftablesNetworks(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t, nftBackend...)
	before := runNft(t, h, "list ruleset")
	for _, opts := range [][]sim.NetworkOption{nil, {sim.WithInternal()}, {sim.WithSubnet(netip.MustParsePrefix("fd01::/64"))}, {sim.WithICC(false)}} {
		n := simtest.NewNetwork(t, h, "net", opts...)
		c := simtest.Run(t, h, "web", sim.WithNetwork(n), sim.WithPublish("8080:80", "127.0.0.1:8081:81"))
		require.NotEqual(t, before, runNft(t, h, "list ruleset"))
		require.NoError(t, c.Kill())
		require.NoError(t, c.Remove())
		require.NoError(t, n.Remove())
		require.Equal(t, before, runNft(t, h, "list ruleset"))
	}
}

// TestNftablesRefused has who does not know the option, and when dockerd does not start.
func TestNftablesRefused(t *testing.T) {
	t.Parallel()
	_, err := sim.NewHost(sim.WithEngine(sim.Docker28), sim.WithFirewallBackend("nftables"))
	require.EqualError(t, err, "unknown flag: --firewall-backend")
	_, err = sim.NewHost(sim.WithEngine(sim.Docker28), sim.WithFirewallBackend(""))
	require.EqualError(t, err, "unknown flag: --firewall-backend")
	_, err = sim.NewHost(sim.WithEngine(sim.Docker29), sim.WithFirewallBackend("pf"))
	require.EqualError(t, err, `invalid firewall-backend: allowed values are "iptables" and "nftables"`)
	require.EqualError(t, restartWith(t, simtest.NewHost(t, sim.WithEngine(sim.Docker29)), `{"firewall-backend": "pf"}`),
		`unable to configure the Docker daemon with file /etc/docker/daemon.json: configuration validation from file failed: invalid firewall-backend: allowed values are "iptables" and "nftables"`)
	h := simtest.NewHost(t, nftBackend...)
	require.NoError(t, h.StopDaemon(t.Context()))
	require.NoError(t, h.SetSysctl("net.ipv4.ip_forward", "0"))
	require.ErrorContains(t, h.StartDaemon(), `failed to start daemon: Error initializing network controller: error creating default "bridge" network: IPv4 forwarding is disabled: `+
		`check your host's firewalling and set sysctl net.ipv4.ip_forward=1, or disable this check using daemon option --ip-forward=false`)
	require.NoError(t, h.SetSysctl("net.ipv4.ip_forward", "1"))
	require.NoError(t, h.StartDaemon())
}

// TestNftablesRefusesIPv6 where it is not forwarded: a network, and dockerd itself if docker0 has it.
func TestNftablesRefusesIPv6(t *testing.T) {
	t.Parallel()
	const why = "IPv6 global forwarding is disabled: check your host's firewalling and set sysctls net.ipv6.conf.all.forwarding=1 and " +
		"net.ipv6.conf.default.forwarding=1, or disable this check using daemon option --ip-forward=false"
	h := simtest.NewHost(t, append(nftBackend, sim.WithFixedCIDRv6(netip.MustParsePrefix("fd00:1::/64")))...)
	require.NoError(t, h.SetSysctl("net.ipv6.conf.all.forwarding", "0"))
	_, err := h.CreateNetwork("net", sim.WithSubnet(netip.MustParsePrefix("fd01::/64")))
	require.ErrorContains(t, err, why)
	before := runNft(t, h, "list ruleset")
	require.NoError(t, h.StopDaemon(t.Context()))
	require.EqualError(t, h.StartDaemon(), `failed to start daemon: Error initializing network controller: error creating default "bridge" network: `+why)
	require.Equal(t, before, runNft(t, h, "list ruleset"))
	require.NoError(t, h.SetSysctl("net.ipv6.conf.all.forwarding", "1"))
	require.NoError(t, h.StartDaemon())
}

// TestNftablesRewritten has dockerd write a chain anew whose rules it changes: rules of others are gone, and what was counted.
func TestNftablesRewritten(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		l := newLab(t, nftBackend...)
		web := simtest.Run(t, l.docker, "web", sim.WithPublish("8080:80"))
		who(t, web, "tcp", "80")
		_, err := l.peer.DialContext(t.Context(), "tcp", "172.16.80.10:8080")
		require.NoError(t, err)
		const in, out = "list chain ip docker-bridges filter-forward-in__docker0", "list chain ip docker-bridges filter-forward-out__docker0"
		runNft(t, l.docker, "insert rule ip docker-bridges filter-forward-in__docker0 ip saddr 10.0.0.1 drop")
		runNft(t, l.docker, "insert rule ip docker-bridges filter-forward-out__docker0 ip saddr 10.0.0.1 drop")
		require.Contains(t, runNft(t, l.docker, in), "tcp dport 80 counter packets 1")
		simtest.Run(t, l.docker, "other", sim.WithPublish("8081:80"))
		require.NotContains(t, runNft(t, l.docker, in), "10.0.0.1")
		require.NotContains(t, runNft(t, l.docker, in), "counter packets 1")
		require.Contains(t, runNft(t, l.docker, out), "10.0.0.1")
		require.NotContains(t, runNft(t, l.docker, out), "established,related counter packets 0")
	})
}

// TestNftablesFamilies has a family that dockerd is told to leave alone, also when it cleans up behind the other backend.
func TestNftablesFamilies(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ option, want string }{
		{`"iptables": false`, "table ip6 docker-bridges\n"}, {`"ip6tables": false`, "table ip docker-bridges\n"},
		{`"iptables": false, "ip6tables": false`, ""},
	} {
		h := simtest.NewHost(t, sim.WithEngine(sim.Docker29))
		require.NoError(t, h.SetSysctl("net.ipv6.conf.all.forwarding", "1"))
		before := h.Firewall().IPv6().Used("filter")
		require.NoError(t, restartWith(t, h, `{"firewall-backend": "nftables", `+tt.option+`}`))
		n := simtest.NewNetwork(t, h, "net", sim.WithSubnet(netip.MustParsePrefix("fd01::/64")))
		c := simtest.Run(t, h, "web", sim.WithNetwork(n), sim.WithPublish("8080:80"))
		require.Equal(t, tt.want, dockerTables(t, h))
		_, kept := h.Firewall().IPv4().Len("filter/DOCKER-FORWARD")
		require.Equal(t, strings.Contains(tt.option, `"iptables"`), kept)
		require.Equal(t, before, h.Firewall().IPv6().Used("filter"))
		require.NoError(t, c.Kill())
		require.NoError(t, c.Remove())
		require.NoError(t, n.Remove())
		runNft(t, h, "add table ip docker-bridges; add table ip6 docker-bridges")
		require.NoError(t, restartWith(t, h, `{`+tt.option+`}`))
		left := ""
		if strings.Contains(tt.option, `"iptables"`) {
			left = "table ip docker-bridges\n"
		}
		if strings.Contains(tt.option, `"ip6tables"`) {
			left += "table ip6 docker-bridges\n"
		}
		require.ElementsMatch(t, strings.Split(left, "\n"), strings.Split(dockerTables(t, h), "\n"))
	}
}

// TestNftablesSwitch has each backend delete what the other has left, but for the user's chain.
func TestNftablesSwitch(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t, sim.WithEngine(sim.Docker29))
	simtest.NewNetwork(t, h, "net")
	write := func(text string) { require.NoError(t, restartWith(t, h, text)) }
	write(`{"firewall-backend": "nftables"}`)
	require.Contains(t, runNft(t, h, "list tables"), "table ip docker-bridges\ntable ip6 docker-bridges\n")
	rules := h.Firewall().IPv4()
	require.Equal(t, []nat.Chain{nat.FilterInput, nat.FilterForward, nat.FilterOutput, "filter/DOCKER-USER"}, slices.Collect(rules.Chains("filter")))
	for _, c := range []nat.Chain{nat.NATPrerouting, nat.NATPostrouting, nat.NATOutput} {
		n, _ := rules.Len(c)
		require.Zero(t, n, c)
	}
	write(`{}`)
	require.Empty(t, dockerTables(t, h))
	n, ok := rules.Len("filter/DOCKER-FORWARD")
	require.True(t, ok)
	require.NotZero(t, n)
}
