package sim_test

import (
	"context"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"drydock/nat/iptables"
	"drydock/sim"
	"drydock/sim/ping"
	"drydock/sim/simtest"
	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A record is what was seen of frames with an EtherType, in order.
type record struct {
	mu   sync.Mutex
	seen []string
}

func (r *record) ip(s sim.Sniffed) {
	if len(s.Frame) < 14 || s.Frame[12] != 8 || s.Frame[13] != 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = append(r.seen, fmt.Sprintf("%v %v", s.Place, s.Direction))
}

// take returns what was seen, ports of containers by the name of their host and bridge alone.
func (r *record) take() []string {
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	list := r.seen
	r.seen = nil
	for i, s := range list {
		if before, rest, ok := strings.Cut(s, " veth"); ok {
			list[i] = before + " veth" + rest[strings.Index(rest, " "):]
		}
	}
	return list
}

// ping1 sends one ping, and expects the answer.
func ping1(t *testing.T, from *sim.Netns, to netip.Addr) {
	t.Helper()
	stats, err := from.Ping(context.Background(), to.String(), &ping.Config{Count: 1})
	require.NoError(t, err)
	require.Equal(t, 1, stats.Received)
}

func TestSniff(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		lan := simtest.NewLAN(t)
		host := simtest.NewHost(t, sim.WithUplink(lan, prefix("192.168.0.10/24")))
		peer := simtest.NewMachine(t, sim.WithName("peer"), sim.WithUplink(lan, prefix("192.168.0.47/24")))
		a := simtest.Run(t, host, "one")
		var all, some, outside record
		stopAll := host.Sniff(nil, all.ip)
		stopSome := host.Sniff(func(p sim.Place) bool { return p.Owner == "two" }, some.ip)
		stopOutside := lan.Sniff(nil, outside.ip)
		b := simtest.Run(t, host, "two") // it starts later

		ping1(t, &a.Netns, b.IP())
		oneWay := func(from, to string) []string {
			return []string{from + " eth0 sent", "docker veth (docker0) received", "docker veth (docker0) sent", to + " eth0 received"}
		}
		assert.Equal(t, slices.Concat(oneWay("one", "two"), oneWay("two", "one")), all.take())
		assert.Equal(t, []string{"two eth0 received", "two eth0 sent"}, some.take())
		assert.Empty(t, outside.take())

		ping1(t, &b.Netns, netip.MustParseAddr("127.0.0.1"))
		assert.Equal(t, []string{"two lo received", "two lo received"}, all.take())
		assert.Len(t, some.take(), 2)

		ping1(t, &a.Netns, prefix("192.168.0.47/24").Addr())
		assert.Equal(t, []string{
			"one eth0 sent", "docker veth (docker0) received", "docker docker0 received", "docker eth0 sent",
			"docker eth0 received", "docker docker0 sent", "docker veth (docker0) sent", "one eth0 received",
		}, all.take())
		assert.Equal(t, []string{"lan docker eth0 received", "lan peer eth0 sent", "lan peer eth0 received", "lan docker eth0 sent"}, outside.take())
		some.take()

		require.NoError(t, b.Restart(context.Background()))
		ping1(t, &b.Netns, a.IP())
		assert.Equal(t, []string{"two eth0 sent", "two eth0 received"}, some.take(), "after a restart")
		all.take()

		stopAll()
		stopSome()
		stopOutside()
		stopAll() // does nothing the second time
		simtest.Run(t, host, "three")
		ping1(t, &a.Netns, b.IP())
		ping1(t, &peer.Netns, prefix("192.168.0.10/24").Addr())
		assert.Empty(t, all.take())
		assert.Empty(t, some.take())
		assert.Empty(t, outside.take())
	})
}

func TestOnDrop(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		host := simtest.NewHost(t)
		web, client := simtest.Run(t, host, "web"), simtest.Run(t, host, "client")
		var mu sync.Mutex
		var told []sim.Drop
		stop := host.OnDrop(func(d sim.Drop) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, d)
		})
		send := func(address string) string {
			before := host.Drops().Total()
			c, err := client.DialContext(context.Background(), "udp", address)
			require.NoError(t, err)
			defer c.Close()
			_, err = c.Write([]byte("hello"))
			require.NoError(t, err)
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			assert.EqualValues(t, len(told), host.Drops().Total()-before)
			var lines []string
			for _, d := range told {
				_, port, _ := strings.Cut(d.String(), "172.17.0.3:")
				port, _, _ = strings.Cut(port, " ")
				line := strings.Replace(d.String(), "172.17.0.3:"+port, "172.17.0.3:PORT", 1)
				lines = append(lines, line)
			}
			told = nil
			return strings.Join(lines, "\n")
		}
		assert.Equal(t, "web eth0: no socket: 33 bytes of udp from 172.17.0.3:PORT to 172.17.0.2:53", send(web.IP().String()+":53"))
		assert.Equal(t, "docker docker0: no socket: 33 bytes of udp from 172.17.0.3:PORT to 172.17.0.1:53", send("172.17.0.1:53"))
		assert.Equal(t, "docker docker0: no route: 33 bytes of udp from 172.17.0.3:PORT to 192.0.2.1:53", send("192.0.2.1:53"))

		rule := []string{"-I", "DOCKER-USER", "-p", "udp", "--dport", "53", "-j", "DROP"}
		require.NoError(t, iptables.Run(&strings.Builder{}, host.Firewall().IPv4(), rule...))
		assert.Equal(t, "docker docker0: rule in FORWARD: -A DOCKER-USER -p udp -m udp --dport 53 -j DROP: "+
			"33 bytes of udp from 172.17.0.3:PORT to 172.17.0.2:53", send(web.IP().String()+":53"))
		require.NoError(t, iptables.Run(&strings.Builder{}, host.Firewall().IPv4(), "-P", "INPUT", "DROP"))
		assert.Equal(t, "docker docker0: policy in INPUT: -P INPUT DROP: 33 bytes of udp from 172.17.0.3:PORT to 172.17.0.1:53", send("172.17.0.1:53"))

		require.NoError(t, iptables.Run(&strings.Builder{}, host.Firewall().IPv4(), "-D", "DOCKER-USER", "1"))
		docker0, ok := host.Network("bridge")
		require.True(t, ok)
		require.NoError(t, client.Link(docker0).Impair(veth.Lossy(1), veth.Impairment{}))
		assert.Equal(t, "client eth0: lost by impairment: 33 bytes of udp from 172.17.0.3:PORT to 172.17.0.2:53", send(web.IP().String()+":53"))
		require.NoError(t, client.Link(docker0).Impair(veth.Impairment{}, veth.Impairment{}))
		web.Link(docker0).SetCarrier(false)
		line := send(web.IP().String() + ":53")
		assert.Regexp(t, `^docker veth\w{7} \(docker0\): no carrier: 33 bytes of udp from 172.17.0.3:PORT to 172.17.0.2:53$`, line)
		web.Link(docker0).SetCarrier(true)

		var places []string
		for place, n := range host.DropsByPlace() {
			places = append(places, fmt.Sprint(regexp.MustCompile(`veth\w{7}`).ReplaceAllString(place.String(), "veth"), ": ", n))
		}
		slices.Sort(places)
		assert.Equal(t, []string{
			"client eth0: 1 lost by impairment", "docker veth (docker0): 1 no carrier", "docker: 1 rule, 1 policy, 1 no route, 1 no socket", "web: 1 no socket",
		}, places)

		stop()
		c, err := client.DialContext(context.Background(), "udp", web.IP().String()+":53")
		require.NoError(t, err)
		defer c.Close()
		c.Write(nil)
		synctest.Wait()
		assert.Empty(t, told)
	})
}
