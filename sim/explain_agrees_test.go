package sim_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"drydock/drop"
	"drydock/nat/iptables"
	"drydock/sim"
	"drydock/sim/simtest"
)

// The verdict for random rules, listeners and packets is what a connection then meets, and asking
// for it changes nothing.
func TestExplainAgrees(t *testing.T) {
	t.Parallel()
	verdicts := make(map[sim.Verdict]int)
	for seed := range uint64(60) {
		simtest.VirtualTime(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 0))
			lan := simtest.NewLAN(t)
			host := simtest.NewHost(t, sim.WithSeed(seed), sim.WithUserlandProxy(seed%2 == 0), sim.WithUplink(lan, prefix("192.168.0.10/24")))
			peer := simtest.NewMachine(t, sim.WithName("peer"), sim.WithUplink(lan, prefix("192.168.0.47/24")))
			if seed%3 > 0 {
				require.NoError(t, host.AddRoute(prefix("0.0.0.0/0"), netip.MustParseAddr("192.168.0.47")))
			}
			shop := simtest.NewNetwork(t, host, "shop")
			var all []*sim.Netns
			addrs := []string{"192.168.0.10", "192.168.0.47", "127.0.0.1", "172.17.0.1", "172.18.0.1", "172.18.0.99", "198.51.100.1"}
			odd := []string{"0.0.0.0", "::", "::1", "::ffff:127.0.0.1", "255.255.255.255", "192.168.0.255", "172.17.255.255", "224.0.0.1", "ff02::1%eth0", "fe80::1%eth0", "fe80::1", ""}
			for i := range 5 {
				opts := []sim.ContainerOption{sim.WithPublish(fmt.Sprintf("%d:80", 8000+i), fmt.Sprintf("%d:80/udp", 8000+i))}
				if i%2 == 1 {
					opts = append(opts, sim.WithNetwork(shop))
				}
				c := simtest.Run(t, host, fmt.Sprint("box", i), opts...)
				for _, port := range []int{80, 81} {
					if rng.IntN(4) > 0 {
						at := net.JoinHostPort([]string{"", "127.0.0.1", c.IP().String()}[rng.IntN(3)], fmt.Sprint(port))
						listen(t, c, at)
						listenUDP(t, &c.Netns, at)
					}
				}
				all = append(all, &c.Netns)
				addrs = append(addrs, c.IP().String())
			}
			all = append(all, &host.Netns, &peer.Netns)
			pick := func(list ...string) string { return list[rng.IntN(len(list))] }
			for range 3 {
				table := pick("filter INPUT", "filter FORWARD", "filter OUTPUT", "filter DOCKER-USER", "mangle PREROUTING", "mangle POSTROUTING", "raw PREROUTING")
				name, chain, _ := strings.Cut(table, " ")
				target := pick("DROP", "DROP", "ACCEPT", "MARK --set-mark 1")
				if name == "filter" {
					target = pick(target, "REJECT") // with ICMP, which no rule here drops
				}
				line := fmt.Sprintf("-t %s -I %s -p %s", name, chain, pick("tcp", "tcp", "udp"))
				if rng.IntN(2) == 0 {
					line += " --dport " + pick("80", "81", "8000", "8001", "8002")
				}
				if rng.IntN(2) == 0 {
					line += " -s " + pick(addrs...)
				}
				if rng.IntN(3) == 0 {
					line += " -d " + pick(addrs...)
				}
				if name == "filter" && rng.IntN(3) == 0 {
					line += " -m conntrack --ctstate " + pick("NEW", "ESTABLISHED")
				}
				runRule(t, host, line+" -j "+target)
			}
			for range 25 {
				from := all[rng.IntN(len(all))]
				synctest.Wait() // what a timer of this instant sends is counted
				rules, conns := counted(t, host), len(conntracked(host))
				_, err := from.Explain("tcp", "172.17.0.2:80")
				require.NoError(t, err)
				require.Equal(t, rules, counted(t, host), "nothing is counted")
				require.Len(t, conntracked(host), conns)
				to := pick(addrs...)
				if rng.IntN(4) == 0 {
					to = pick(odd...)
				}
				e := explainedOn(t, from, pick("tcp", "tcp", "tcp4", "tcp6", "udp", "udp4", "udp6"), net.JoinHostPort(to, pick("80", "81", "8000", "8001", "8002", "8003", "9")))
				verdicts[e.Verdict]++
				time.Sleep(10 * time.Minute) // connections and neighbours are forgotten
			}
		})
	}
	t.Log(verdicts)
	for _, v := range []sim.Verdict{sim.Answered, sim.Refused, sim.Dropped} {
		assert.Greater(t, verdicts[v], 20, "%v", v)
	}
}

func conntracked(h *sim.Host) (all []string) {
	for e := range h.Firewall().Conns() {
		all = append(all, fmt.Sprint(e.Original))
	}
	return all
}

// TestExplainWhileLeaving asks while containers stop and leave a network.
func TestExplainWhileLeaving(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	n := simtest.NewNetwork(t, h, "net")
	a, b := simtest.Run(t, h, "one", sim.WithNetwork(n)), simtest.Run(t, h, "two", sim.WithNetwork(n))
	done := make(chan struct{})
	var all sync.WaitGroup
	for _, c := range []*sim.Container{a, b} {
		all.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					c.Explain("tcp", "one:80") // which may fail, but not panic
					c.Explain("tcp", "two:80")
					h.Explain("udp", "172.18.0.3:80")
				}
			}
		})
	}
	for range 100 {
		b.Disconnect(n)
		b.Connect(n)
		b.Kill()
		b.Start()
	}
	close(done)
	all.Wait()
}

// TestExplainWhileClosing asks while the host closes.
func TestExplainWhileClosing(t *testing.T) {
	t.Parallel()
	for range 10 {
		h := simtest.NewHost(t)
		n := simtest.NewNetwork(t, h, "net")
		a := simtest.Run(t, h, "one", sim.WithNetwork(n), sim.WithPublish("8080:80"))
		var all sync.WaitGroup
		for range 2 {
			all.Go(func() {
				for range 30 {
					a.Explain("tcp", "one:80")
					a.Explain("udp", "127.0.0.11:53")
					h.Explain("tcp", "127.0.0.1:8080")
				}
			})
		}
		require.NoError(t, h.Close())
		all.Wait()
	}
}

// TestExplainOwnReset has a host that asks itself, and whose rules reject the reset that comes back: it
// is of the connection that it ends, and MASQUERADE had given that the address of another interface, as
// lo has none.
func TestExplainOwnReset(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		lan := simtest.NewLAN(t)
		host := simtest.NewHost(t, sim.WithUplink(lan, prefix("192.168.0.10/24")))
		runRule(t, host, "-I INPUT -p tcp -m conntrack --ctstate ESTABLISHED -j REJECT")
		e := explainedOn(t, &host.Netns, "tcp", "172.17.0.1:81")
		assert.Equal(t, sim.Dropped, e.Verdict)
		assert.Contains(t, e.String(), "tcp 192.168.0.10:60999 > 172.17.0.1:81")
		time.Sleep(10 * time.Minute)
		runRule(t, host, "-D INPUT 1")
		assert.Equal(t, sim.Refused, explainedOn(t, &host.Netns, "tcp", "172.17.0.1:81").Verdict)
	})
}

// TestExplainFullQueue has a program that does not accept: as many connections as Linux keeps wait, and
// one more; the next is lost, as Explain says.
func TestExplainFullQueue(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		host := simtest.NewHost(t)
		web, cli := simtest.Run(t, host, "web"), simtest.Run(t, host, "cli")
		_, err := web.Listen(t.Context(), "tcp", ":80")
		require.NoError(t, err)
		const somaxconn = 4096
		for range somaxconn {
			_, err := cli.DialContext(t.Context(), "tcp", "172.17.0.2:80")
			require.NoError(t, err)
		}
		assert.Equal(t, sim.Answered, explainedOn(t, &cli.Netns, "tcp", "172.17.0.2:80").Verdict)
		e := explainedOn(t, &cli.Netns, "tcp", "172.17.0.2:80")
		assert.Equal(t, "dropped: web does not accept: 4097 connections to [::]:80 wait already", e.Verdict.String()+": "+e.Why)
		assert.Equal(t, drop.SocketFull, e.Reason)
	})
}

// TestExplainFirstSegment has rules that look at the first segment itself: its length, its options and
// the Ethernet header by which it came, bridged and routed.
func TestExplainFirstSegment(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		lan := simtest.NewLAN(t)
		host := simtest.NewHost(t, sim.WithUplink(lan, prefix("192.168.0.10/24")))
		peer := simtest.NewMachine(t, sim.WithName("peer"), sim.WithUplink(lan, prefix("192.168.0.47/24")))
		web, cli := simtest.Run(t, host, "web", sim.WithPublish("8080:80")), simtest.Run(t, host, "cli")
		bridge, _ := host.Network("bridge")
		listen(t, web, ":80")
		listen(t, peer, ":80")
		listen(t, host, ":88")
		mac := cli.Link(bridge).MAC().String()
		for _, tt := range []struct {
			from    *sim.Netns
			to      string
			rule    string
			verdict sim.Verdict
		}{
			{&cli.Netns, "172.17.0.2:80", "-I FORWARD -p tcp -m length --length 60 -j DROP", sim.Dropped},
			{&cli.Netns, "172.17.0.2:80", "-t mangle -I FORWARD -p tcp -m length --length 40 -j DROP", sim.Answered},
			{&cli.Netns, "172.17.0.2:80", "-I FORWARD -p tcp -m tcpmss --mss 1:1459 -j DROP", sim.Answered},
			{&cli.Netns, "172.17.0.2:80", "-I FORWARD -p tcp -m tcpmss --mss 1:1460 -j DROP", sim.Dropped},
			{&cli.Netns, "172.17.0.2:80", "-I FORWARD -p tcp --tcp-option 8 -j DROP", sim.Dropped},
			{&cli.Netns, "172.17.0.2:81", "-I FORWARD -p tcp -m length --length 40 -j DROP", sim.Dropped}, // the reset
			{&cli.Netns, "172.17.0.1:88", "-t raw -I PREROUTING -p tcp -m length --length 60 -j DROP", sim.Dropped},
			{&cli.Netns, "172.17.0.2:80", "-I FORWARD -m mac --mac-source " + mac + " -j REJECT", sim.Refused},
			{&cli.Netns, "192.168.0.47:80", "-I FORWARD -m mac --mac-source " + mac + " -j DROP", sim.Dropped},
			{&cli.Netns, "192.168.0.47:80", "-t mangle -I PREROUTING -m mac --mac-source " + mac + " -j DROP", sim.Dropped},
			{&cli.Netns, "172.17.0.1:88", "-I INPUT -m mac --mac-source " + mac + " -j DROP", sim.Dropped},
			{&cli.Netns, "172.17.0.1:88", "-I INPUT -m mac ! --mac-source " + mac + " -j DROP", sim.Answered},
			{&peer.Netns, "192.168.0.10:88", "-I INPUT -m mac ! --mac-source " + mac + " -j DROP", sim.Dropped},
			{&peer.Netns, "192.168.0.10:8080", "-I FORWARD -m mac ! --mac-source " + mac + " -j DROP", sim.Dropped},
			{&host.Netns, "172.17.0.1:88", "-I INPUT -i lo -m mac ! --mac-source " + mac + " -j DROP", sim.Answered},
		} {
			runRule(t, host, tt.rule)
			assert.Equal(t, tt.verdict, explainedOn(t, tt.from, "tcp", tt.to).Verdict, tt.rule)
			runRule(t, host, strings.Replace(tt.rule, "-I", "-D", 1))
			time.Sleep(10 * time.Minute)
		}
	})
}

// TestExplainInNamespaceOfAnother has who has no resolver of its own, but that of whose namespace it is
// in, and the resolver itself.
func TestExplainInNamespaceOfAnother(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		host := simtest.NewHost(t)
		n := simtest.NewNetwork(t, host, "n")
		web := simtest.Run(t, host, "web", sim.WithNetwork(n))
		side := simtest.Run(t, host, "side", sim.WithNetworkOf(web))
		plain := simtest.Run(t, host, "plain")
		listen(t, simtest.Run(t, host, "other", sim.WithNetwork(n)), ":80")
		assert.Equal(t, sim.Answered, explainedOn(t, &side.Netns, "tcp", "other:80").Verdict)
		assert.Equal(t, sim.Refused, explainedOn(t, &side.Netns, "tcp", "web:80").Verdict)
		e, err := side.Explain("tcp", "nosuch:80")
		require.NoError(t, err)
		assert.Equal(t, sim.NoName, e.Verdict)
		for _, network := range []string{"tcp", "udp"} {
			for _, from := range []*sim.Netns{&web.Netns, &side.Netns} {
				e, err := from.Explain(network, "127.0.0.11:53")
				require.NoError(t, err)
				assert.Equal(t, sim.Answered, e.Verdict, e)
			}
			assert.Equal(t, sim.Refused, explainedOn(t, &plain.Netns, network, "127.0.0.11:53").Verdict)
		}
		entered, err := host.Enter(web)
		require.NoError(t, err)
		defer entered.Close()
		rules := entered.Firewall().IPv4()
		for _, network := range []string{"tcp", "udp"} {
			e, err := web.Explain(network, "127.0.0.11:53")
			require.NoError(t, err)
			assert.Equal(t, sim.Answered, e.Verdict, e)
			assert.Contains(t, e.String(), "-A DOCKER_OUTPUT -d 127.0.0.11/32 -p "+network)
		}
		require.NoError(t, iptables.Run(io.Discard, rules, "-A", "INPUT", "-d", "127.0.0.11", "-p", "tcp", "-j", "DROP"))
		assert.Equal(t, sim.Dropped, explainedOn(t, &web.Netns, "tcp", "127.0.0.11:53").Verdict)
		require.NoError(t, iptables.Run(io.Discard, rules, "-F", "INPUT"))
		require.NoError(t, side.Stop(t.Context()))
		assert.Equal(t, sim.Answered, explainedOn(t, &web.Netns, "tcp", "other:80").Verdict)
	})
}
