package sim_test

import (
	"io"
	"net/netip"
	"strings"
	"testing"
	"time"

	"drydock/nat/iptables"
	"drydock/sim"
	"drydock/sim/dockerapi"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A gatewayLab is where gateway modes were recorded: a container with port 80 published on 8080, and
// a server on 443 that is not published, another one on its network and one on docker0. The peer has
// a route to both networks.
type gatewayLab struct {
	*lab
	srv, sib, other *sim.Container
}

func newGatewayLab(t *testing.T, hostOpts []sim.HostOption, opts ...sim.NetworkOption) *gatewayLab {
	l := &gatewayLab{lab: newLab(t, hostOpts...)}
	for _, subnet := range []string{"172.17.0.0/16", "172.18.0.0/16"} {
		require.NoError(t, l.peer.AddRoute(netip.MustParsePrefix(subnet), dockerAddr))
	}
	l.other = simtest.Run(t, l.docker, "dcli")
	n := simtest.NewNetwork(t, l.docker, "gm", append(opts, sim.WithSubnet(netip.MustParsePrefix("172.18.0.0/16")))...)
	l.srv = simtest.Run(t, l.docker, "srv", sim.WithNetwork(n), sim.WithPublish("8080:80"))
	l.sib = simtest.Run(t, l.docker, "sib", sim.WithNetwork(n))
	who(t, l.srv, "tcp", "80")
	who(t, l.srv, "tcp", "443")
	who(t, l.peer, "tcp", "7777")
	return l
}

const (
	refused, timedOut = "Connection refused", "timed out"
	echoed, lost      = "172.18.0.2 ttl=63", "lost"
)

// TestGatewayModes has who reached what with Docker Engine 28.5.2 and 29.7.2, and as whom. Where the
// recorded client only failed, that nothing listens is told from that packets are dropped.
func TestGatewayModes(t *testing.T) {
	t.Parallel()
	type answers struct {
		hostLocal, hostLAN, hostPort, hostOther string // 127.0.0.1:8080, LAN:8080, container:80, :443
		peerPort, peerOther, peerPing, peerLAN  string
		netPort, netOther, netPing, netLAN      string // from another network
		sibPort, sibLAN, self, outbound         string
	}
	nat := answers{
		"172.18.0.1", "172.16.80.10", "172.18.0.1", "172.18.0.1",
		timedOut, timedOut, lost, "172.16.80.47",
		timedOut, timedOut, lost, "172.18.0.1",
		"172.18.0.3", "172.18.0.1", "172.18.0.1", "172.16.80.10",
	}
	unprotected := nat
	unprotected.peerPort, unprotected.peerOther, unprotected.peerPing = "172.16.80.47", "172.16.80.47", echoed
	unprotected29 := unprotected
	unprotected29.netPort, unprotected29.netOther, unprotected29.netPing = "172.18.0.1", "172.18.0.1", echoed
	routed := answers{
		refused, refused, "172.18.0.1", "172.18.0.1",
		"172.16.80.47", timedOut, echoed, refused,
		"172.18.0.1", timedOut, echoed, refused,
		"172.18.0.3", refused, refused, "172.18.0.3",
	}
	trusted := nat
	trusted.peerPort = "172.16.80.47"
	direct := trusted
	direct.netPort = "172.18.0.1" // not recorded: no rule is against it
	mode := func(m string) []sim.NetworkOption {
		return []sim.NetworkOption{sim.WithDriverOption(dockerapi.OptionGatewayMode4, m)}
	}
	for _, test := range []struct {
		name     string
		hostOpts []sim.HostOption
		opts     []sim.NetworkOption
		want     map[sim.Release]answers
	}{
		{"default", nil, nil, map[sim.Release]answers{sim.Docker28: nat, sim.Docker29: nat}},
		{"nat", nil, mode("nat"), map[sim.Release]answers{sim.Docker28: nat, sim.Docker29: nat}},
		{"nat-unprotected", nil, mode("nat-unprotected"), map[sim.Release]answers{sim.Docker28: unprotected, sim.Docker29: unprotected29}},
		{"routed", nil, mode("routed"), map[sim.Release]answers{sim.Docker28: routed, sim.Docker29: routed}},
		{"direct routing", []sim.HostOption{sim.WithDirectRouting(true)}, nil, map[sim.Release]answers{sim.Docker29: direct}},
		{"trusted", nil, []sim.NetworkOption{sim.WithDriverOption(dockerapi.OptionTrusted, "tun0:eth0")}, map[sim.Release]answers{sim.Docker29: trusted}},
	} {
		for release, want := range test.want {
			t.Run(test.name+"/"+string(release), func(t *testing.T) {
				t.Parallel()
				simtest.VirtualTime(t, func(t *testing.T) {
					l := newGatewayLab(t, append(test.hostOpts, sim.WithEngine(release)), test.opts...)
					seen := func(m machine, addr string) string { return seenAs(nc(t, m, "tcp", addr)) }
					const port, other, lan = "172.18.0.2:80", "172.18.0.2:443", "172.16.80.10:8080"
					assert.Equal(t, want, answers{
						seen(l.docker, "127.0.0.1:8080"), seen(l.docker, lan), seen(l.docker, port), seen(l.docker, other),
						seen(l.peer, port), seen(l.peer, other), pinged(t, l.peer, "172.18.0.2"), seen(l.peer, lan),
						seen(l.other, port), seen(l.other, other), pinged(t, l.other, "172.18.0.2"), seen(l.other, lan),
						seen(l.sib, port), seen(l.sib, lan), seen(l.srv, lan), seen(l.sib, "172.16.80.47:7777"),
					})
				})
			})
		}
	}
}

// seenAs returns the address by which a server knew its client, or how that failed.
func seenAs(answer string) string {
	addr, _, _ := strings.Cut(strings.TrimPrefix(answer, "you are "), ",")
	return addr
}

// TestMasqueradeOffSince28: replies are for the container's own address, and are dropped as what is
// routed there. In modes that allow that they arrive.
func TestMasqueradeOffSince28(t *testing.T) {
	t.Parallel()
	off := sim.WithMasquerade(false)
	for _, release := range []sim.Release{sim.Docker20, sim.Docker28, sim.Docker29} {
		for name, test := range map[string]struct {
			opts []sim.NetworkOption
			want string
		}{
			"nat":             {[]sim.NetworkOption{off}, timedOut},
			"nat-unprotected": {[]sim.NetworkOption{off, sim.WithDriverOption(dockerapi.OptionGatewayMode4, "nat-unprotected")}, "172.18.0.3"},
			"trusted":         {[]sim.NetworkOption{off, sim.WithDriverOption(dockerapi.OptionTrusted, "eth0")}, "172.18.0.3"},
		} {
			t.Run(string(release)+"/"+name, func(t *testing.T) {
				t.Parallel()
				simtest.VirtualTime(t, func(t *testing.T) {
					want := test.want
					if release == sim.Docker20 {
						want = "172.18.0.3"
					}
					l := newGatewayLab(t, []sim.HostOption{sim.WithEngine(release)}, test.opts...)
					assert.Equal(t, want, seenAs(nc(t, l.sib, "tcp", "172.16.80.47:7777")))
					assert.Equal(t, "172.16.80.47", seenAs(nc(t, l.peer, "tcp", "172.16.80.10:8080")))
				})
			})
		}
	}
}

// TestHairpinSince28 has who was seen as whom by a port that has no userland proxy.
func TestHairpinSince28(t *testing.T) {
	t.Parallel()
	for _, release := range []sim.Release{sim.Docker28, sim.Docker29} {
		t.Run(string(release), func(t *testing.T) {
			t.Parallel()
			simtest.VirtualTime(t, func(t *testing.T) {
				l := newGatewayLab(t, []sim.HostOption{sim.WithEngine(release), sim.WithUserlandProxy(false)})
				for _, test := range []struct {
					from     machine
					to, want string
				}{
					{l.docker, "127.0.0.1:8080", "172.18.0.1"},
					{l.docker, "172.18.0.1:8080", "172.18.0.1"},
					{l.docker, "172.16.80.10:8080", "172.18.0.1"},
					{l.peer, "172.16.80.10:8080", "172.16.80.47"},
					{l.sib, "172.18.0.1:8080", "172.18.0.3"},
					{l.sib, "172.16.80.10:8080", "172.18.0.3"},
					{l.srv, "172.16.80.10:8080", "172.18.0.1"},
				} {
					assert.Equal(t, test.want, seenAs(nc(t, test.from, "tcp", test.to)), "%s to %s", test.from.Name(), test.to)
				}
				assert.Len(t, l.srv.Ports(), 1)
			})
		})
	}
}

// TestPolicyAcceptSince28: what is not published is dropped although FORWARD accepts. Docker 20.10
// lets the peer in.
func TestPolicyAcceptSince28(t *testing.T) {
	t.Parallel()
	for release, want := range map[sim.Release]string{sim.Docker20: "172.16.80.47", sim.Docker28: timedOut, sim.Docker29: timedOut} {
		simtest.VirtualTime(t, func(t *testing.T) {
			l := newGatewayLab(t, []sim.HostOption{sim.WithEngine(release)})
			runIptables(t, l.docker, "-P FORWARD ACCEPT")
			assert.Equal(t, want, seenAs(nc(t, l.peer, "tcp", "172.18.0.2:443")), release)
			assert.Equal(t, timedOut, nc(t, l.other, "tcp", "172.18.0.2:443"), release)
		})
	}
}

// TestLoopbackGuard: a port of 127.0.0.1 is not for what others route there. Docker 20.10 has no guard.
func TestLoopbackGuard(t *testing.T) {
	t.Parallel()
	const guard = "-A PREROUTING -d 127.0.0.1/32 ! -i lo -p tcp -m tcp --dport 8081 -j DROP\n"
	for release, guarded := range map[sim.Release]bool{sim.Docker20: false, sim.Docker28: true, sim.Docker29: true} {
		h := simtest.NewHost(t, sim.WithEngine(release))
		web := simtest.Run(t, h, "web", sim.WithPublish("127.0.0.1:8081:80", "8080:80"))
		assert.Equal(t, guarded, strings.Contains(save(t, h, "raw"), guard), release)
		require.NoError(t, web.Stop(t.Context()))
		assert.NotContains(t, save(t, h, "raw"), "-A", release)
	}
}

// TestPublishErrorsSince28 has what was said of ports that cannot be had.
func TestPublishErrorsSince28(t *testing.T) {
	t.Parallel()
	const allocated = "Bind for %s:8080 failed: port is already allocated"
	for release, listen := range map[sim.Release]string{
		sim.Docker28: "failed to bind host port for 0.0.0.0:8080:172.17.0.2:80/tcp: address already in use",
		sim.Docker29: "failed to bind host port 0.0.0.0:8080/tcp: address already in use",
	} {
		h := newLab(t, sim.WithEngine(release)).docker
		try := func(name, publish, message string) {
			t.Helper()
			_, err := h.Run(name, sim.WithPublish(publish))
			require.ErrorIs(t, err, sim.ErrPortInUse)
			require.ErrorContains(t, err, message)
		}
		a := simtest.Run(t, h, "a1", sim.WithPublish("8080:80"))
		try("a2", "8080:80", strings.ReplaceAll(allocated, "%s", "0.0.0.0"))
		try("a3", "127.0.0.1:8080:80", strings.ReplaceAll(allocated, "%s", "0.0.0.0"))
		simtest.Run(t, h, "a4", sim.WithPublish("8080:80/udp"))
		require.NoError(t, a.Stop(t.Context()))
		b1 := simtest.Run(t, h, "b1", sim.WithPublish("127.0.0.1:8080:80"))
		b2 := simtest.Run(t, h, "b2", sim.WithPublish("172.16.80.10:8080:80"))
		try("b3", "8080:80", strings.ReplaceAll(allocated, "%s", "127.0.0.1"))
		for _, c := range []*sim.Container{b1, b2} {
			require.NoError(t, c.Stop(t.Context()))
		}
		who(t, h, "tcp4", "8080")
		try("h1", "8080:80", "")
		_, err := h.Run("h2", sim.WithPublish("8080:80"))
		require.ErrorContains(t, err, listen)
	}
}

// TestNewFlags: what a release does not have it refuses.
func TestNewFlags(t *testing.T) {
	t.Parallel()
	for flag, opt := range map[string]sim.HostOption{
		"ip6tables": sim.WithIP6Tables(true), "allow-direct-routing": sim.WithDirectRouting(true), "ip-forward-no-drop": sim.WithForwardPolicyKept(true),
	} {
		for _, release := range []sim.Release{sim.Docker113, sim.Docker20} {
			_, err := sim.NewHost(sim.WithEngine(release), opt)
			require.ErrorIs(t, err, sim.ErrConflict)
			require.EqualError(t, err, "unknown flag: --"+flag)
		}
		simtest.NewHost(t, sim.WithEngine(sim.Docker29), opt)
	}
	h := simtest.NewHost(t, sim.WithEngine(sim.Docker29), sim.WithForwardPolicyKept(true), sim.WithIP6Tables(false))
	require.Contains(t, save(t, h, "filter"), ":FORWARD ACCEPT")
	var rules strings.Builder
	require.NoError(t, iptables.Save(&rules, h.Firewall().IPv6()))
	require.Empty(t, rules.String())
	h = simtest.NewHost(t, sim.WithEngine(sim.Docker29), sim.WithIPTables(false))
	require.Empty(t, save(t, h))
	require.NoError(t, iptables.Save(&rules, h.Firewall().IPv6()))
	require.Contains(t, rules.String(), "-A FORWARD -j DOCKER-FORWARD")
}

// TestGatewayModeRefused: a mode that there is not, and one that is for internal networks. Earlier
// releases keep what they do not know.
func TestGatewayModeRefused(t *testing.T) {
	t.Parallel()
	mode := func(m string) sim.NetworkOption { return sim.WithDriverOption(dockerapi.OptionGatewayMode4, m) }
	h := simtest.NewHost(t, sim.WithEngine(sim.Docker29))
	_, err := h.CreateNetwork("gm", mode("foo"))
	require.EqualError(t, err, "failed to parse com.docker.network.bridge.gateway_mode_ipv4 value: foo (unknown gateway mode foo)")
	_, err = h.CreateNetwork("gm", mode("isolated"))
	require.EqualError(t, err, "gateway mode 'isolated' can only be used for an internal network")
	old := simtest.NewHost(t)
	n, err := old.CreateNetwork("gm", mode("foo"))
	require.NoError(t, err)
	require.Equal(t, map[string]string{dockerapi.OptionGatewayMode4: "foo"}, n.Inspect().Options)
	require.NotContains(t, save(t, old), "routed")
}

// TestHostAddrSince20: what leaves the host has an address of its own choosing.
func TestHostAddrSince20(t *testing.T) {
	t.Parallel()
	for release, want := range map[sim.Release]string{
		sim.Docker113: "-A POSTROUTING -s 172.18.0.0/16 ! -o br-n -j MASQUERADE\n",
		sim.Docker20:  "-A POSTROUTING -s 172.18.0.0/16 ! -o br-n -j SNAT --to-source 172.16.80.11\n",
		sim.Docker29:  "-A POSTROUTING -s 172.18.0.0/16 ! -o br-n -j SNAT --to-source 172.16.80.11\n",
	} {
		h := simtest.NewHost(t, sim.WithEngine(release))
		simtest.NewNetwork(t, h, "n", sim.WithDriverOption(dockerapi.OptionHostIPv4, "172.16.80.11"))
		require.Contains(t, save(t, h, "nat"), want, release)
	}
}

// TestIsolatedGateway: the host has no address on the network, and the containers have the first.
func TestIsolatedGateway(t *testing.T) {
	t.Parallel()
	for _, release := range []sim.Release{sim.Docker28, sim.Docker29} {
		t.Run(string(release), func(t *testing.T) {
			t.Parallel()
			simtest.VirtualTime(t, func(t *testing.T) {
				l := newLab(t, sim.WithEngine(release))
				n := simtest.NewNetwork(t, l.docker, "gm", sim.WithInternal(), sim.WithSubnet(netip.MustParsePrefix("172.18.0.0/16")),
					sim.WithDriverOption(dockerapi.OptionGatewayMode4, "isolated"))
				i1 := simtest.Run(t, l.docker, "i1", sim.WithNetwork(n))
				simtest.Run(t, l.docker, "i2", sim.WithNetwork(n))
				require.Equal(t, "172.18.0.1", i1.IP().String())
				require.Equal(t, "172.18.0.2 ttl=64", pinged(t, i1, "i2"))
				require.Equal(t, "Destination Net Unreachable from 172.16.80.1", pinged(t, l.docker, "172.18.0.2"), "it goes by the default route")
				require.Equal(t, "Network is unreachable", pinged(t, i1, "172.16.80.47"))
				require.Empty(t, n.Inspect().IPAM.Config[0].Gateway)
				require.Empty(t, i1.Inspect().NetworkSettings.Networks["gm"].Gateway)
				require.False(t, n.Gateway().IsValid())
				require.Equal(t, release == sim.Docker29, strings.Contains(save(t, l.docker, "filter"), "-A DOCKER-INTERNAL ! -s 172.18.0.0/16 -o br-gm -j DROP\n"))
				require.NoError(t, l.docker.RestartDaemon(t.Context()))
				require.NoError(t, i1.Start())
				require.Equal(t, "172.18.0.1", i1.IP().String())
				require.NoError(t, i1.Kill())
				require.NoError(t, n.Remove())
			})
		})
	}
}

// TestDatagramsBeforePublishing: who sends from one port all the time comes to the container once it is
// there. With Docker 20.10 the connection that was begun before goes on to lead to the host, where the
// userland proxy takes it.
func TestDatagramsBeforePublishing(t *testing.T) {
	t.Parallel()
	for release, want := range map[sim.Release]string{sim.Docker20: "srv saw 172.17.0.1", sim.Docker28: "srv saw 172.16.80.47", sim.Docker29: "srv saw 172.16.80.47"} {
		t.Run(string(release), func(t *testing.T) {
			t.Parallel()
			simtest.VirtualTime(t, func(t *testing.T) {
				l := newLab(t, sim.WithEngine(release))
				c := dial(t, l.peer, "udp", "172.16.80.10:9090")
				defer c.Close()
				_, err := io.WriteString(c, "early")
				require.NoError(t, err)
				time.Sleep(time.Second)
				answerAs(t, simtest.Run(t, l.docker, "srv", sim.WithPublish("9090:9999/udp")))
				said(c) // what was refused before
				require.Equal(t, want, said(c))
			})
		})
	}
}

// TestForwardingWarning: Docker 20.10 warns while the host does not forward, later ones if it did not
// when dockerd had started. They turn it on again with each network.
func TestForwardingWarning(t *testing.T) {
	t.Parallel()
	const run, info = "WARNING: IPv4 forwarding is disabled. Networking will not work.\n", "WARNING: IPv4 forwarding is disabled\n"
	const cgroup = "WARNING: Support for cgroup v1 is deprecated and planned to be removed by no later than May 2029 (https://github.com/moby/moby/issues/51111)\n"
	for _, test := range []struct {
		release   sim.Release
		opts      []sim.HostOption
		run, info string
		after     string
	}{
		{sim.Docker20, nil, run, info, "0\n"},
		{sim.Docker28, nil, "", "", "1\n"},
		{sim.Docker29, nil, "", cgroup, "1\n"},
		{sim.Docker29, []sim.HostOption{sim.WithIPForward(false)}, run, info + cgroup, "0\n"},
	} {
		simtest.VirtualTime(t, func(t *testing.T) {
			image := sim.Image{Name: "centos:v1", Cmd: []string{"sh"}, Main: sleeper}
			cli := newSession(recordedHost(t, []sim.Image{image}, append(test.opts, sim.WithEngine(test.release))...))
			cli.sh(t, "sysctl -w net.ipv4.ip_forward=0")
			require.Equal(t, test.run, idRE.ReplaceAllString(strings.TrimSuffix(cli.sh(t, "docker run -d centos:v1"), "\n"), ""), test.release)
			require.Equal(t, test.info, cli.sh(t, "docker info 2>&1 | grep WARNING; true"), test.release)
			cli.sh(t, "docker network create n")
			require.Equal(t, test.after, cli.sh(t, "sysctl -n net.ipv4.ip_forward"), test.release)
		})
	}
}
