package sim_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"drydock/nat/iptables"
	"drydock/sim"
	"drydock/sim/ping"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// answerAs has c answer datagrams with its name and whom it sees.
func answerAs(t *testing.T, c *sim.Container) {
	t.Helper()
	p, err := c.ListenPacket(t.Context(), "udp", ":9999")
	require.NoError(t, err)
	go func() {
		b := make([]byte, 1500)
		for {
			_, from, err := p.ReadFrom(b)
			if err != nil {
				return
			}
			p.WriteTo([]byte(c.Name()+" saw "+host(from)), from)
		}
	}()
}

func dial(t *testing.T, m machine, network, address string) net.Conn {
	t.Helper()
	c, err := m.DialContext(t.Context(), network, address)
	require.NoError(t, err)
	return c
}

// said writes to an open connection and returns what it hears, or how that fails.
func said(c net.Conn) string {
	c.SetDeadline(time.Now().Add(3 * time.Second))
	if _, err := io.WriteString(c, "line"); err != nil {
		return failure(err)
	}
	b := make([]byte, 1500)
	n, err := c.Read(b)
	if err != nil {
		return failure(err)
	}
	return string(b[:n])
}

// leaving are the ways in which a container leaves its address.
var leaving = map[string]func(context.Context, *sim.Container) error{
	"stop":    func(ctx context.Context, c *sim.Container) error { return c.Stop(ctx) },
	"kill":    func(_ context.Context, c *sim.Container) error { return c.Kill() },
	"restart": func(ctx context.Context, c *sim.Container) error { return c.Restart(ctx) },
	"rm -f":   func(_ context.Context, c *sim.Container) error { return c.ForceRemove() },
}

// TestRevokedUDP: a client of a published port that keeps its own port reaches whoever has the
// published one then, not whoever has the address. Recorded of Docker 20.10.24 for stop and rm -f.
func TestRevokedUDP(t *testing.T) {
	t.Parallel()
	for name, leave := range leaving {
		for _, proxy := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, proxy %v", name, proxy), func(t *testing.T) {
				t.Parallel()
				simtest.VirtualTime(t, func(t *testing.T) {
					l := newLab(t, sim.WithUserlandProxy(proxy))
					web := simtest.Run(t, l.docker, "web", sim.WithPublish("9999:9999/udp"))
					answerAs(t, web)
					c := dial(t, l.peer, "udp", "172.16.80.10:9999")
					require.Equal(t, "web saw 172.16.80.47", said(c))
					require.NoError(t, leave(t.Context(), web))
					require.Empty(t, flows(l.docker))
					switch name {
					case "stop", "kill":
						answerAs(t, simtest.Run(t, l.docker, "thief"))
						require.NoError(t, web.Start())
					case "rm -f":
						answerAs(t, simtest.Run(t, l.docker, "thief"))
						web = simtest.Run(t, l.docker, "web", sim.WithPublish("9999:9999/udp"))
					}
					answerAs(t, web)
					synctest.Wait() // since 28 it tells its new MAC
					require.Equal(t, "web saw 172.16.80.47", said(c))
				})
			})
		}
	}
}

// TestRevokedUDPStream: a connection without translation is begun while nothing is published, and
// later goes through the userland proxy. Recorded of Docker 20.10.24.
func TestRevokedUDPStream(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		l := newLab(t)
		web := simtest.Run(t, l.docker, "web", sim.WithPublish("9999:9999/udp"))
		answerAs(t, web)
		c := dial(t, l.peer, "udp", "172.16.80.10:9999")
		require.Equal(t, "web saw 172.16.80.47", said(c))
		require.NoError(t, web.Stop(t.Context()))
		require.Equal(t, "Connection refused", said(c))
		require.NoError(t, web.Start())
		answerAs(t, web)
		require.Equal(t, "web saw 172.17.0.1", said(c))
	})
}

func echoTCP(t *testing.T, c *sim.Container) {
	t.Helper()
	ln, err := c.Listen(t.Context(), "tcp", ":80")
	require.NoError(t, err)
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go io.Copy(conn, conn)
		}
	}()
}

// TestRevokedTCP: an open connection is reset when its next segment comes. As recorded where the
// ports move to another network and back; where the server goes its own end of the connection is
// lost with its cable.
func TestRevokedTCP(t *testing.T) {
	t.Parallel()
	for _, proxy := range []bool{true, false} {
		t.Run(fmt.Sprint("proxy ", proxy), func(t *testing.T) {
			t.Parallel()
			simtest.VirtualTime(t, func(t *testing.T) {
				l := newLab(t, sim.WithUserlandProxy(proxy))
				first, last := simtest.NewNetwork(t, l.docker, "aaa"), simtest.NewNetwork(t, l.docker, "zzz")
				bridge, _ := l.docker.Network("bridge")
				web := simtest.Run(t, l.docker, "web", sim.WithPublish("8080:80"))
				echoTCP(t, web)
				conn := dial(t, l.peer, "tcp", "172.16.80.10:8080")
				require.NoError(t, web.Connect(last))
				require.Equal(t, "line", said(conn), "the gateway is the same")
				require.NoError(t, web.Disconnect(last))
				require.Equal(t, "line", said(conn), "the gateway is the same")
				require.NoError(t, web.Connect(first))
				require.Equal(t, "Connection reset by peer", said(conn))
				conn = dial(t, l.peer, "tcp", "172.16.80.10:8080")
				require.Equal(t, "line", said(conn))
				require.NoError(t, web.Disconnect(first))
				require.Equal(t, "Connection reset by peer", said(conn))

				conn = dial(t, l.peer, "tcp", "172.16.80.10:8080")
				require.Equal(t, "line", said(conn))
				require.NoError(t, web.Link(bridge).SetCarrier(false))
				require.NoError(t, web.Kill())
				require.Equal(t, "Connection reset by peer", said(conn))
			})
		})
	}
}

// TestRevokedKinds: what has the address in its reply goes, of every protocol and with a port
// published or none. What is masqueraded, and what is the host's own by 127.0.0.1, stays.
func TestRevokedKinds(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		l := newLab(t)
		web := simtest.Run(t, l.docker, "web", sim.WithPublish("9999:9999/udp"))
		other := simtest.Run(t, l.docker, "other")
		answerAs(t, web)
		answerAs(t, other)
		who(t, l.peer, "udp", "53")
		require.Equal(t, "web saw 172.17.0.3", said(dial(t, other, "udp", "172.17.0.2:9999")))
		require.Equal(t, "other saw 172.17.0.2", said(dial(t, web, "udp", "172.17.0.3:9999")))
		require.Equal(t, "web saw 172.17.0.1", said(dial(t, l.docker, "udp", "127.0.0.1:9999")))
		require.Equal(t, "you are 172.16.80.10", said(dial(t, web, "udp", "172.16.80.47:53")))
		require.Equal(t, "172.17.0.2 ttl=64", pinged(t, l.docker, "172.17.0.2"))
		require.Equal(t, "172.16.80.47 ttl=63", pinged(t, web, "172.16.80.47"))
		require.Equal(t, "172.17.0.3 ttl=64", pinged(t, l.docker, "172.17.0.3"))
		require.Len(t, flows(l.docker), 8)
		require.NoError(t, web.Stop(t.Context()))
		var left []string
		for _, line := range flows(l.docker) {
			fields := strings.Fields(line)
			left = append(left, strings.Join([]string{fields[0], fields[3], fields[4]}, " "))
		}
		require.Equal(t, []string{
			"icmp src=172.17.0.1 dst=172.17.0.3",
			"icmp src=172.17.0.2 dst=172.16.80.47",
			"udp src=127.0.0.1 dst=127.0.0.1",
			"udp src=172.17.0.2 dst=172.16.80.47",
		}, left)
	})
}

// TestRevokedOfAll: a container that stops leaves no connection on any of its networks; one that
// leaves a network which is not its gateway leaves those of that network.
func TestRevokedOfAll(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		l := newLab(t)
		n := simtest.NewNetwork(t, l.docker, "n", sim.WithInternal())
		web := simtest.Run(t, l.docker, "web")
		require.NoError(t, web.Connect(n))
		reach := func() {
			for _, addr := range []string{"172.17.0.2", "172.18.0.2"} {
				_, err := l.docker.Ping(t.Context(), addr, &ping.Config{})
				require.NoError(t, err)
			}
			require.Len(t, flows(l.docker), 2)
		}
		reach()
		require.NoError(t, web.Disconnect(n))
		require.Len(t, flows(l.docker), 2)
		time.Sleep(time.Minute)
		require.NoError(t, web.Connect(n))
		reach()
		require.NoError(t, web.Stop(t.Context()))
		require.Empty(t, flows(l.docker))
	})
}

// TestRevokedIPv6: rules of one's own may translate IPv6.
func TestRevokedIPv6(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		x := simtest.NewNetwork(t, h, "x", sim.WithSubnet(prefix("fd00:1::/64")))
		y := simtest.NewNetwork(t, h, "y", sim.WithSubnet(prefix("fd00:2::/64")))
		cli := simtest.Run(t, h, "cli", sim.WithNetwork(x))
		web := simtest.Run(t, h, "web", sim.WithNetwork(y))
		answerAs(t, web)
		require.NoError(t, iptables.Run(io.Discard, h.Firewall().IPv6(), strings.Fields(
			"-t nat -A PREROUTING -d fd00:1::1 -p udp --dport 9999 -j DNAT --to-destination [fd00:2::2]:9999")...))
		c := dial(t, cli, "udp", "[fd00:1::1]:9999")
		require.Equal(t, "web saw fd00:1::2", said(c))
		require.NoError(t, web.Stop(t.Context()))
		require.Empty(t, flows(h))
		answerAs(t, simtest.Run(t, h, "next", sim.WithNetwork(y)))
		require.Equal(t, "next saw fd00:1::2", said(c), "the rule has the address")
	})
}

// TestRevoked113: Docker 1.13 forgets nothing.
func TestRevoked113(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		l := newLab(t, sim.WithEngine(sim.Docker113))
		web := simtest.Run(t, l.docker, "web", sim.WithPublish("9999:9999/udp"))
		answerAs(t, web)
		c := dial(t, l.peer, "udp", "172.16.80.10:9999")
		require.Equal(t, "web saw 172.16.80.47", said(c))
		require.NoError(t, web.Stop(t.Context()))
		answerAs(t, simtest.Run(t, l.docker, "next"))
		require.Equal(t, "next saw 172.16.80.47", said(c))
	})
}
