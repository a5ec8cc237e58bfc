package sim_test

import (
	"io"
	"net/netip"
	"strings"
	"testing"
	"time"

	"drydock/nat/iptables"
	"drydock/sim"
	"drydock/sim/ping"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// TestIsolation is the recorded table of who reaches whom across networks.
func TestIsolation(t *testing.T) {
	eachRelease(t, func(t *testing.T, release sim.Release) {
		l := newLab(t, sim.WithEngine(release))
		net := simtest.NewNetwork(t, l.docker, "net")
		test1 := simtest.Run(t, l.docker, "test1", sim.WithNetwork(net))
		test2 := simtest.Run(t, l.docker, "test2", sim.WithNetwork(net))
		test3 := simtest.Run(t, l.docker, "test3")
		who(t, test2, "tcp", "80")
		who(t, test2, "udp", "53")
		who(t, l.peer, "tcp", "7777")
		who(t, l.peer, "udp", "7777")

		for _, test := range []struct {
			from     machine
			to, want string
		}{
			{test3, "172.18.0.3", "lost"},
			{test1, "172.17.0.2", "lost"},
			{test3, "172.18.0.1", "172.18.0.1 ttl=64"}, // every address of the host answers
			{test1, "172.17.0.1", "172.17.0.1 ttl=64"},
			{test1, "172.16.80.10", "172.16.80.10 ttl=64"},
			{test1, "172.18.0.3", "172.18.0.3 ttl=64"},
			{test1, "172.16.80.47", "172.16.80.47 ttl=63"}, // masqueraded
			{test3, "172.25.0.3", "Destination Net Unreachable from 172.16.80.1"},
			{test3, "10.77.0.3", "Destination Net Unreachable from 172.16.80.1"},
			{test3, "172.16.80.200", "Destination Host Unreachable from 172.16.80.10"},
			{test3, "172.17.0.200", "Destination Host Unreachable from 172.17.0.2"},
			{test1, "172.17.0.200", "lost"}, // nobody is there, but nobody may ask
			{l.docker, "172.18.0.3", "172.18.0.3 ttl=64"},
			{l.docker, "172.17.0.2", "172.17.0.2 ttl=64"},
			{l.peer, "172.17.0.2", "Network is unreachable"},
		} {
			require.Equal(t, test.want, pinged(t, test.from, test.to), "%s to %s", test.from.Name(), test.to)
		}
		require.Equal(t, "timed out", nc(t, test3, "tcp", "172.18.0.3:80"))
		require.Equal(t, "timed out", nc(t, test3, "udp", "172.18.0.3:53"))
		// As traceroute sees it: the own gateway, then silence.
		// Since 28 table raw comes before the gateway counts.
		require.Equal(t, since{sim.Docker28: "lost"}.of(release, "Time to live exceeded from 172.17.0.1"), pinged(t, test3, "172.18.0.3", 1))
		require.Equal(t, "lost", pinged(t, test3, "172.18.0.3", 2))
		require.Contains(t, nc(t, test1, "tcp", "172.18.0.3:80"), "you are 172.18.0.2")
		require.Contains(t, nc(t, test1, "tcp", "172.16.80.47:7777"), "you are 172.16.80.10")
		require.Contains(t, nc(t, test3, "udp", "172.16.80.47:7777"), "you are 172.16.80.10")
		require.Contains(t, nc(t, l.docker, "tcp", "172.16.80.47:7777"), "you are 172.16.80.10")

		runIptables(t, l.docker, "-Z")
		// A machine outside with a route reaches the gateways and no container.
		for _, p := range []string{"172.17.0.0/16", "172.18.0.0/16"} {
			require.NoError(t, l.peer.AddRoute(netip.MustParsePrefix(p), dockerAddr))
		}
		require.Equal(t, "lost", pinged(t, l.peer, "172.17.0.2"))
		dropped := since{sim.Docker28: "0 packets, 0 bytes"}.of(release, "1 packets, 84 bytes") // in table raw
		require.Contains(t, runIptables(t, l.docker, "-L FORWARD -n -v"), "Chain FORWARD (policy DROP "+dropped+")\n")
		require.Equal(t, "172.17.0.1 ttl=64", pinged(t, l.peer, "172.17.0.1"))
		require.Equal(t, "172.18.0.1 ttl=64", pinged(t, l.peer, "172.18.0.1"))
		require.Equal(t, "timed out", nc(t, l.peer, "tcp", "172.18.0.3:80"))

		// With the policy ACCEPT, as where ip_forward was on before dockerd, he did before 28.
		runIptables(t, l.docker, "-P FORWARD ACCEPT")
		require.Equal(t, since{sim.Docker28: "lost"}.of(release, "172.17.0.2 ttl=63"), pinged(t, l.peer, "172.17.0.2"))
		require.Equal(t, "timed out", nc(t, test3, "tcp", "172.18.0.3:80"))
	})
}

// TestIsolationCounters repeats the counts that were recorded: five pings and three
// datagrams from one network to the other and back.
func TestIsolationCounters(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		net := simtest.NewNetwork(t, h, "net")
		test1 := simtest.Run(t, h, "test1", sim.WithNetwork(net))
		test3 := simtest.Run(t, h, "test3")
		runIptables(t, h, "-Z")
		_, err := test3.Ping(t.Context(), "172.18.0.3", &ping.Config{Count: 7})
		require.Error(t, err)
		_, err = test1.Ping(t.Context(), "172.17.0.2", &ping.Config{Count: 2})
		require.Error(t, err)
		one, two := runIptables(t, h, "-L DOCKER-ISOLATION-STAGE-1 -n -v"), runIptables(t, h, "-L DOCKER-ISOLATION-STAGE-2 -n -v")
		br := net.Device()
		require.Contains(t, one, "    2   168 DOCKER-ISOLATION-STAGE-2  all  --  "+br+" !"+br+"  0.0.0.0/0            0.0.0.0/0           \n"+
			"    7   588 DOCKER-ISOLATION-STAGE-2  all  --  docker0 !docker0  0.0.0.0/0            0.0.0.0/0           \n")
		require.Contains(t, two, "    7   588 DROP       all  --  *      "+br+"  0.0.0.0/0            0.0.0.0/0           \n"+
			"    2   168 DROP       all  --  *      docker0  0.0.0.0/0            0.0.0.0/0           \n")
	})
}

// TestInternal: containers of an internal network reach each other and the host.
func TestInternal(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		l := newLab(t)
		net := simtest.NewNetwork(t, l.docker, "net")
		inet := simtest.NewNetwork(t, l.docker, "inet", sim.WithInternal())
		simtest.Run(t, l.docker, "test1", sim.WithNetwork(net))
		i1 := simtest.Run(t, l.docker, "i1", sim.WithNetwork(inet))
		i2 := simtest.Run(t, l.docker, "i2", sim.WithNetwork(inet), sim.WithPublish("8088:80"))
		who(t, i2, "tcp", "80")
		require.Empty(t, i2.Ports(), "not published, without a word")
		require.Equal(t, "172.19.0.2 ttl=64", pinged(t, l.docker, "172.19.0.2"))
		require.Contains(t, i1.Routes(), sim.Route{Dst: everywhere, Via: inet.Gateway(), Dev: "eth0"})
		for to, want := range map[string]string{
			"172.19.0.3":   "172.19.0.3 ttl=64",
			"172.19.0.1":   "172.19.0.1 ttl=64",
			"172.16.80.10": "172.16.80.10 ttl=64",
			"172.16.80.47": "lost",
			"172.18.0.2":   "lost",
		} {
			require.Equal(t, want, pinged(t, i1, to), to)
		}
		require.Contains(t, nc(t, i1, "tcp", "172.19.0.3:80"), "you are 172.19.0.2")
		require.Contains(t, nc(t, l.docker, "tcp", "172.19.0.3:80"), "you are 172.19.0.1")
		require.Equal(t, "Connection refused", nc(t, l.docker, "tcp", "127.0.0.1:8088"))
		require.Equal(t, "timed out", nc(t, i1, "tcp", "172.16.80.47:80"))
	})
}

// TestNoICC: containers do not reach each other but for what a link opens; the host
// and the outside are as ever.
func TestNoICC(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		l := newLab(t, sim.WithICC(false))
		one := simtest.Run(t, l.docker, "nginx_server1")
		two := simtest.Run(t, l.docker, "nginx_server2", sim.WithExpose("80"))
		three := simtest.Run(t, l.docker, "nginx_server3", sim.WithLink(two, "ng2"))
		for _, c := range []*sim.Container{one, two, three} {
			who(t, c, "tcp", "80")
		}
		who(t, two, "tcp", "81")
		require.Equal(t, "lost", pinged(t, one, "172.17.0.3"))
		require.Equal(t, "timed out", nc(t, one, "tcp", "172.17.0.3:80"))
		require.Equal(t, "172.17.0.1 ttl=64", pinged(t, one, "172.17.0.1"))
		require.Equal(t, "172.16.80.47 ttl=63", pinged(t, one, "172.16.80.47"))
		require.Equal(t, "172.17.0.3 ttl=64", pinged(t, l.docker, "172.17.0.3"))
		require.Contains(t, nc(t, l.docker, "tcp", "172.17.0.3:80"), "you are 172.17.0.1")

		require.Contains(t, nc(t, three, "tcp", "ng2:80"), "you are 172.17.0.4")
		require.Equal(t, "lost", pinged(t, three, "ng2"))
		require.Equal(t, "timed out", nc(t, three, "tcp", "172.17.0.2:80"))
		require.Equal(t, "timed out", nc(t, three, "tcp", "ng2:81"))
		require.Equal(t, "timed out", nc(t, two, "tcp", "172.17.0.4:80"), "one way only")

		pub := simtest.Run(t, l.docker, "pub", sim.WithPublish("8080:80"))
		who(t, pub, "tcp", "80")
		require.Equal(t, "timed out", nc(t, one, "tcp", "172.17.0.5:80"))
		for _, c := range []*sim.Container{one, pub} {
			require.Contains(t, nc(t, c, "tcp", "172.17.0.1:8080"), "you are 172.17.0.1")
			require.Contains(t, nc(t, c, "tcp", "172.16.80.10:8080"), "you are 172.17.0.1")
		}

		// The daemon's option is for docker0 alone.
		un := simtest.NewNetwork(t, l.docker, "un")
		u1, u2 := simtest.Run(t, l.docker, "u1", sim.WithNetwork(un)), simtest.Run(t, l.docker, "u2", sim.WithNetwork(un))
		require.Equal(t, u2.IP().String()+" ttl=64", pinged(t, u1, u2.IP().String()))
		// And the other way round: one network can be so.
		noicc := simtest.NewNetwork(t, l.docker, "noicc", sim.WithICC(false))
		n1, n2 := simtest.Run(t, l.docker, "n1", sim.WithNetwork(noicc)), simtest.Run(t, l.docker, "n2", sim.WithNetwork(noicc))
		require.Equal(t, "lost", pinged(t, n1, n2.IP().String()))
		require.Equal(t, "172.16.80.47 ttl=63", pinged(t, n1, "172.16.80.47"))

		require.Contains(t, nc(t, l.peer, "tcp", "172.16.80.10:8080"), "you are 172.16.80.47")
	})
}

// TestNoForwarding is net.ipv4.ip_forward=0: what the host need not route works.
func TestNoForwarding(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		l := newLab(t)
		web := simtest.Run(t, l.docker, "web", sim.WithPublish("8080:80"))
		cli := simtest.Run(t, l.docker, "cli")
		who(t, web, "tcp", "80")
		require.NoError(t, l.docker.SetSysctl("net.ipv4.ip_forward", "0"))
		require.Equal(t, "172.17.0.2 ttl=64", pinged(t, cli, "172.17.0.2"))
		require.Equal(t, "172.17.0.1 ttl=64", pinged(t, cli, "172.17.0.1"))
		require.Equal(t, "172.16.80.10 ttl=64", pinged(t, cli, "172.16.80.10"))
		require.Equal(t, "lost", pinged(t, cli, "172.16.80.47"))
		require.Equal(t, "timed out", nc(t, cli, "tcp", "172.16.80.47:80"))
		require.Equal(t, "timed out", nc(t, l.peer, "tcp", "172.16.80.10:8080"))
		require.Contains(t, nc(t, l.docker, "tcp", "127.0.0.1:8080"), "you are 172.17.0.1")
		require.Contains(t, nc(t, l.docker, "tcp", "172.16.80.10:8080"), "you are 172.16.80.10")
		require.Contains(t, nc(t, cli, "tcp", "172.17.0.1:8080"), "you are 172.17.0.1")
		require.NoError(t, l.docker.SetSysctl("net.ipv4.ip_forward", "1"))
		require.Equal(t, "172.16.80.47 ttl=63", pinged(t, cli, "172.16.80.47"))
		require.Contains(t, nc(t, l.peer, "tcp", "172.16.80.10:8080"), "you are 172.16.80.47")
	})
}

// TestWithoutMasquerade: the outside sees the container's address and cannot answer
// before it has a route.
func TestWithoutMasquerade(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		l := newLab(t)
		who(t, l.peer, "tcp", "7777")
		nomasq := simtest.NewNetwork(t, l.docker, "nomasq", sim.WithMasquerade(false))
		nm := simtest.Run(t, l.docker, "nm", sim.WithNetwork(nomasq))
		require.Equal(t, "timed out", nc(t, nm, "tcp", "172.16.80.47:7777"))
		require.NoError(t, l.peer.AddRoute(nomasq.Subnets()[0], dockerAddr))
		require.Contains(t, nc(t, nm, "tcp", "172.16.80.47:7777"), "you are 172.18.0.2")
	})
}

// TestModes: whom a server sees in the namespace of the host, and in that of another
// container. Ports of the first are not published, nor those of a container without
// network.
func TestModes(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		l := newLab(t)
		net := simtest.NewNetwork(t, l.docker, "net")
		test1, test3 := simtest.Run(t, l.docker, "test1", sim.WithNetwork(net)), simtest.Run(t, l.docker, "test3")
		h1 := simtest.Run(t, l.docker, "h1", sim.WithHostNetwork(), sim.WithPublish("8080:80"))
		n1 := simtest.Run(t, l.docker, "n1", sim.WithNoNetwork(), sim.WithPublish("8082:80"))
		base := simtest.Run(t, l.docker, "base", sim.WithNetwork(net), sim.WithPublish("8081:80"))
		side := simtest.Run(t, l.docker, "side", sim.WithNetworkOf(base))
		for _, c := range []*sim.Container{h1, n1, side} {
			require.Empty(t, c.Ports(), c.Name())
		}
		who(t, h1, "tcp", "80")
		who(t, side, "tcp", "80")
		for _, test := range []struct {
			from     machine
			to, want string
		}{
			{h1, "127.0.0.1:80", "you are 127.0.0.1, I am 127.0.0.1:80"},
			{test1, "172.18.0.1:80", "you are 172.18.0.2, I am 172.18.0.1:80"},
			{test1, "172.16.80.10:80", "you are 172.18.0.2, I am 172.16.80.10:80"},
			{test3, "172.18.0.1:80", "you are 172.17.0.2, I am 172.18.0.1:80"},
			{l.peer, "172.16.80.10:80", "you are 172.16.80.47, I am 172.16.80.10:80"},
			{l.peer, "172.16.80.10:8080", "Connection refused"},
			{l.peer, "172.16.80.10:8082", "Connection refused"},
			{n1, "172.17.0.1:80", "Network is unreachable"},
			{l.peer, "172.16.80.10:8081", "you are 172.16.80.47, I am 172.18.0.3:80"},
			{base, "127.0.0.1:80", "you are 127.0.0.1, I am 127.0.0.1:80"},
		} {
			require.Equal(t, test.want, nc(t, test.from, "tcp", test.to), "%s to %s", test.from.Name(), test.to)
		}
		require.Equal(t, "172.18.0.2 ttl=64", pinged(t, h1, "172.18.0.2"))
		require.Equal(t, "172.17.0.2 ttl=64", pinged(t, h1, "172.17.0.2"))
		require.Equal(t, "Network is unreachable", pinged(t, n1, "172.17.0.1"))
	})
}

// TestReject: what the peer hears of each kind of REJECT.
func TestReject(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		l := newLab(t)
		web := simtest.Run(t, l.docker, "web", sim.WithPublish("8080:80"))
		who(t, web, "tcp", "80")
		runIptables(t, l.docker, "-I DOCKER-USER -i eth0 -s 172.16.80.47 -p tcp -j REJECT")
		require.Equal(t, "Connection refused", nc(t, l.peer, "tcp", "172.16.80.10:8080"))
		runIptables(t, l.docker, "-R DOCKER-USER 1 -i eth0 -s 172.16.80.47 -p tcp -j REJECT --reject-with tcp-reset")
		require.Equal(t, "Connection refused", nc(t, l.peer, "tcp", "172.16.80.10:8080"))
		runIptables(t, l.docker, "-R DOCKER-USER 1 -i eth0 -s 172.16.80.47 -p tcp -j REJECT --reject-with icmp-host-prohibited")
		require.Equal(t, "No route to host", nc(t, l.peer, "tcp", "172.16.80.10:8080"))
		runIptables(t, l.docker, "-R DOCKER-USER 1 -i eth0 -s 172.16.80.47 -p tcp -j DROP")
		require.Equal(t, "timed out", nc(t, l.peer, "tcp", "172.16.80.10:8080"))
	})
}

// TestRejectOfOneself: a host rejects in INPUT what it sends to itself, and what it answers.
func TestRejectOfOneself(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		l := newLab(t)
		web := simtest.Run(t, l.docker, "web", sim.WithPublish("8080:80"))
		who(t, web, "tcp", "80")
		six := func(command string) {
			require.NoError(t, iptables.Run(io.Discard, l.docker.Firewall().IPv6(), strings.Fields(command)...))
		}
		open, err := l.docker.DialContext(t.Context(), "tcp", "127.0.0.1:8080")
		require.NoError(t, err)
		defer open.Close()
		for _, tt := range []struct{ with, want string }{
			{"", "Connection refused"},
			{" --reject-with icmp-host-unreachable", "No route to host"},
			{" --reject-with tcp-reset", "Connection refused"},
		} {
			for _, dst := range []string{"127.0.0.1", "127.0.0.5", "172.17.0.1", "172.16.80.10"} {
				runIptables(t, l.docker, "-I INPUT -p tcp --dport 99 -j REJECT"+tt.with)
				require.Equal(t, tt.want, nc(t, l.docker, "tcp", dst+":99"), "%s%s", dst, tt.with)
				runIptables(t, l.docker, "-D INPUT 1")
			}
		}
		for with, want := range map[string]string{
			"": "Connection refused", " --reject-with icmp6-no-route": "Network is unreachable", " --reject-with icmp6-addr-unreachable": "No route to host",
		} {
			six("-I INPUT -p tcp --dport 99 -j REJECT" + with)
			require.Equal(t, want, nc(t, l.docker, "tcp", "[::1]:99"), with)
			six("-D INPUT 1")
		}
		runIptables(t, l.docker, "-I INPUT -p tcp --sport 8080 -j REJECT") // the SYN-ACK
		require.Equal(t, "timed out", nc(t, l.docker, "tcp", "127.0.0.1:8080"))
		_, err = open.Write([]byte("x")) // whose acknowledgement is rejected
		require.NoError(t, err)
		runIptables(t, l.docker, "-I INPUT -p tcp --dport 8080 -j REJECT")
		_, err = open.Write([]byte("x"))
		require.NoError(t, err)
		time.Sleep(time.Second)
	})
}
