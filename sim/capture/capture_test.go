package capture_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"drydock/nat/iptables"
	"drydock/sim"
	"drydock/sim/capture"
	"drydock/sim/ping"
	"drydock/sim/simtest"
	"drydock/veth"

	"github.com/gopacket/gopacket/pcapgo"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A read packet.
type read struct {
	name    string // of the interface
	dir     pcapgo.NgEpbFlag
	at      time.Time
	data    []byte
	size    int
	comment string
}

func (r read) String() string {
	return strings.TrimSpace(fmt.Sprint(r.name, " ", r.dir, " ", r.comment))
}

// parse reads a file, with the names of its interfaces and the statistics by name.
func parse(t *testing.T, b []byte) (packets []read, stats map[string]pcapgo.NgInterfaceStatistics) {
	t.Helper()
	r, err := pcapgo.NewNgReader(bytes.NewReader(b), pcapgo.NgReaderOptions{})
	require.NoError(t, err)
	for {
		data, ci, opts, err := r.ReadPacketDataWithOptions()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		i, err := r.Interface(ci.InterfaceIndex)
		require.NoError(t, err)
		p := read{name: i.Name, at: ci.Timestamp, data: data, size: ci.Length, comment: strings.Join(opts.Comments, "")}
		if opts.Flags != nil {
			p.dir = opts.Flags.Direction
		}
		packets = append(packets, p)
	}
	stats = make(map[string]pcapgo.NgInterfaceStatistics)
	for n := range r.NInterfaces() {
		i, err := r.Interface(n)
		require.NoError(t, err)
		require.NotEmpty(t, i.Description)
		require.NotContains(t, stats, i.Name)
		stats[i.Name] = i.Statistics
	}
	return packets, stats
}

func ping1(t *testing.T, from *sim.Netns, to netip.Addr) {
	t.Helper()
	_, err := from.Ping(context.Background(), to.String(), &ping.Config{Count: 1, Timeout: time.Second})
	if err != nil {
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	}
	synctest.Wait()
}

func start(t *testing.T, w io.Writer, opts ...capture.Option) *capture.Capture {
	t.Helper()
	c, err := capture.Start(w, opts...)
	require.NoError(t, err)
	t.Cleanup(func() { c.Stop() })
	return c
}

func TestCapture(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		host := simtest.NewHost(t)
		a, b := simtest.Run(t, host, "aa"), simtest.Run(t, host, "bb")
		network, _ := host.Network("bridge")
		var all, one, bridge bytes.Buffer
		begin := time.Now()
		captures := []*capture.Capture{
			start(t, &all, capture.Machine(host.Machine), capture.Filter("icmp or udp"), capture.Comment("a comment")),
			start(t, &one, capture.Container(b), capture.Filter("icmp"), capture.SnapLen(40)),
			start(t, &bridge, capture.Network(network), capture.Filter("icmp")),
		}
		ping1(t, &a.Netns, b.IP())
		ping1(t, &b.Netns, netip.MustParseAddr("127.0.0.1"))
		require.NoError(t, iptables.Run(io.Discard, host.Firewall().IPv4(), "-I", "DOCKER-USER", "-p", "icmp", "-j", "DROP"))
		ping1(t, &a.Netns, b.IP())
		require.NoError(t, a.Link(network).Impair(veth.Lossy(1), veth.Impairment{}))
		ping1(t, &a.Netns, b.IP())
		c, err := b.DialContext(context.Background(), "udp", "172.17.0.1:9")
		require.NoError(t, err)
		defer c.Close()
		c.Write([]byte("hello"))
		synctest.Wait()
		for _, c := range captures {
			require.NoError(t, c.Stop())
			require.NoError(t, c.Stop())
		}
		ping1(t, &b.Netns, netip.MustParseAddr("127.0.0.1")) // is not seen

		packets, stats := parse(t, all.Bytes())
		port := func(c *sim.Container) string { // of docker0
			for _, i := range host.Interfaces() {
				if i.Peer != 0 && i.Peer == c.Interfaces()[1].Index {
					return "docker " + i.Name + " (docker0)"
				}
			}
			return ""
		}
		const in, out = pcapgo.NgEpbFlagDirectionInbound, pcapgo.NgEpbFlagDirectionOutbound
		way := func(from, to string, fromPort, toPort string) []string {
			return []string{
				read{name: from, dir: out}.String(), read{name: fromPort, dir: in}.String(),
				read{name: toPort, dir: out}.String(), read{name: to, dir: in}.String(),
			}
		}
		ab, ba := way("aa eth0", "bb eth0", port(a), port(b)), way("bb eth0", "aa eth0", port(b), port(a))
		lo := read{name: "bb lo", dir: in}.String()
		want := slices.Concat(ab, ba, []string{lo, lo}, ab[:2],
			[]string{"docker docker0 dropped 0 dropped: rule in FORWARD: -A DOCKER-USER -p icmp -j DROP"},
			ab[:1], []string{"aa eth0 dropped 0 dropped: lost by impairment"})
		var got []string
		for _, p := range packets {
			got = append(got, p.String())
			assert.WithinRange(t, p.at, begin, time.Now())
			assert.Equal(t, p.size, len(p.data))
		}
		require.Greater(t, len(got), len(want))
		assert.Equal(t, want, got[:len(want)])
		assert.Contains(t, got[len(want):], "docker docker0 dropped 0 dropped: no socket")
		assert.EqualValues(t, 4, stats["aa eth0"].PacketsReceived)
		assert.Zero(t, stats["aa eth0"].PacketsDropped)

		packets, _ = parse(t, one.Bytes())
		got = nil
		for _, p := range packets[:4] {
			got = append(got, p.name)
			assert.Equal(t, 40, len(p.data))
			assert.Equal(t, 98, p.size)
		}
		assert.Equal(t, []string{"bb eth0", "bb eth0", "bb lo", "bb lo"}, got)
		packets, stats = parse(t, bridge.Bytes())
		assert.Len(t, packets, 4+2+2, "an echo and its reply, one that is dropped, and that the host has no socket")
		assert.Contains(t, stats, "docker docker0 dropped")
	})
}

func TestLANAndRestart(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		lan := simtest.NewLAN(t)
		host := simtest.NewHost(t, sim.WithUplink(lan, netip.MustParsePrefix("192.168.0.10/24")))
		peer := simtest.NewMachine(t, sim.WithName("peer"), sim.WithUplink(lan, netip.MustParsePrefix("192.168.0.47/24")))
		a := simtest.Run(t, host, "aa")
		var both, one bytes.Buffer
		c := start(t, &both, capture.Machine(host.Machine, peer), capture.LAN(lan), capture.Filter("icmp"))
		d := start(t, &one, capture.Container(a), capture.Filter("icmp"))
		require.NoError(t, a.Restart(context.Background()))
		ping1(t, &a.Netns, netip.MustParseAddr("192.168.0.47"))
		require.NoError(t, c.Stop())
		require.NoError(t, d.Stop())
		packets, stats := parse(t, both.Bytes())
		assert.Len(t, packets, 2*7)
		assert.Contains(t, stats, "lan docker eth0")
		assert.Contains(t, stats, "peer eth0")
		packets, _ = parse(t, one.Bytes())
		assert.Len(t, packets, 2)
	})
}

// TestSameBytes captures the same twice.
func TestSameBytes(t *testing.T) {
	t.Parallel()
	var files [2]bytes.Buffer
	for i := range files {
		simtest.VirtualTime(t, func(t *testing.T) {
			host := simtest.NewHost(t, sim.WithSeed(7))
			c := start(t, &files[i], capture.Machine(host.Machine))
			a, b := simtest.Run(t, host, "aa"), simtest.Run(t, host, "bb")
			ping1(t, &a.Netns, b.IP())
			require.NoError(t, c.Stop())
		})
	}
	assert.NotZero(t, files[0].Len())
	assert.Equal(t, files[0].Bytes(), files[1].Bytes())
}

func TestRing(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		host := simtest.NewHost(t)
		a := simtest.Run(t, host, "aa")
		all := capture.Container(a)
		last := start(t, nil, all, capture.Ring(10*time.Second))
		few := start(t, nil, all, capture.Ring(time.Hour), capture.Buffer(1000))
		loopback := netip.MustParseAddr("127.0.0.1")
		for range 30 {
			ping1(t, &a.Netns, loopback)
			time.Sleep(time.Second)
		}
		var b bytes.Buffer
		n, err := last.WriteTo(&b)
		require.NoError(t, err)
		assert.EqualValues(t, b.Len(), n)
		packets, stats := parse(t, b.Bytes())
		assert.Len(t, packets, 2*11)
		assert.EqualValues(t, 60, stats["aa lo"].PacketsReceived)
		require.NoError(t, few.Stop())
		b.Reset()
		_, err = few.WriteTo(&b)
		require.NoError(t, err)
		packets, _ = parse(t, b.Bytes())
		assert.Len(t, packets, 4)
		_, err = few.WriteTo(failing{})
		assert.ErrorIs(t, err, errFull)
	})
}

// TestAdd adds machines to a Ring one by one, and reads it as data.
func TestAdd(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		lan := simtest.NewLAN(t)
		a := simtest.NewMachine(t, sim.WithName("a"), sim.WithUplink(lan, netip.MustParsePrefix("192.168.0.1/24")))
		b := simtest.NewMachine(t, sim.WithName("b"), sim.WithUplink(lan, netip.MustParsePrefix("192.168.0.2/24")))
		c := start(t, nil, capture.Machine(a), capture.Ring(time.Minute))
		require.NoError(t, c.Add(capture.Machine(b), capture.LAN(lan)))
		require.ErrorIs(t, c.Add(capture.Machine(b), capture.SnapLen(20)), capture.ErrSource)
		require.ErrorContains(t, c.Add(capture.Filter("and")), "syntax error")
		require.NoError(t, iptables.Run(io.Discard, b.Firewall().IPv4(), "-P", "INPUT", "DROP"))
		ping1(t, &a.Netns, netip.MustParseAddr("192.168.0.2"))
		require.NoError(t, c.Stop())
		require.ErrorIs(t, c.Add(capture.LAN(lan)), os.ErrClosed)
		ping1(t, &a.Netns, netip.MustParseAddr("192.168.0.2"))

		var got []string
		for _, p := range c.Packets() {
			assert.Equal(t, p.Place.Owner == "lan", p.LAN == lan)
			assert.Equal(t, p.Place.Owner != "lan", p.Machine != nil)
			assert.Equal(t, p.Size, len(p.Frame))
			line := fmt.Sprint(p.Place, " ", map[bool]string{true: "out", false: "in"}[p.Sent])
			if p.Drop != nil {
				line = p.Drop.String()
			}
			got = append(got, line)
		}
		n := len(got) - 5
		require.Positive(t, n, "ARP comes first")
		assert.Equal(t, []string{
			"a eth0 out", "lan a eth0 in", "lan b eth0 out", "b eth0 in",
			"b eth0: policy in INPUT: -P INPUT DROP: 84 bytes of icmp from 192.168.0.1 to 192.168.0.2",
		}, got[n:])
		assert.Nil(t, start(t, io.Discard, capture.Machine(a)).Packets(), "not without a Ring")
	})
}

var errFull = errors.New("disk full")

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errFull }

// A gate is a writer that waits until it is opened.
type gate struct {
	bytes.Buffer
	open chan struct{}
}

func (g *gate) Write(b []byte) (int, error) {
	<-g.open
	return g.Buffer.Write(b)
}

// TestSlowWriter checks that the network does not wait for the writer, and that what is lost is
// counted.
func TestSlowWriter(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		host := simtest.NewHost(t)
		a := simtest.Run(t, host, "aa")
		g := &gate{open: make(chan struct{})}
		c := start(t, g, capture.Container(a), capture.Buffer(5*(98+128)))
		for range 10 {
			ping1(t, &a.Netns, netip.MustParseAddr("127.0.0.1"))
		}
		close(g.open)
		require.NoError(t, c.Stop())
		packets, stats := parse(t, g.Bytes())
		assert.Len(t, packets, 5)
		assert.EqualValues(t, 20, stats["aa lo"].PacketsReceived)
		assert.EqualValues(t, 15, stats["aa lo"].PacketsDropped)
	})
}

// TestLive checks that all that happened is in the file when the network stands still.
func TestLive(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		host := simtest.NewHost(t)
		a := simtest.Run(t, host, "aa")
		r, w := io.Pipe()
		var got bytes.Buffer
		var reader sync.WaitGroup
		reader.Go(func() { io.Copy(&got, r) })
		c := start(t, w, capture.Container(a))
		for n := range 3 {
			ping1(t, &a.Netns, netip.MustParseAddr("127.0.0.1"))
			packets, _ := parse(t, got.Bytes())
			assert.Len(t, packets, 2*(n+1))
		}
		require.NoError(t, c.Stop())
		w.Close()
		reader.Wait()
	})
}

func TestErrors(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		host := simtest.NewHost(t)
		a := simtest.Run(t, host, "aa")
		none, _ := host.Network("none")
		for _, c := range []struct {
			w    io.Writer
			opts []capture.Option
			want string
		}{
			{io.Discard, nil, "capture: no source"},
			{nil, []capture.Option{capture.Container(a)}, "capture: a Ring has no writer"},
			{io.Discard, []capture.Option{capture.Container(a), capture.Ring(time.Second)}, "capture: a Ring has no writer"},
			{nil, []capture.Option{capture.Ring(0)}, "capture: invalid time 0s"},
			{io.Discard, []capture.Option{capture.Filter("tcp and")}, `capture: filter "tcp and": at the end: syntax error`},
			{io.Discard, []capture.Option{capture.SnapLen(0)}, "capture: invalid snap length 0"},
			{io.Discard, []capture.Option{capture.Buffer(0)}, "capture: invalid buffer size 0"},
			{io.Discard, []capture.Option{capture.Network(none)}, "capture: network none has no bridge"},
			{io.Discard, []capture.Option{capture.Comment(strings.Repeat("x", 70000))}, "capture: a comment of 70000 bytes"},
		} {
			_, err := capture.Start(c.w, c.opts...)
			assert.ErrorContains(t, err, c.want)
		}
		c := start(t, failing{}, capture.Container(a))
		ping1(t, &a.Netns, netip.MustParseAddr("127.0.0.1"))
		_, err := c.WriteTo(io.Discard)
		assert.ErrorIs(t, err, capture.ErrNoRing)
		assert.ErrorIs(t, c.Stop(), errFull)
		var b bytes.Buffer
		require.NoError(t, start(t, &b, capture.Container(a)).Stop())
		packets, stats := parse(t, b.Bytes())
		assert.Empty(t, packets)
		assert.Contains(t, stats, "none")
	})
}

// TestNil names sources that are nil. No goroutine is left.
func TestNil(t *testing.T) {
	t.Parallel()
	for _, nothing := range []capture.Option{capture.Machine(nil), capture.Container(nil), capture.Network(nil), capture.LAN(nil)} {
		_, err := capture.Start(io.Discard, nothing)
		require.ErrorIs(t, err, capture.ErrNoSource)
	}
}
