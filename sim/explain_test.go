package sim_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"drydock/nat/iptables"
	"drydock/sim"
	"drydock/sim/simtest"
	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// runRule runs a command line of iptables.
func runRule(t *testing.T, h *sim.Host, line string) {
	t.Helper()
	require.NoError(t, iptables.Run(&strings.Builder{}, h.Firewall().IPv4(), strings.Fields(line)...), line)
}

// explained returns the explanation, and checks that a connection fares as it says.
func explained(t *testing.T, from *sim.Netns, address string) sim.Explanation {
	t.Helper()
	e, err := from.Explain("tcp", address)
	require.NoError(t, err)
	before := e.String()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	c, err := from.DialContext(ctx, "tcp", address)
	if err == nil {
		c.Close()
	}
	got := sim.Dropped
	switch {
	case err == nil:
		got = sim.Answered
	case errors.Is(err, syscall.ECONNREFUSED):
		got = sim.Refused
	}
	if e.Verdict == sim.NoAnswer {
		got, err = sim.NoAnswer, nil
	}
	require.Equal(t, got, e.Verdict, "%s\nand the connection: %v", before, err)
	return e
}

// listen listens until the container ends.
func listen(t *testing.T, c *sim.Container, address string) {
	t.Helper()
	l, err := c.Listen(context.Background(), "tcp", address)
	require.NoError(t, err)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
}

func TestExplain(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		lan := simtest.NewLAN(t)
		host := simtest.NewHost(t, sim.WithUplink(lan, prefix("192.168.0.10/24")))
		peer := simtest.NewMachine(t, sim.WithName("peer"), sim.WithUplink(lan, prefix("192.168.0.47/24")))
		shop := simtest.NewNetwork(t, host, "shop")
		web := simtest.Run(t, host, "web", sim.WithPublish("8080:80"))
		db := simtest.Run(t, host, "db", sim.WithNetwork(shop))
		client := simtest.Run(t, host, "client", sim.WithNetwork(shop))
		listen(t, web, ":80")
		listen(t, db, "127.0.0.1:5432")
		listen(t, db, ":6379")
		why := func(from *sim.Netns, address string) string {
			e := explained(t, from, address)
			return e.Verdict.String() + ": " + e.Why
		}
		assert.Equal(t, "answered: db answers at 172.18.0.2:6379", why(&client.Netns, "db:6379"))
		assert.Equal(t, "refused: nobody listens on tcp port 5432 of db", why(&client.Netns, "db.shop:5432"))
		assert.Equal(t, "answered: web answers at 172.17.0.2:80", why(&peer.Netns, "192.168.0.10:8080"))
		assert.Equal(t, "answered: web answers at 172.17.0.2:80", why(&host.Netns, "127.0.0.1:8080"))
		assert.Equal(t, "dropped: FORWARD drops it by -A DOCKER-ISOLATION-STAGE-2 -o docker0 -j DROP", why(&client.Netns, "172.17.0.2:80"))
		assert.Equal(t, "answered: web answers at 127.0.0.1:80", why(&web.Netns, "127.0.0.1:80"))
		assert.Equal(t, "dropped: no route to host: nobody on br-"+shop.ID()[:12]+" has 172.18.0.77", why(&client.Netns, "172.18.0.77:1"))
		assert.Equal(t, "dropped: docker drops it: no route", why(&client.Netns, "203.0.113.1:1"))

		runRule(t, host, "-I DOCKER-USER -p tcp --dport 8080 -j DROP")
		const never = "filter/DOCKER-USER rule 1 does not match: -m tcp --dport 8080 never matches here: DNAT made it 80"
		e := explained(t, &peer.Netns, "192.168.0.10:8080")
		assert.Equal(t, sim.Answered, e.Verdict)
		assert.Contains(t, e.String(), never)
		runRule(t, host, "-I INPUT -p tcp --dport 8080 -j DROP")
		assert.Contains(t, explained(t, &peer.Netns, "192.168.0.10:8080").String(), "-A INPUT -p tcp -m tcp --dport 8080 -j DROP does not see it")
		e, err := client.Explain("tcp", "172.17.0.1:8080")
		require.NoError(t, err)
		assert.Equal(t, sim.Dropped, e.Verdict)
		for _, s := range e.Steps {
			assert.NotRegexp(t, ": $", s.What, "every step says something")
		}
		runRule(t, host, "-D INPUT 1")
		runRule(t, host, "-I DOCKER-USER 2 -p tcp --dport 80 -j REJECT")
		e = explained(t, &peer.Netns, "192.168.0.10:8080")
		assert.Equal(t, "refused: FORWARD rejects it by -A DOCKER-USER -p tcp -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable", e.Verdict.String()+": "+e.Why)
		assert.Contains(t, e.String(), never)
		runRule(t, host, "-D DOCKER-USER 2")
		runRule(t, host, "-I DOCKER-USER -i docker0 -o eth0 -j DROP")
		assert.Equal(t, "dropped: the answer does not come back: FORWARD drops it by -A DOCKER-USER -i docker0 -o eth0 -j DROP", why(&peer.Netns, "192.168.0.10:8080"))
		runRule(t, host, "-D DOCKER-USER 1")

		bridge, _ := host.Network("bridge")
		link := web.Link(bridge)
		require.NoError(t, link.Impair(veth.Impairment{}, veth.Lossy(1)))
		assert.Contains(t, why(&peer.Netns, "192.168.0.10:8080"), "loses everything")
		require.NoError(t, link.Impair(veth.Impairment{}, veth.Impairment{}))
		require.NoError(t, link.SetCarrier(false))
		assert.Equal(t, "dropped: the cable of web is out", why(&peer.Netns, "192.168.0.10:8080"))
		require.NoError(t, link.SetCarrier(true))
		mend, err := link.Cut()
		require.NoError(t, err)
		assert.Regexp(t, `^dropped: the cable at docker veth\w+ \(docker0\) is cut$`, why(&peer.Netns, "192.168.0.10:8080"))
		mend()
		heal, err := shop.Block(client, db)
		require.NoError(t, err)
		assert.Equal(t, "dropped: a partition keeps client and db apart", why(&client.Netns, "db:6379"))
		heal()
		require.NoError(t, db.Pause())
		assert.Contains(t, why(&client.Netns, "db:6379"), "no answer: db is paused")
	})
}

func TestExplainSometimes(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		host := simtest.NewHost(t)
		web, client := simtest.Run(t, host, "web"), simtest.Run(t, host, "client")
		listen(t, web, ":80")
		runRule(t, host, "-I DOCKER-USER -p tcp -m statistic --mode random --probability 0.000001 -j DROP")
		runRule(t, host, "-I DOCKER-USER -p tcp -m limit --limit 1/hour --limit-burst 1 -j RETURN")
		runRule(t, host, "-P FORWARD DROP")
		e := explained(t, &client.Netns, web.IP().String()+":80")
		assert.Equal(t, sim.Answered, e.Verdict)
		runRule(t, host, "-D DOCKER-USER 1")
		e = explained(t, &client.Netns, web.IP().String()+":80")
		assert.Contains(t, e.String(), "filter/DOCKER-USER rule 1 drops some: -m statistic --mode random")
		runRule(t, host, "-F FORWARD")
		e = explained(t, &client.Netns, web.IP().String()+":80")
		assert.Contains(t, e.String(), "FORWARD filter: -P FORWARD DROP\n")
		assert.Empty(t, sim.Explanation{}.String())
		assert.Equal(t, sim.Unknown, sim.Explanation{}.Verdict)
	})
}

// What a neighbour is told decides too: a cut in one direction has nobody who is not known yet.
func TestExplainColdNeighbour(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		host := simtest.NewHost(t)
		n := simtest.NewNetwork(t, host, "n", sim.WithSubnet(prefix("172.30.0.0/16")), sim.WithSubnet(prefix("fd00:1::/64")))
		a, b := simtest.Run(t, host, "aa", sim.WithNetwork(n)), simtest.Run(t, host, "bb", sim.WithNetwork(n))
		listen(t, a, ":80")
		heal, err := n.PartitionOneWay([]*sim.Container{a}, []*sim.Container{b})
		require.NoError(t, err)
		for address, asks := range map[string]string{"172.30.0.2": "ARP", "fd00:1::2": "neighbour discovery"} {
			e := explained(t, &b.Netns, net.JoinHostPort(address, "80"))
			assert.Equal(t, "dropped: no route to host: bb does not know the MAC of "+address+", and the answer to "+asks+
				" is lost: a partition keeps aa and bb apart", e.Verdict.String()+": "+e.Why)
			heal()
			_, err = b.Ping(t.Context(), address, nil)
			require.NoError(t, err)
			heal, err = n.PartitionOneWay([]*sim.Container{a}, []*sim.Container{b})
			require.NoError(t, err)
			e = explained(t, &b.Netns, net.JoinHostPort(address, "80"))
			assert.Equal(t, "dropped: the answer does not come back: a partition keeps aa and bb apart", e.Verdict.String()+": "+e.Why)
		}
		heal()
		require.NoError(t, b.Link(n).Impair(veth.Impairment{MTU: 70}, veth.Impairment{}))
		e := explained(t, &b.Netns, "[fd00:1::2]:80")
		assert.Equal(t, "dropped: the cable at bb eth0 carries 70 bytes, and the packet has 80", e.Verdict.String()+": "+e.Why)
	})
}

// What holds, chooses or damages frames is not taken for a cable that carries them.
func TestExplainImpaired(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		host := simtest.NewHost(t)
		bridge, _ := host.Network("bridge")
		web, client := simtest.Run(t, host, "web"), simtest.Run(t, host, "client")
		listen(t, web, ":80")
		_, err := client.Ping(t.Context(), "172.17.0.2", nil)
		require.NoError(t, err)
		send, receive, err := client.Link(bridge).Inflight()
		require.NoError(t, err)
		ask := func() sim.Explanation {
			e, err := client.Explain("tcp", "172.17.0.2:80")
			require.NoError(t, err)
			return e
		}
		send.Hold()
		assert.Equal(t, "no answer: the cable at client eth0 holds its frames until they are released", ask().Verdict.String()+": "+ask().Why)
		send.Resume()
		receive.Hold()
		assert.Equal(t, sim.NoAnswer, ask().Verdict)
		receive.Resume()
		impair := func(i veth.Impairment) { require.NoError(t, client.Link(bridge).Impair(i, veth.Impairment{})) }
		impair(veth.Impairment{Corrupt: veth.Chance{P: 1}})
		assert.Contains(t, ask().String(), "it damages every frame")
		impair(veth.Impairment{Loss: veth.Loss{P: 1, Correlation: 0.5}})
		assert.Equal(t, sim.Dropped, explained(t, &client.Netns, "172.17.0.2:80").Verdict)
		impair(veth.Impairment{Loss: veth.Loss{Model: veth.LoseFrames(1)}})
		assert.Contains(t, ask().String(), "its next frame is number 1, which is lost")
		explained(t, &client.Netns, "172.17.0.2:80")
		assert.NotContains(t, ask().String(), "is lost")
		impair(veth.Impairment{Loss: veth.Loss{Model: veth.LoseIf(func(uint64, []byte) bool { return true })}})
		assert.Contains(t, ask().String(), "the function of LoseIf decides")
		impair(veth.Impairment{})
		require.NoError(t, client.Pause())
		assert.Equal(t, "no answer: client is paused: its calls wait. Of one that it made: answered: web answers at 172.17.0.2:80",
			ask().Verdict.String()+": "+ask().Why)
		require.NoError(t, client.Unpause())
	})
}

// A name that cannot be found is told as such, and why.
func TestExplainNames(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		lan := simtest.NewLAN(t)
		host := simtest.NewHost(t, sim.WithUplink(lan, prefix("192.168.0.10/24")))
		peer := simtest.NewMachine(t, sim.WithName("peer"), sim.WithUplink(lan, prefix("192.168.0.47/24")))
		app, back := simtest.NewNetwork(t, host, "app"), simtest.NewNetwork(t, host, "back")
		simtest.Run(t, host, "web", sim.WithNetwork(app))
		old := simtest.Run(t, host, "old", sim.WithNetwork(app))
		require.NoError(t, old.Stop(t.Context()))
		client := simtest.Run(t, host, "client", sim.WithNetwork(back))
		asks := simtest.Run(t, host, "asks", sim.WithNetwork(back), sim.WithDNS(netip.MustParseAddr("192.168.0.47")))
		far := simtest.Run(t, host, "far", sim.WithDNS(netip.MustParseAddr("203.0.113.1")))
		plain := simtest.Run(t, host, "plain")
		for _, tt := range []struct {
			from *sim.Netns
			name string
			want string
		}{
			{&client.Netns, "nope", "no name: the embedded resolver does not know nope, and has no nameserver to ask"},
			{&client.Netns, "web", "no name: the embedded resolver does not know web, and has no nameserver to ask: web is a container on app, but client is on back"},
			{&client.Netns, "old", "no name: the embedded resolver does not know old, and has no nameserver to ask: old is a container that is not running"},
			{&plain.Netns, "web", "no name: no such host: web is nowhere, and /etc/resolv.conf has no nameserver: web is a container on app, but plain is only on bridge, which has no names"},
			{&peer.Netns, "web", "no name: no such host: web is nowhere, and /etc/resolv.conf has no nameserver"},
			{&far.Netns, "nope", "no name: no nameserver answers: 203.0.113.1: docker drops it: no route"},
			{&asks.Netns, "nope", "no name: no nameserver answers: 192.168.0.47: nobody listens on udp port 53 of peer"},
		} {
			e, err := tt.from.Explain("tcp", tt.name+":80")
			require.NoError(t, err)
			assert.Equal(t, tt.want, e.Verdict.String()+": "+e.Why)
			_, err = tt.from.LookupNetIP(t.Context(), "ip", tt.name)
			assert.Error(t, err)
		}
		l, err := peer.ListenPacket(t.Context(), "udp", ":53")
		require.NoError(t, err)
		defer l.Close()
		e, err := asks.Explain("tcp", "nope:80")
		require.NoError(t, err)
		assert.Equal(t, "unknown: nope would be asked of nameserver 192.168.0.47", e.Verdict.String()+": "+e.Why)
	})
}

// The verdict for random rules, listeners and packets is what a connection then meets, and asking
// for it changes nothing.
func TestExplainAgrees(t *testing.T) {
	t.Parallel()
	verdicts := make(map[sim.Verdict]int)
	for seed := range uint64(20) {
		simtest.VirtualTime(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 0))
			lan := simtest.NewLAN(t)
			host := simtest.NewHost(t, sim.WithSeed(seed), sim.WithUplink(lan, prefix("192.168.0.10/24")))
			peer := simtest.NewMachine(t, sim.WithName("peer"), sim.WithUplink(lan, prefix("192.168.0.47/24")))
			shop := simtest.NewNetwork(t, host, "shop")
			var all []*sim.Netns
			addrs := []string{"192.168.0.10", "192.168.0.47", "127.0.0.1", "172.17.0.1", "172.18.0.1", "172.18.0.99", "198.51.100.1"}
			for i := range 5 {
				opts := []sim.ContainerOption{sim.WithPublish(fmt.Sprintf("%d:80", 8000+i))}
				if i%2 == 1 {
					opts = append(opts, sim.WithNetwork(shop))
				}
				c := simtest.Run(t, host, fmt.Sprint("box", i), opts...)
				for _, port := range []int{80, 81} {
					if rng.IntN(4) > 0 {
						listen(t, c, net.JoinHostPort([]string{"", "127.0.0.1", c.IP().String()}[rng.IntN(3)], fmt.Sprint(port)))
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
				line := fmt.Sprintf("-t %s -I %s -p tcp", name, chain)
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
				e := explained(t, from, net.JoinHostPort(pick(addrs...), pick("80", "81", "8000", "8001", "8002", "8003", "9")))
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
