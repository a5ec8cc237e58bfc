package sim_test

import (
	"io"
	"syscall"
	"testing"

	"drydock/sim"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// TestWhoDoesTheServerSee is the recorded table of who reaches a published port, by
// which address, and as whom the server sees him. Since release 28 the userland proxy answers
// datagrams in all cases.
func TestWhoDoesTheServerSee(t *testing.T) {
	eachRelease(t, func(t *testing.T, release sim.Release) {
		l := newLab(t, sim.WithEngine(release))
		srv := simtest.Run(t, l.docker, "srv", sim.WithPublish("8080:80"), sim.WithPublish("9090:9000/udp"))
		cli := simtest.Run(t, l.docker, "cli")
		net := simtest.NewNetwork(t, l.docker, "net")
		ucli := simtest.Run(t, l.docker, "ucli", sim.WithNetwork(net))
		who(t, srv, "tcp", "80")
		who(t, srv, "udp", "9000")

		const none = ""
		for _, test := range []struct {
			from     machine
			to       string // address; with the published ports unless it has the container's
			tcp, udp string // whom the server sees; none if nobody
		}{
			{l.docker, "127.0.0.1", "172.17.0.1", "172.17.0.1"}, // the userland proxy
			{l.docker, "[::1]", "172.17.0.1", "172.17.0.1"},
			{l.docker, "172.17.0.1", "172.17.0.1", "172.17.0.1"},
			{l.docker, "172.16.80.10", "172.16.80.10", "172.16.80.10"},
			{l.docker, "172.18.0.1", "172.17.0.1", "172.17.0.1"},
			{l.docker, "172.17.0.2", "172.17.0.1", "172.17.0.1"},
			{l.peer, "172.16.80.10", "172.16.80.47", "172.16.80.47"},
			{cli, "172.17.0.2", "172.17.0.3", "172.17.0.3"},
			{cli, "172.17.0.1", "172.17.0.1", "172.17.0.1"},
			{cli, "172.16.80.10", "172.17.0.1", none},
			{cli, "172.18.0.1", "172.17.0.1", none},
			{ucli, "172.17.0.2", none, none},
			{ucli, "172.17.0.1", "172.17.0.1", none},
			{ucli, "172.18.0.1", "172.17.0.1", "172.17.0.1"},
			{ucli, "172.16.80.10", "172.17.0.1", none},
			{srv, "172.17.0.1", "172.17.0.1", "172.17.0.1"},
			{srv, "172.16.80.10", "172.17.0.1", none},
			{srv, "172.17.0.2", "172.17.0.2", "172.17.0.2"},
			{srv, "127.0.0.1", "127.0.0.1", "127.0.0.1"},
		} {
			tcp, udp := ":8080", ":9090"
			if test.to == "172.17.0.2" || test.from == machine(srv) && test.to == "127.0.0.1" {
				tcp, udp = ":80", ":9000"
			}
			name := test.from.Name() + " to " + test.to
			if got := nc(t, test.from, "tcp", test.to+tcp); test.tcp == none {
				require.Equal(t, "timed out", got, name)
			} else {
				me := "172.17.0.2:80"
				if test.tcp == "127.0.0.1" {
					me = "127.0.0.1:80"
				}
				require.Equal(t, "you are "+test.tcp+", I am "+me, got, name)
			}
			if release != sim.Docker20 {
				test.udp = test.tcp
			}
			if got := nc(t, test.from, "udp", test.to+udp); test.udp == none {
				require.Equal(t, "timed out", got, name)
			} else {
				require.Equal(t, "you are "+test.udp, got, name)
			}
		}
		require.Contains(t, nc(t, l.docker, "tcp", "localhost:8080"), "you are 172.17.0.1")
		// Ports that are not published.
		require.Equal(t, "Connection refused", nc(t, l.peer, "tcp", "172.16.80.10:80"))
		require.Equal(t, "Connection refused", nc(t, l.docker, "tcp", "172.17.0.2:8080"))
		require.Equal(t, "Connection refused", nc(t, srv, "tcp", "127.0.0.1:8080"))
	})
}

// TestPublishedOnUserNetwork is the same for a server on a network of its own.
func TestPublishedOnUserNetwork(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		l := newLab(t)
		net := simtest.NewNetwork(t, l.docker, "net")
		srv := simtest.Run(t, l.docker, "srv", sim.WithNetwork(net), sim.WithPublish("8080:80"))
		ucli := simtest.Run(t, l.docker, "ucli", sim.WithNetwork(net))
		cli := simtest.Run(t, l.docker, "cli")
		who(t, srv, "tcp", "80")
		for _, test := range []struct {
			from     machine
			to, seen string
		}{
			{l.docker, "127.0.0.1:8080", "172.18.0.1"},
			{l.docker, "172.16.80.10:8080", "172.16.80.10"},
			{l.peer, "172.16.80.10:8080", "172.16.80.47"},
			{ucli, "172.18.0.1:8080", "172.18.0.1"},
			{ucli, "172.16.80.10:8080", "172.18.0.1"},
			{ucli, "172.18.0.2:80", "172.18.0.3"},
			{cli, "172.17.0.1:8080", "172.18.0.1"},
			{cli, "172.18.0.1:8080", "172.18.0.1"},
			{cli, "172.16.80.10:8080", "172.18.0.1"},
		} {
			require.Equal(t, "you are "+test.seen+", I am 172.18.0.2:80", nc(t, test.from, "tcp", test.to),
				"%s to %s", test.from.Name(), test.to)
		}
		require.Equal(t, "timed out", nc(t, cli, "tcp", "172.18.0.2:80"))
	})
}

// TestNothingListens: through the userland proxy a client connects and is reset;
// through DNAT he is refused.
func TestNothingListens(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		l := newLab(t)
		nl := simtest.Run(t, l.docker, "nl", sim.WithPublish("8080:80"))
		c, err := l.docker.DialContext(t.Context(), "tcp", "127.0.0.1:8080")
		require.NoError(t, err)
		io.WriteString(c, "GET / HTTP/1.1\r\n\r\n")
		_, err = io.ReadAll(c)
		require.ErrorIs(t, err, syscall.ECONNRESET)
		c.Close()
		require.Equal(t, "Connection refused", nc(t, l.docker, "tcp", "172.16.80.10:8080"))
		require.Equal(t, "Connection refused", nc(t, l.peer, "tcp", "172.16.80.10:8080"))
		require.Equal(t, "Connection refused", nc(t, l.peer, "tcp", "172.16.80.10:8081"))
		require.NoError(t, nl.Stop(t.Context()))
		require.Equal(t, "Connection refused", nc(t, l.peer, "tcp", "172.16.80.10:8080"))
	})
}

// TestForbidOneMachine is the tutorial's own case: a rule in the chain DOCKER stops
// one machine and no other, and leaves its open connections alone.
func TestForbidOneMachine(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		l := newLab(t)
		for _, name := range []string{"nginx_server1", "nginx_server2", "nginx_server3"} {
			simtest.Run(t, l.docker, name)
		}
		web := simtest.Run(t, l.docker, "nginx_server4", sim.WithPublish("8080:80"))
		who(t, web, "tcp", "80")
		const published = "172.16.80.10:8080"
		require.Contains(t, nc(t, l.peer, "tcp", published), "you are 172.16.80.47")

		runIptables(t, l.docker, "-I DOCKER -s 172.16.80.47 -d 172.17.0.5 -p TCP --dport 80 -j DROP")
		require.Equal(t, "timed out", nc(t, l.peer, "tcp", published))
		require.Contains(t, nc(t, l.router, "tcp", published), "you are 172.16.80.1,")
		require.Contains(t, nc(t, l.docker, "tcp", "127.0.0.1:8080"), "you are 172.17.0.1")
		require.Contains(t, runIptables(t, l.docker, "-L DOCKER -n"), "DROP       tcp  --  172.16.80.47         172.17.0.5           tcp dpt:80\n")
		for c := range l.docker.Firewall().Conns() {
			require.NotEqual(t, "SYN_SENT", c.State.String(), "nothing stays of what was dropped: %v", c)
		}

		require.NoError(t, web.Restart(t.Context()))
		who(t, web, "tcp", "80")
		require.Equal(t, "timed out", nc(t, l.peer, "tcp", published), "the rule survives restarts")
		runIptables(t, l.docker, "-D DOCKER -s 172.16.80.47 -d 172.17.0.5 -p TCP --dport 80 -j DROP")
		require.Contains(t, nc(t, l.peer, "tcp", published), "you are 172.16.80.47")
	})
}

// TestBridgedNAT: frames between two containers pass the host's rules, and are routed
// by it if these translate their destination.
func TestBridgedNAT(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		two, three, four := simtest.Run(t, h, "c2"), simtest.Run(t, h, "c3"), simtest.Run(t, h, "c4")
		who(t, two, "tcp", "80")
		who(t, four, "tcp", "80")
		who(t, h, "tcp", "8000")
		runIptables(t, h, "-t nat -A PREROUTING -d 172.17.0.2 -p tcp --dport 81 -j DNAT --to-destination 172.17.0.4:80")
		runIptables(t, h, "-t nat -A PREROUTING -d 172.17.0.2 -p tcp --dport 82 -j REDIRECT --to-ports 8000")
		runIptables(t, h, "-t nat -A POSTROUTING -d 172.17.0.4 -p tcp --dport 80 -s 172.17.0.2 -j SNAT --to-source 172.17.0.99")
		require.Equal(t, "you are 172.17.0.3, I am 172.17.0.2:80", nc(t, three, "tcp", "172.17.0.2:80"))
		require.Equal(t, "you are 172.17.0.3, I am 172.17.0.4:80", nc(t, three, "tcp", "172.17.0.2:81"))
		require.Equal(t, "you are 172.17.0.3, I am 172.17.0.1:8000", nc(t, three, "tcp", "172.17.0.2:82"))
	})
}
