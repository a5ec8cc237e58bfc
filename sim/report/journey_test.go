package report

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"drydock/internal/packet/samples"
	"drydock/nat/iptables"
	"drydock/sim"
	"drydock/sim/ping"
	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A network is a host with two containers on docker0, and what is recorded of it. Package simtest
// imports this one.
type network struct {
	host *sim.Host
	a, b *sim.Container
	rec  *Recorder
}

func newNetwork(t *testing.T, opts ...sim.HostOption) *network {
	t.Helper()
	host, err := sim.NewHost(append(opts, sim.WithVirtualTime())...)
	require.NoError(t, err)
	t.Cleanup(func() { host.Close() })
	n := &network{host: host}
	n.a, err = host.Run("aa")
	require.NoError(t, err)
	n.b, err = host.Run("bb")
	require.NoError(t, err)
	n.rec, err = Record(host)
	require.NoError(t, err)
	t.Cleanup(n.rec.Stop)
	return n
}

func (n *network) rule(t *testing.T, line string) {
	t.Helper()
	require.NoError(t, iptables.Run(io.Discard, n.host.Firewall().IPv4(), strings.Fields(line)...))
}

// told returns a line for each packet: what, hops, addresses, outcome.
func (n *network) told() (lines []string) {
	list := journeysOf(n.rec.capture.Packets())
	columns := lanesOf(n.rec.known(), list)
	for _, j := range list {
		var way []string
		for _, h := range columns.hops(j) {
			way = append(way, columns.names[h.from]+">"+columns.names[h.to])
		}
		lines = append(lines, strings.Join(append([]string{j.first().what, strings.Join(way, " "), j.ends(), j.outcome()}, ""), "|"))
	}
	return lines
}

func (n *network) without(t *testing.T, what string) (lines []string) {
	t.Helper()
	for _, line := range n.told() {
		if !strings.HasPrefix(line, what) {
			lines = append(lines, line)
		}
	}
	return lines
}

func pings(t *testing.T, from *sim.Netns, to string) {
	t.Helper()
	from.Ping(context.Background(), to, &ping.Config{Count: 1, Timeout: time.Second})
	synctest.Wait()
}

// TestOneWay has a packet that is flooded, ones that come through, and ones that do not.
func TestOneWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t)
		pings(t, &n.a.Netns, "172.17.0.3")
		pings(t, &n.a.Netns, "127.0.0.1")
		n.rule(t, "-I DOCKER-USER -p icmp -j DROP")
		pings(t, &n.a.Netns, "172.17.0.3")
		assert.Equal(t, []string{
			"ARP who has 172.17.0.3?|aa>docker docker>bb|172.17.0.2 → 172.17.0.3|arrived|",
			"ARP 172.17.0.3 is at 02:42:ac:11:00:03|bb>docker docker>aa|172.17.0.3 → 172.17.0.2|arrived|",
			"ICMP echo request 1|aa>docker docker>bb|172.17.0.2 → 172.17.0.3|arrived|",
			"ICMP echo reply 1|bb>docker docker>aa|172.17.0.3 → 172.17.0.2|arrived|",
			"ICMP echo request 1|aa>aa|127.0.0.1 → 127.0.0.1|arrived|",
			"ICMP echo reply 1|aa>aa|127.0.0.1 → 127.0.0.1|arrived|",
			"ICMP echo request 1|aa>docker|172.17.0.2 → 172.17.0.3|dropped at docker docker0: rule in FORWARD: -A DOCKER-USER -p icmp -j DROP|",
		}, n.told())
	})
}

// TestFlooded has a frame that one station receives later than another.
func TestFlooded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t)
		c, err := n.host.Run("cc")
		require.NoError(t, err)
		require.NoError(t, c.Link(c.Networks()[0]).Impair(veth.Impairment{}, veth.Impairment{Delay: 20 * time.Millisecond}))
		pings(t, &n.a.Netns, "172.17.0.3")
		time.Sleep(time.Second)
		assert.Contains(t, n.told()[0], "|arrived at 2 stations after 0s to 20ms|")
	})
}

// TestLooksAlike has two containers send the same at once, one of them twice, and a hairpin.
func TestLooksAlike(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t)
		pings(t, &n.a.Netns, "172.17.0.1")
		pings(t, &n.b.Netns, "172.17.0.1")
		server, err := n.host.ListenPacket(context.Background(), "udp", "172.17.0.1:9")
		require.NoError(t, err)
		defer server.Close()
		for _, c := range []*sim.Container{n.a, n.b} {
			require.NoError(t, c.Link(c.Networks()[0]).Impair(veth.Impairment{Delay: 10 * time.Millisecond}, veth.Impairment{}))
			conn, err := c.DialContext(context.Background(), "udp", "172.17.0.1:9")
			require.NoError(t, err)
			defer conn.Close()
			for range 2 {
				fmt.Fprint(conn, "the same")
			}
		}
		time.Sleep(time.Second)
		var got []string
		for _, line := range n.without(t, "ARP") {
			if strings.HasPrefix(line, "UDP") {
				got = append(got, line[:strings.IndexByte(line, ':')]+line[strings.LastIndex(line[:len(line)-1], "|"):])
			}
		}
		one, two := "UDP 8 bytes|aa>docker|172.17.0.2|arrived after 10ms|", "UDP 8 bytes|bb>docker|172.17.0.3|arrived after 10ms|"
		assert.Equal(t, []string{one, one, two, two}, got)
	})
}

// TestCut has super-segments cut at a cable that loses the third frame of a stream.
func TestCut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t)
		l, err := n.b.Listen(context.Background(), "tcp", ":80")
		require.NoError(t, err)
		defer l.Close()
		c, err := n.a.DialContext(context.Background(), "tcp", "172.17.0.3:80")
		require.NoError(t, err)
		defer c.Close()
		in, err := l.Accept()
		require.NoError(t, err)
		defer in.Close()
		link := n.a.Link(n.a.Networks()[0])
		require.NoError(t, link.Impair(veth.Impairment{Loss: veth.Loss{Model: veth.LoseFrames(3)}, Delay: time.Millisecond}, veth.Impairment{}))
		_, err = c.Write(make([]byte, 10_000))
		require.NoError(t, err)
		time.Sleep(time.Minute)
		lines := make(map[string]int)
		for _, line := range n.told() {
			if strings.Contains(line, "bytes|") {
				part := strings.Split(line, "|")
				lines[part[0]+"|"+part[1]+"|"+part[3]]++
			}
		}
		assert.Equal(t, map[string]int{
			"TCP ACK, 10000 bytes||cut into 8 segments":                 1,
			"TCP ACK, 1420 bytes|aa>docker docker>bb|arrived after 1ms": 7, // one of them sent again

			"TCP ACK, 60 bytes|aa>docker docker>bb|arrived after 1ms":     1,
			"TCP ACK, 1420 bytes||dropped at aa eth0: lost by impairment": 1,
		}, lines)
	})
}

// TestTranslated has an ICMP error for a translated packet, and names by DNS.
func TestTranslated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lan, err := sim.NewLAN()
		require.NoError(t, err)
		defer lan.Close()
		n := newNetwork(t, sim.WithUplink(lan, netip.MustParsePrefix("192.168.0.10/24")))
		peer, err := sim.NewMachine(sim.WithName("peer"), sim.WithVirtualTime(), sim.WithUplink(lan, netip.MustParsePrefix("192.168.0.47/24")))
		require.NoError(t, err)
		defer peer.Close()
		require.NoError(t, n.rec.Add(peer, lan))
		c, err := n.a.DialContext(context.Background(), "udp", "192.168.0.47:53")
		require.NoError(t, err)
		defer c.Close()
		c.Write([]byte("\x00\x01\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x02db\x00\x00\x01\x00\x01"))
		time.Sleep(time.Second)
		port := netip.MustParseAddrPort(c.LocalAddr().String()).Port()
		assert.Equal(t, []string{
			fmt.Sprintf("DNS A db.?|aa>docker docker>LAN LAN>peer|172.17.0.2:%d ⇒ 192.168.0.10:%d → 192.168.0.47:53|dropped at peer eth0: no socket|", port, port),
			"ICMP port unreachable|peer>LAN LAN>docker docker>aa|192.168.0.47 → 192.168.0.10 ⇒ 172.17.0.2|arrived|",
		}, n.without(t, "ARP"))
	})
}

func FuzzHeader(f *testing.F) {
	for _, s := range samples.All() {
		f.Add(append(make([]byte, 14), s.Bytes...))
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, frame []byte) {
		h := headerOf(frame)
		if h.what == "" || h.id != headerOf(frame).id {
			t.Errorf("%+v", h)
		}
		h.addrs()
	})
}
