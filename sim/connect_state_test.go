package sim_test

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"drydock/dnsd"
	"drydock/sim"
	"drydock/sim/simtest"
	"drydock/veth"

	"github.com/stretchr/testify/require"
)

// file returns what is in a file of c: of /etc/hosts the lines that are not the
// template's, with tabs as spaces.
func file(t *testing.T, c *sim.Container, name string) string {
	t.Helper()
	text := cat(t, c.FS(), name[1:])
	_, own, ok := strings.Cut(text, "ip6-allrouters\n")
	if !ok {
		return text
	}
	return strings.ReplaceAll(own, "\t", " ")
}

// TestConnectFails: a port that cannot be published leaves the container as it was,
// and nothing on the network.
func TestConnectFails(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		bridge, _ := h.Network("bridge")
		net := simtest.NewNetwork(t, h, "net")
		inner := simtest.NewNetwork(t, h, "inner", sim.WithInternal())
		witness := simtest.Run(t, h, "witness", sim.WithNetwork(net))
		a := simtest.Run(t, h, "aa", sim.WithNetwork(inner), sim.WithPublish("8080:80"))
		b := simtest.Run(t, h, "bb", sim.WithPublish("9090:90"))
		require.NoError(t, b.Disconnect(bridge))
		for _, addr := range []string{":8080", ":9090"} {
			l, err := h.Listen(t.Context(), "tcp", addr)
			require.NoError(t, err)
			defer l.Close()
		}
		for _, c := range []*sim.Container{a, b} {
			state := func() string {
				return snapshot(h) + layout(c) + file(t, c, "/etc/hosts") + file(t, c, "/etc/resolv.conf") + save(t, h) + portLines(c)
			}
			before := state()
			require.ErrorIs(t, c.Connect(net, sim.WithAlias("foo")), sim.ErrPortInUse)
			require.Equal(t, before, state())
			require.False(t, c.Link(net).Addr().IsValid())
			require.NotContains(t, c.Networks(), net)
			for _, name := range []string{c.Name(), "foo"} {
				require.Equal(t, "Temporary failure in name resolution", lookup(t, witness, name))
			}
		}
		require.Equal(t, "[172.19.0.2]", lookup(t, a, "aa"))
		require.Equal(t, "172.18.0.3", simtest.Run(t, h, "next", sim.WithNetwork(net)).IP().String())
	})
}

// TestStartFails: a container that cannot start leaves no address and no name.
func TestStartFails(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		na, nb := simtest.NewNetwork(t, h, "na"), simtest.NewNetwork(t, h, "nb")
		gone := simtest.NewNetwork(t, h, "zz")
		witness := simtest.Run(t, h, "witness", sim.WithNetwork(na))
		require.NoError(t, witness.Connect(nb))
		l, err := h.Listen(t.Context(), "tcp", ":8080")
		require.NoError(t, err)
		ports, err := h.Create("ports", sim.WithNetwork(na), sim.WithPublish("8080:80"))
		require.NoError(t, err)
		require.NoError(t, ports.Connect(nb))
		late, err := h.Create("late", sim.WithNetwork(na))
		require.NoError(t, err)
		require.NoError(t, late.Connect(gone))
		require.NoError(t, gone.Remove())
		before := snapshot(h) + save(t, h)
		require.ErrorIs(t, ports.Start(), sim.ErrPortInUse)
		require.ErrorIs(t, late.Start(), sim.ErrNotFound)
		require.Equal(t, before, snapshot(h)+save(t, h))
		for _, name := range []string{"ports", "late", "ports.nb"} {
			require.Equal(t, "Temporary failure in name resolution", lookup(t, witness, name))
		}
		require.NoError(t, l.Close())
		require.NoError(t, late.Disconnect(gone))
		require.NoError(t, late.Start())
		require.NoError(t, ports.Start())
		require.Equal(t, "[172.18.0.3]", lookup(t, witness, "late"))
		require.Equal(t, "[172.18.0.4]", lookup(t, witness, "ports"))
	})
}

// TestConnectGone: neither to a network that was removed nor on a closed host.
func TestConnectGone(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	gone, net := simtest.NewNetwork(t, h, "gone"), simtest.NewNetwork(t, h, "net")
	require.NoError(t, gone.Remove())
	running := simtest.Run(t, h, "running")
	created, err := h.Create("created")
	require.NoError(t, err)
	for _, c := range []*sim.Container{running, created} {
		err := c.Connect(gone)
		require.EqualError(t, err, "network gone not found")
		require.ErrorIs(t, err, sim.ErrNotFound)
		require.Len(t, c.Networks(), 1)
	}
	require.NoError(t, h.Close())
	require.ErrorIs(t, created.Connect(net), sim.ErrClosed)
}

func TestEmptyAlias(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	net := simtest.NewNetwork(t, h, "net")
	_, err := h.Create("c1", sim.WithNetwork(net, sim.WithAlias("ok", "")))
	require.ErrorIs(t, err, sim.ErrName)
}

// TestHostsLines has the recorded /etc/hosts after disconnecting and connecting again.
func TestHostsLines(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t, sim.WithResolvConf("nameserver 172.16.80.53\n"))
	bridge, _ := h.Network("bridge")
	alpha := simtest.NewNetwork(t, h, "alpha")
	c := simtest.Run(t, h, "c1", sim.WithHostname("me"))
	shares := simtest.Run(t, h, "shares", sim.WithNetworkOf(c))
	const hosts, embedded = "nameserver 172.16.80.53\n", "nameserver 127.0.0.11\noptions ndots:0\n"
	for _, step := range []struct {
		do    func() error
		lines string
		conf  string
	}{
		{func() error { return c.Disconnect(bridge) }, "172.17.0.2 me\n", hosts},
		{func() error { return c.Connect(bridge) }, "172.17.0.2 me\n172.17.0.2 me\n", hosts},
		{func() error { return c.Connect(alpha) }, "172.17.0.2 me\n172.17.0.2 me\n172.18.0.2 me\n", embedded},
		{func() error { return c.Disconnect(alpha) }, "", embedded},
		{func() error { return c.Connect(alpha) }, "172.18.0.2 me\n", embedded},
	} {
		require.NoError(t, step.do())
		for _, c := range []*sim.Container{c, shares} {
			require.Equal(t, step.lines, file(t, c, "/etc/hosts"))
			require.Equal(t, step.conf, file(t, c, "/etc/resolv.conf"))
		}
	}
	require.Equal(t, "[172.18.0.2]", lookup(t, shares, "c1.alpha"))

	// At a start docker0 is joined first, but interfaces are numbered by priority.
	require.NoError(t, c.Restart(t.Context()))
	require.Equal(t, "172.17.0.2 me\n172.18.0.2 me\n", file(t, c, "/etc/hosts"))
	require.Equal(t, "eth1 172.17.0.2/16\neth0 172.18.0.2/16\ndefault via 172.18.0.1 dev eth0\n"+
		"172.17.0.0/16 dev eth1\n172.18.0.0/16 dev eth0\n", layout(c))
	require.NoError(t, c.Disconnect(bridge))
	require.NoError(t, c.Connect(bridge))
	require.Contains(t, layout(c), "eth2 172.17.0.2/16\n")
}

// TestSharerOutlivesResolver: who is left with lo after the other one stopped gets no
// answer, and nothing hangs.
func TestSharerOutlivesResolver(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		net := simtest.NewNetwork(t, h, "net")
		c := simtest.Run(t, h, "c1", sim.WithNetwork(net))
		shares := simtest.Run(t, h, "shares", sim.WithNetworkOf(c))
		require.Equal(t, "[172.18.0.2]", lookup(t, shares, "c1"))
		require.NoError(t, c.Restart(t.Context()))
		require.Equal(t, "Temporary failure in name resolution", lookup(t, shares, "c1"))
		require.NoError(t, shares.Restart(t.Context()))
		require.Equal(t, "[172.18.0.2]", lookup(t, shares, "c1"))
	})
}

// TestImpairWhileConnecting: what Impair says last holds.
func TestImpairWhileConnecting(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	net := simtest.NewNetwork(t, h, "net")
	c := simtest.Run(t, h, "c1")
	for range 50 {
		var done sync.WaitGroup
		done.Go(func() {
			for c.Link(net).Impair(veth.Impairment{}, veth.Impairment{}) != nil {
			}
		})
		require.NoError(t, c.Connect(net, sim.WithImpairment(veth.Impairment{Rate: 1000}, veth.Impairment{})))
		done.Wait()
		require.NoError(t, c.Disconnect(net))
	}
}

// TestConnectDuringLife connects and disconnects containers while they are started,
// stopped, killed and asked for, until the host is closed.
func TestConnectDuringLife(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	bridge, _ := h.Network("bridge")
	networks := []*sim.Network{bridge, simtest.NewNetwork(t, h, "na"), simtest.NewNetwork(t, h, "nb")}
	c := simtest.Run(t, h, "c1", sim.WithPublish("8080:80"))
	var done sync.WaitGroup
	churn := func(n int, f func(i int)) {
		done.Go(func() {
			for i := range n {
				f(i)
			}
		})
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for _, n := range networks {
		churn(40, func(int) { c.Connect(n); c.Disconnect(n) })
	}
	churn(15, func(int) { c.Stop(ctx); c.Start() })
	churn(15, func(int) { c.Kill(); c.Start() })
	churn(40, func(int) {
		c.Ports()
		c.Env()
		c.Networks()
		c.Interfaces()
		short, cancel := context.WithTimeout(ctx, 5*time.Millisecond)
		c.LookupNetIP(short, "ip4", "c1")
		cancel()
	})
	done.Wait()
	require.NoError(t, c.Stop(ctx))
	for _, n := range networks {
		if n != bridge {
			require.NoError(t, n.Remove())
		}
	}
	require.Empty(t, grep(save(t, h, "nat"), "-A DOCKER !"))

	n := simtest.NewNetwork(t, h, "nc")
	addrs := map[netip.Addr]bool{}
	for i := range 8 {
		c := simtest.Run(t, h, fmt.Sprint("d", i), sim.WithNetwork(n))
		addrs[c.IP()] = true
		churn(20, func(int) { c.Connect(bridge); c.Disconnect(bridge) })
	}
	require.Len(t, addrs, 8)
	require.NoError(t, h.Close())
	done.Wait()
}

// TestLinkRulesLeave with the address that they are for, which others get.
func TestLinkRulesLeave(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t, sim.WithICC(false))
	bridge, _ := h.Network("bridge")
	target := simtest.Run(t, h, "target", sim.WithExpose("80"))
	before := save(t, h, "filter")
	client := simtest.Run(t, h, "client", sim.WithLink(target, "db"))
	require.NotEqual(t, before, save(t, h, "filter"))
	require.NoError(t, client.Disconnect(bridge))
	require.Equal(t, before, save(t, h, "filter"))
	require.NoError(t, client.Restart(t.Context()))
	require.Equal(t, before, save(t, h, "filter"))
}

// TestLinkRulesComeBack has a client leave docker0 and come back, as recorded. The rules lead to
// the endpoints that the link had at the start.
func TestLinkRulesComeBack(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t, sim.WithICC(false))
	bridge, _ := h.Network("bridge")
	target := simtest.Run(t, h, "target", sim.WithExpose("80"))
	without := save(t, h, "filter")
	client := simtest.Run(t, h, "client", sim.WithLink(target, "db"))
	with := save(t, h, "filter")
	require.NoError(t, client.Disconnect(bridge))
	require.Equal(t, without, save(t, h, "filter"))
	require.NoError(t, client.Connect(bridge))
	require.Equal(t, with, save(t, h, "filter"))
	require.Contains(t, file(t, client, "/etc/hosts"), "172.17.0.2 db ")

	first := target.Inspect().NetworkSettings.Networks["bridge"].EndpointID
	require.NoError(t, target.Restart(t.Context()))
	require.NoError(t, client.Disconnect(bridge))
	require.Equal(t, with, save(t, h, "filter"), "which nobody deletes any more")
	err := client.Connect(bridge)
	require.ErrorContains(t, err, "driver failed programming external connectivity on endpoint client (")
	require.ErrorContains(t, err, "): invalid endpoint id: "+first)
	require.NoError(t, client.Restart(t.Context()))
}

// TestLinkRulesBesideGateway: a client whose gateway is another network has the rules of its links
// from the start. When it is connected to docker0 later it has not until that is the gateway.
func TestLinkRulesBesideGateway(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t, sim.WithICC(false))
	bridge, _ := h.Network("bridge")
	aaa := simtest.NewNetwork(t, h, "aaa")
	target := simtest.Run(t, h, "target", sim.WithExpose("80"))
	client, err := h.Create("client", sim.WithLink(target, "db"))
	require.NoError(t, err)
	require.NoError(t, client.Connect(aaa))
	require.NoError(t, client.Start())
	rules := func() int { return strings.Count(save(t, h, "filter"), "-s 172.17.0.3/32 -d 172.17.0.2/32") }
	require.Equal(t, 1, rules())
	require.NoError(t, client.Disconnect(bridge))
	require.Equal(t, 0, rules())
	require.NoError(t, client.Connect(bridge))
	require.Equal(t, 0, rules())
	require.NoError(t, client.Disconnect(aaa))
	require.Equal(t, 1, rules())
	require.NoError(t, client.Connect(aaa))
	require.Equal(t, 1, rules())
}

// TestStopDoesNotWaitForNames: neither for an upstream that is silent nor for a fault
// that delays.
func TestStopDoesNotWaitForNames(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		faults, err := dnsd.NewFaults(1, dnsd.Fault{Name: "slow", Rate: 1, Delay: time.Hour})
		require.NoError(t, err)
		l := newLab(t, sim.WithResolvConf("nameserver 172.16.80.47\n"), sim.WithResolver(faults.Wrap))
		silent, err := l.peer.ListenPacket(t.Context(), "udp", ":53")
		require.NoError(t, err)
		defer silent.Close()
		n := simtest.NewNetwork(t, l.docker, "net")
		for _, name := range []string{"slow", "nosuch.example.test"} {
			for _, stop := range []func(*sim.Container) error{
				(*sim.Container).Kill, func(c *sim.Container) error { return c.Disconnect(n) },
				func(c *sim.Container) error { return c.Stop(t.Context()) },
			} {
				c := simtest.Run(t, l.docker, "", sim.WithNetwork(n))
				done := make(chan struct{})
				go func() {
					defer close(done)
					c.LookupNetIP(context.Background(), "ip4", name)
				}()
				time.Sleep(time.Second)
				start := time.Now()
				require.NoError(t, stop(c))
				require.Zero(t, time.Since(start))
				c.Kill()
				<-done
				require.Zero(t, time.Since(start))
			}
		}
	})
}

// TestDisconnectWithoutRules: whoever deleted Docker's chains leaves it to disconnect
// containers, without their ports.
func TestDisconnectWithoutRules(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	na, nb := simtest.NewNetwork(t, h, "na"), simtest.NewNetwork(t, h, "nb")
	c := simtest.Run(t, h, "c1", sim.WithNetwork(na), sim.WithPublish("8080:80"))
	require.NoError(t, c.Connect(nb))
	for _, command := range []string{"-F DOCKER", "-F PREROUTING", "-F OUTPUT", "-X DOCKER"} {
		runIptables(t, h, "-t nat "+command)
	}
	require.NoError(t, c.Disconnect(na))
	require.Equal(t, []*sim.Network{nb}, c.Networks())
	require.Contains(t, layout(c), "default via 172.19.0.1 dev eth1\n")
	require.Empty(t, c.Ports())
	require.NotContains(t, save(t, h, "nat", "filter"), "--dport 80 ")
	l, err := h.Listen(t.Context(), "tcp", ":8080")
	require.NoError(t, err, "the port is free")
	require.NoError(t, l.Close())
}
