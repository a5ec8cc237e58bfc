package sim_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"drydock/nat"
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
	return explainedOn(t, from, "tcp", address)
}

// explainedOn is explained for any network. By UDP who listens echoes.
func explainedOn(t *testing.T, from *sim.Netns, network, address string) sim.Explanation {
	t.Helper()
	e, err := from.Explain(network, address)
	before := e.String()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	c, dialErr := from.DialContext(ctx, network, address)
	if dialErr == nil {
		defer c.Close()
	}
	if err != nil {
		var explain, dial *net.OpError
		require.ErrorAs(t, err, &explain)
		require.ErrorAs(t, dialErr, &dial)
		require.Equal(t, dial.Err, explain.Err)
		return e
	}
	if dialErr == nil && strings.HasPrefix(network, "udp") {
		c.SetDeadline(time.Now().Add(5 * time.Second))
		c.Write([]byte("hello"))
		_, dialErr = c.Read(make([]byte, 10))
	}
	got := sim.Dropped
	switch {
	case dialErr == nil:
		got = sim.Answered
	case errors.Is(dialErr, syscall.ECONNREFUSED):
		got = sim.Refused
	}
	if e.Verdict == sim.NoAnswer && !strings.HasPrefix(network, "udp") {
		return e
	}
	if e.Verdict == sim.NoAnswer || e.Verdict == sim.Unknown {
		require.Equal(t, sim.Dropped, got, "%s\nand the connection: %v", before, dialErr)
		return e
	}
	require.Equal(t, got, e.Verdict, "%s\nand the connection: %v", before, dialErr)
	return e
}

// listenUDP echoes until the container ends.
func listenUDP(t *testing.T, from *sim.Netns, address string) {
	t.Helper()
	c, err := from.ListenPacket(context.Background(), "udp", address)
	require.NoError(t, err)
	go func() {
		b := make([]byte, 100)
		for {
			n, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			c.WriteTo(b[:n], from)
		}
	}()
}

// Whatever a dial takes for an address, Explain says what becomes of it.
func TestExplainAddresses(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		lan := simtest.NewLAN(t)
		host := simtest.NewHost(t, sim.WithUserlandProxy(false), sim.WithUplink(lan, prefix("192.168.0.10/24")))
		require.NoError(t, host.AddRoute(prefix("0.0.0.0/0"), netip.MustParseAddr("192.168.0.47")))
		peer := simtest.NewMachine(t, sim.WithName("peer"), sim.WithUplink(lan, prefix("192.168.0.47/24")))
		six := simtest.NewNetwork(t, host, "six", sim.WithSubnet(prefix("172.28.0.0/16")), sim.WithSubnet(prefix("fd00:1::/64")))
		web := simtest.Run(t, host, "web", sim.WithPublish("8080:80", "192.168.0.10:8081:80", "9090:90/udp"), sim.WithNetwork(six))
		client := simtest.Run(t, host, "client", sim.WithNetwork(six))
		four := simtest.Run(t, host, "four")
		listen(t, web, ":80")
		listenUDP(t, &web.Netns, ":90")
		listenUDP(t, &host.Netns, ":91")
		listenUDP(t, &peer.Netns, ":91")
		onlyFour, err := web.Listen(t.Context(), "tcp4", ":84")
		require.NoError(t, err)
		defer onlyFour.Close()
		local := ""
		for _, i := range web.Interfaces() {
			for _, a := range i.Addrs {
				if a.Addr().IsLinkLocalUnicast() {
					local = a.Addr().String()
				}
			}
		}
		for _, tt := range []struct {
			from             *sim.Netns
			network, address string
			want             string // the beginning
		}{
			{&host.Netns, "tcp", "192.168.0.10:8080", "answered: web answers"},
			{&host.Netns, "tcp4", "192.168.0.10:8081", "answered: web answers"},
			{&host.Netns, "tcp", "127.0.0.1:8080", "answered: web answers"},
			{&host.Netns, "udp", "192.168.0.10:9090", "answered: web answers"},
			{&peer.Netns, "tcp", "192.168.0.10:8081", "answered: web answers"},
			{&web.Netns, "tcp", "0.0.0.0:80", "answered: web answers at 127.0.0.1:80"},
			{&web.Netns, "tcp", "[::]:80", "answered: web answers at [::1]:80"},
			{&web.Netns, "tcp", "[::]:84", "answered: web answers at 127.0.0.1:84"},
			{&web.Netns, "tcp", ":80", "answered: web answers"},
			{&web.Netns, "tcp6", ":80", "answered: web answers at [::1]:80"},
			{&web.Netns, "tcp6", "[::]:84", "refused: nobody listens"},
			{&web.Netns, "udp", "0.0.0.0:90", "answered: web answers"},
			{&web.Netns, "udp", "[::]:90", "answered: web answers"},
			{&four.Netns, "tcp", "[::]:80", "dropped: cannot assign requested address"},
			{&web.Netns, "tcp6", "127.0.0.1:80", ""},
			{&web.Netns, "tcp4", "[::1]:80", ""},
			{&web.Netns, "udp6", "127.0.0.1:90", ""},
			{&web.Netns, "tcp6", "[::ffff:127.0.0.1]:80", ""},
			{&web.Netns, "tcp46", "127.0.0.1:80", ""},
			{&client.Netns, "tcp", "web:84", "answered: web answers at 172.28.0.2:84"},
			{&client.Netns, "tcp6", "web:84", "refused: nobody listens"},
			{&client.Netns, "tcp", "[" + local + "%eth0]:80", "answered: web answers"},
			{&client.Netns, "udp", "[" + local + "%eth0]:90", "answered: web answers"},
			{&client.Netns, "tcp", "[" + local + "%eth0]:81", "refused: nobody listens"},
			{&client.Netns, "tcp", "[" + local + "]:80", "dropped: invalid argument"},
			{&client.Netns, "tcp", "[fe80::99%eth0]:80", "dropped: no route to host"},
			{&peer.Netns, "tcp", "192.168.0.255:80", "dropped: network is unreachable: 192.168.0.255 is for many"},
			{&host.Netns, "tcp", "255.255.255.255:80", "dropped: network is unreachable"},
			{&host.Netns, "tcp", "224.0.0.1:80", "dropped: network is unreachable"},
			{&client.Netns, "tcp", "[ff02::1%eth0]:80", "dropped: network is unreachable"},
			{&peer.Netns, "udp", "192.168.0.255:91", "no answer: 192.168.0.255 is for many"},
			{&host.Netns, "udp", "255.255.255.255:91", "no answer: "},
			{&peer.Netns, "udp", "255.255.255.255:91", "dropped: network is unreachable"},
			{&client.Netns, "udp", "[ff02::1%eth0]:90", "no answer: "},
			{&client.Netns, "udp", "192.168.0.10:91", "unknown: a program"},
			{&client.Netns, "udp", "172.28.0.1:91", "answered: docker answers"},
		} {
			e := explainedOn(t, tt.from, tt.network, tt.address)
			if got := e.Verdict.String() + ": " + e.Why; tt.want != "" {
				assert.True(t, strings.HasPrefix(got, tt.want), "%s %s: %s", tt.network, tt.address, e)
			} else {
				assert.Zero(t, e, "%s %s", tt.network, tt.address)
			}
		}
	})
}

// An interface that is down still owns its address, but does not answer for it there.
func TestExplainWeakHost(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		lan, other := simtest.NewLAN(t), simtest.NewLAN(t)
		a := simtest.NewMachine(t, sim.WithName("a"), sim.WithUplink(lan, prefix("192.168.0.2/24")))
		b := simtest.NewMachine(t, sim.WithName("b"), sim.WithUplink(lan, prefix("192.168.0.9/24")), sim.WithUplink(other, prefix("10.0.0.2/24")))
		c := simtest.NewMachine(t, sim.WithName("c"), sim.WithUplink(lan, prefix("192.168.0.9/24")))
		for m, port := range map[*sim.Machine]string{b: ":81", c: ":82"} {
			l, err := m.Listen(t.Context(), "tcp", port)
			require.NoError(t, err)
			defer l.Close()
		}
		require.NoError(t, a.AddRoute(prefix("10.0.0.0/24"), netip.MustParseAddr("192.168.0.9")))
		require.NoError(t, c.SetUp("eth0", false))
		require.NoError(t, b.SetUp("eth1", false))
		assert.Equal(t, "b answers at 10.0.0.2:81", explained(t, &a.Netns, "10.0.0.2:81").Why)
		require.NoError(t, b.SetUp("eth0", false))
		require.NoError(t, c.SetUp("eth0", true))
		require.NoError(t, a.DeleteNeighbour("eth0", netip.MustParseAddr("192.168.0.9")))
		assert.Equal(t, "c answers at 192.168.0.9:82", explained(t, &a.Netns, "192.168.0.9:82").Why)
		require.NoError(t, c.SetUp("eth0", false))
		require.NoError(t, a.DeleteNeighbour("eth0", netip.MustParseAddr("192.168.0.9")))
		assert.Equal(t, sim.Dropped, explained(t, &a.Netns, "192.168.0.9:82").Verdict)
	})
}

// listen listens until the container ends.
func listen(t *testing.T, on interface {
	Listen(ctx context.Context, network, address string) (net.Listener, error)
}, address string) {
	t.Helper()
	l, err := on.Listen(context.Background(), "tcp", address)
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

// What REJECT answers decides what a dial fails with, at once, and as Explain says.
func TestExplainReject(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		host := simtest.NewHost(t)
		one := simtest.NewNetwork(t, host, "one", sim.WithSubnet(prefix("172.30.0.0/16")), sim.WithSubnet(prefix("fd00:1::/64")))
		web, client := simtest.Run(t, host, "web", sim.WithNetwork(one)), simtest.Run(t, host, "client", sim.WithNetwork(one))
		listen(t, web, ":80")
		for _, tt := range []struct {
			with string
			want syscall.Errno
		}{
			{"", syscall.ECONNREFUSED},
			{"tcp-reset", syscall.ECONNREFUSED},
			{"icmp-net-unreachable", syscall.ENETUNREACH},
			{"icmp-host-unreachable", syscall.EHOSTUNREACH},
			{"icmp-proto-unreachable", syscall.ENOPROTOOPT},
			{"icmp-port-unreachable", syscall.ECONNREFUSED},
			{"icmp-net-prohibited", syscall.ENETUNREACH},
			{"icmp-host-prohibited", syscall.EHOSTUNREACH},
			{"icmp-admin-prohibited", syscall.EHOSTUNREACH},
			{"icmp6-no-route", syscall.ENETUNREACH},
			{"icmp6-adm-prohibited", syscall.EACCES},
			{"icmp6-addr-unreachable", syscall.EHOSTUNREACH},
			{"icmp6-port-unreachable", syscall.ECONNREFUSED},
			{"icmp6-policy-fail", syscall.EACCES},
			{"icmp6-reject-route", syscall.EACCES},
		} {
			addresses := map[string]*nat.Ruleset{"172.30.0.2:80": host.Firewall().IPv4(), "[fd00:1::2]:80": host.Firewall().IPv6()}
			for address, rules := range addresses {
				if tt.with != "" && tt.with != "tcp-reset" && strings.HasPrefix(tt.with, "icmp6") != (address[0] == '[') {
					continue
				}
				for _, network := range []string{"tcp", "udp"} {
					if network == "udp" && tt.with == "tcp-reset" {
						continue
					}
					line := "-I FORWARD -p " + network + " --dport 80 -j REJECT"
					if tt.with != "" {
						line += " --reject-with " + tt.with
					}
					require.NoError(t, iptables.Run(io.Discard, rules, strings.Fields(line)...))
					e := explainedOn(t, &client.Netns, network, address)
					refused := tt.want == syscall.ECONNREFUSED
					assert.Equal(t, refused, e.Verdict == sim.Refused, "%s: %s", line, e)
					if network == "tcp" {
						start := time.Now()
						_, err := client.DialContext(t.Context(), network, address)
						assert.ErrorIs(t, err, tt.want, line)
						assert.Less(t, time.Since(start), 100*time.Millisecond, line)
						assert.Equal(t, !refused, strings.HasPrefix(e.Why, tt.want.Error()+": "), e.Why)
					}
					require.NoError(t, iptables.Run(io.Discard, rules, "-D", "FORWARD", "1"))
					time.Sleep(time.Minute)
				}
			}
		}
		six := func(line string) {
			t.Helper()
			require.NoError(t, iptables.Run(io.Discard, host.Firewall().IPv6(), strings.Fields(line)...))
		}
		six("-I OUTPUT -p tcp --dport 80 -j REJECT --reject-with icmp6-adm-prohibited")
		six("-I INPUT -p icmpv6 --icmpv6-type 1/1 -j DROP") // nobody hears it
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := host.DialContext(ctx, "tcp", "[fd00:1::2]:80")
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		six("-D INPUT 1")
		_, err = host.DialContext(t.Context(), "tcp", "[fd00:1::2]:80")
		assert.ErrorIs(t, err, syscall.EACCES)
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
		assert.Equal(t, "dropped: the cable at client eth0 damages every frame", ask().Verdict.String()+": "+ask().Why)
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
