package sim_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// TestDaemonRestartRules compares the rules with those recorded after a restart of dockerd with two
// networks. It keeps those in the order of their IDs.
func TestDaemonRestartRules(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t, sim.WithSeed(1))
	a := simtest.NewNetwork(t, h, "aaa", sim.WithSubnet(netip.MustParsePrefix("172.20.0.0/16")))
	b := simtest.NewNetwork(t, h, "bbb", sim.WithSubnet(netip.MustParsePrefix("172.21.0.0/16")))
	require.Greater(t, a.ID(), b.ID(), "another seed is needed")
	docker0, _ := h.Network("bridge")
	before := docker0.ID()
	for range 2 {
		require.NoError(t, h.RestartDaemon(t.Context()))
		require.Equal(t, goldenRules(t, "restarted"), save(t, h))
	}
	require.NotEqual(t, before, docker0.ID())
}

// TestDaemonRestartRepairs: what is in Docker's chains goes, what was deleted comes back, and what
// is the user's stays, with the policy of FORWARD that he has set.
func TestDaemonRestartRepairs(t *testing.T) {
	t.Parallel()
	for _, engine := range []sim.Release{sim.Docker20, sim.Docker113} {
		h := simtest.NewHost(t, sim.WithEngine(engine), sim.WithICC(false))
		create("net")(t, h)
		fresh := save(t, h)
		require.NoError(t, h.RestartDaemon(t.Context()))
		runIptables(t, h, "-P FORWARD ACCEPT")
		runIptables(t, h, "-I DOCKER -j DROP")
		runIptables(t, h, "-t nat -F POSTROUTING")
		runIptables(t, h, "-F FORWARD")
		runIptables(t, h, "-I FORWARD -s 10.9.9.9 -j DROP")
		require.NoError(t, h.RestartDaemon(t.Context()))
		rules := save(t, h)
		require.NotContains(t, rules, "-A DOCKER -j DROP\n")
		require.Contains(t, rules, ":FORWARD ACCEPT")
		require.Contains(t, rules, "-A FORWARD -s 10.9.9.9/32 -j DROP\n")
		require.Equal(t, len(fresh)+len("-A FORWARD -s 10.9.9.9/32 -j DROP\n")+len("ACCEPT")-len("DROP"), len(rules), rules)
	}
}

// TestDaemonRestartUser: DOCKER-USER is not emptied.
func TestDaemonRestartUser(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	runIptables(t, h, "-I DOCKER-USER -s 10.9.9.9 -j DROP")
	require.NoError(t, h.RestartDaemon(t.Context()))
	require.Contains(t, save(t, h), "-A DOCKER-USER -s 10.9.9.9/32 -j DROP\n-A DOCKER-USER -j RETURN\n")
}

// TestDaemonForwarding: who turned forwarding off has it on again, and with it the policy.
func TestDaemonForwarding(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	runIptables(t, h, "-P FORWARD ACCEPT")
	require.NoError(t, h.SetSysctl("net.ipv4.ip_forward", "0"))
	require.NoError(t, h.RestartDaemon(t.Context()))
	require.Contains(t, save(t, h), ":FORWARD DROP")
}

// TestDaemonRestartPolicies: who runs after a restart of dockerd.
func TestDaemonRestartPolicies(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		none := func(t *testing.T, c *sim.Container) {}
		stop := func(t *testing.T, c *sim.Container) { require.NoError(t, c.Stop(t.Context())) }
		kill := func(t *testing.T, c *sim.Container) { require.NoError(t, c.Kill()) }
		tests := []struct {
			name, policy string
			status       int
			do           func(*testing.T, *sim.Container)
			runs         bool
		}{
			{"no", "no", 0, none, false},
			{"always", "always", 0, none, true},
			{"always-stopped", "always", 0, stop, true},
			{"unless", "unless-stopped", 0, none, true},
			{"unless-stopped", "unless-stopped", 0, stop, false},
			{"unless-killed", "unless-stopped", 0, kill, false},
			{"unless-restarted", "unless-stopped", 0, func(t *testing.T, c *sim.Container) { require.NoError(t, c.Restart(t.Context())) }, true},
			{"failure", "on-failure", 143, none, true},
			{"failure-clean", "on-failure", 0, none, false},
			{"paused", "always", 0, func(t *testing.T, c *sim.Container) { require.NoError(t, c.Pause()) }, true},
		}
		for _, tt := range tests {
			main := func(ctx context.Context, _ *sim.Container) error {
				<-ctx.Done()
				return sim.ExitStatus(tt.status)
			}
			tt.do(t, simtest.Run(t, h, tt.name, sim.WithRestart(tt.policy), sim.WithImage(sim.Image{Main: main})))
		}
		simtest.Run(t, h, "gone", sim.WithAutoRemove())
		_, err := h.Create("created", sim.WithRestart("always"))
		require.NoError(t, err)
		require.NoError(t, h.StopDaemon(t.Context()))
		for _, tt := range tests {
			c, ok := h.Container(tt.name)
			require.True(t, ok)
			require.Equal(t, "exited", c.State().Status, tt.name)
		}
		_, ok := h.Container("gone")
		require.False(t, ok)
		require.NoError(t, h.StartDaemon())
		for _, tt := range tests {
			c, _ := h.Container(tt.name)
			require.Equal(t, tt.runs, c.Running(), tt.name)
			require.False(t, c.State().Paused)
		}
		c, _ := h.Container("created")
		require.Equal(t, "created", c.State().Status)
	})
}

// TestDaemonRestartPublished: ports, names and links are there again; while dockerd does not run
// nobody serves them, and what is left of the rules is that of networks.
func TestDaemonRestartPublished(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		l := newLab(t)
		n := simtest.NewNetwork(t, l.docker, "net")
		serve := sim.Image{Main: func(ctx context.Context, c *sim.Container) error {
			listener, err := c.Listen(ctx, "tcp", ":80")
			if err != nil {
				return err
			}
			defer context.AfterFunc(ctx, func() { listener.Close() })()
			for {
				conn, err := listener.Accept()
				if err != nil {
					return sim.ExitStatus(0)
				}
				conn.Close()
			}
		}}
		fresh := save(t, l.docker)
		web := simtest.Run(t, l.docker, "web", sim.WithNetwork(n), sim.WithPublish("8080:80"), sim.WithRestart("always"), sim.WithImage(serve))
		cli := simtest.Run(t, l.docker, "cli", sim.WithNetwork(n), sim.WithRestart("always"))
		dial := func(from machine, to string) error {
			time.Sleep(time.Second)
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			c, err := from.DialContext(ctx, "tcp", to)
			if err == nil {
				c.Close()
			}
			return err
		}
		published := save(t, l.docker)
		require.NoError(t, dial(l.peer, "172.16.80.10:8080"))
		require.NoError(t, l.docker.StopDaemon(t.Context()))
		require.Equal(t, fresh, save(t, l.docker))
		require.Error(t, dial(l.peer, "172.16.80.10:8080"))
		require.Error(t, dial(l.docker, "127.0.0.1:8080"))
		require.NoError(t, l.docker.StartDaemon())
		require.Equal(t, len(published), len(save(t, l.docker)))
		require.NoError(t, dial(l.peer, "172.16.80.10:8080"))
		require.NoError(t, dial(l.docker, "127.0.0.1:8080"))
		require.NoError(t, dial(cli, "web:80"))
		addrs, err := cli.LookupNetIP(t.Context(), "ip4", "web")
		require.NoError(t, err)
		require.Equal(t, []netip.Addr{web.IP()}, addrs)
	})
}

// TestDaemonStopped: what is refused and what can be looked at.
func TestDaemonStopped(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	c := simtest.Run(t, h, "web")
	n := simtest.NewNetwork(t, h, "net", sim.WithSubnet(netip.MustParsePrefix("10.1.0.0/16")))
	require.Empty(t, n.Inspect().IPAM.Config[0].Gateway)
	require.NoError(t, h.StopDaemon(t.Context()))
	require.Error(t, h.DaemonContext().Err())
	_, errCreate := h.Create("other")
	_, errNetwork := h.CreateNetwork("other")
	for what, err := range map[string]error{
		"create": errCreate, "network": errNetwork, "start": c.Start(), "kill": c.Kill(), "remove": c.Remove(), "force": c.ForceRemove(),
		"pause": c.Pause(), "rename": c.Rename("new"), "connect": c.Connect(n), "disconnect": c.Disconnect(n), "rmnet": n.Remove(),
		"restart": c.Restart(t.Context()), "stop": h.StopDaemon(t.Context()),
	} {
		require.ErrorIs(t, err, sim.ErrDaemon, what)
		require.ErrorContains(t, err, "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?", what)
	}
	l, err := h.Listen(t.Context(), "tcp", ":80") // the machine goes on
	require.NoError(t, err)
	require.IsType(t, &net.TCPAddr{}, l.Addr())
	require.NoError(t, h.StartDaemon())
	require.NoError(t, h.StartDaemon())
	require.Equal(t, "10.1.0.1", n.Inspect().IPAM.Config[0].Gateway)
	require.NoError(t, c.Start())
	auto := simtest.NewNetwork(t, h, "auto")
	require.NoError(t, auto.Remove())
	require.NoError(t, h.RestartDaemon(t.Context()))
	again := simtest.NewNetwork(t, h, "again")
	require.Equal(t, auto.Subnets(), again.Subnets(), "default pools are given out from the first on")
	require.NoError(t, h.Close())
	require.ErrorIs(t, h.StartDaemon(), sim.ErrClosed)
	require.ErrorIs(t, h.StopDaemon(t.Context()), sim.ErrClosed)
}

// TestDaemonRestartOrder: addresses are given as containers start, which is in an order of the
// seed's, but for links, whose targets are first.
func TestDaemonRestartOrder(t *testing.T) {
	t.Parallel()
	orders := make(map[string]bool)
	for seed := range uint64(8) {
		h := simtest.NewHost(t, sim.WithSeed(seed))
		var all []*sim.Container
		for _, name := range []string{"p1", "p2", "p3"} {
			all = append(all, simtest.Run(t, h, name, sim.WithRestart("always")))
		}
		linked := simtest.Run(t, h, "p4", sim.WithRestart("always"), sim.WithLink(all[2], "db"))
		require.NoError(t, h.RestartDaemon(t.Context()))
		order := ""
		for _, c := range all {
			order += c.IP().String() + " "
		}
		orders[order] = true
		require.True(t, all[2].IP().Less(linked.IP()))
	}
	require.Greater(t, len(orders), 1)
}

// TestDaemonAtOnce: dockerd is stopped, started, told to reload and ended with its host by many at
// once, while others make containers and networks. What is left works.
func TestDaemonAtOnce(t *testing.T) {
	t.Parallel()
	for _, closes := range []bool{false, true} {
		h := simtest.NewHost(t)
		writeDaemonFile(t, h, `{"labels":["a=b"],"icc":false,"bip":"10.3.0.1/24"}`)
		var wg sync.WaitGroup
		for j := range 4 {
			wg.Go(func() {
				h.Run(fmt.Sprint("c", j), sim.WithRestart("always"), sim.WithPublish(fmt.Sprint(8000+j, ":80")))
				h.CreateNetwork(fmt.Sprint("n", j))
			})
			wg.Go(func() { h.RestartDaemon(t.Context()) })
			wg.Go(func() { h.StopDaemon(t.Context()); h.StartDaemon() })
			wg.Go(func() { h.ReloadDaemon(); h.Daemon() })
		}
		if closes {
			wg.Go(func() { h.Close() })
			wg.Wait()
			require.ErrorIs(t, h.StartDaemon(), sim.ErrClosed)
			continue
		}
		wg.Wait()
		require.NoError(t, h.StartDaemon())
		require.Equal(t, netip.MustParseAddr("10.3.0.1"), simtest.Run(t, h, "last").Networks()[0].Gateway())
	}
}
