package sim_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"drydock/drop"
	"drydock/nat/iptables"
	"drydock/sim"
	"drydock/sim/ping"
	"drydock/sim/simtest"
	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// reaches reports whether a ping is answered.
func reaches(t *testing.T, from *sim.Netns, to netip.Addr) bool {
	t.Helper()
	stats, err := from.Ping(t.Context(), to.String(), &ping.Config{Count: 1})
	return err == nil && stats.Received == 1
}

// A mailbox notes whose datagrams come to whom.
type mailbox struct {
	mu   sync.Mutex
	came map[[2]int]bool
}

func (m *mailbox) listen(t *testing.T, who sim.Member, n int, at machine) net.PacketConn {
	t.Helper()
	p, err := at.ListenPacket(t.Context(), "udp", ":9")
	require.NoError(t, err)
	go func() {
		b := make([]byte, 1)
		for {
			if _, _, err := p.ReadFrom(b); errors.Is(err, net.ErrClosed) {
				return
			}
			m.mu.Lock()
			m.came[[2]int{int(b[0]), n}] = true
			m.mu.Unlock()
		}
	}()
	return p
}

// TestPartitionRelation cuts a network at random: who hears whom is what was asked for, exactly.
func TestPartitionRelation(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		n := simtest.NewNetwork(t, h, "net")
		const nodes = 5
		box := mailbox{came: make(map[[2]int]bool)}
		var members []sim.Member // the host is the last one
		var containers []*sim.Container
		var sockets []net.PacketConn
		var addrs []netip.Addr
		for i := range nodes {
			c := simtest.Run(t, h, fmt.Sprint("node", i), sim.WithNetwork(n))
			containers, members, addrs = append(containers, c), append(members, c), append(addrs, c.IP())
			sockets = append(sockets, box.listen(t, c, i, c))
		}
		members, addrs = append(members, h), append(addrs, n.Gateway())
		sockets = append(sockets, box.listen(t, h, nodes, h))
		for _, from := range containers { // neighbours are known then
			for _, to := range addrs {
				ping1(t, &from.Netns, to)
			}
		}

		rng := rand.New(rand.NewPCG(7, 7))
		for round := range 60 {
			want := make(map[[2]int]bool)
			for from := range members {
				for to := range members {
					want[[2]int{from, to}] = from != to
				}
			}
			var heals []func()
			var did []string
			cut := func(heal func(), err error) {
				require.NoError(t, err)
				heals = append(heals, heal)
			}
			for range rng.IntN(3) + 1 {
				switch rng.IntN(3) {
				case 0:
					a := rng.IntN(nodes + 1)
					b := (a + 1 + rng.IntN(nodes)) % (nodes + 1) // another one
					did = append(did, fmt.Sprint("block ", a, b))
					cut(n.Block(members[a], members[b]))
					want[[2]int{a, b}] = false
				case 1:
					group := make([]int, nodes) // 2 is the rest
					groups := make([][]*sim.Container, 2)
					for i := range nodes {
						if group[i] = rng.IntN(3); group[i] < 2 {
							groups[group[i]] = append(groups[group[i]], containers[i])
						}
					}
					did = append(did, fmt.Sprint("partition ", group))
					cut(n.Partition(groups...))
					for a := range nodes {
						for b := range nodes {
							if group[a] != group[b] {
								want[[2]int{a, b}] = false
							}
						}
					}
				case 2:
					k := rng.IntN(nodes-1) + 1
					did = append(did, fmt.Sprint("one way ", k))
					cut(n.PartitionOneWay(containers[:k], containers[k:]))
					for a := range k {
						for b := k; b < nodes; b++ {
							want[[2]int{a, b}] = false
						}
					}
				}
			}
			send := func() map[[2]int]bool {
				clear(box.came)
				for from, p := range sockets {
					for to, addr := range addrs {
						if from != to {
							p.WriteTo([]byte{byte(from)}, &net.UDPAddr{IP: addr.AsSlice(), Port: 9})
						}
					}
				}
				synctest.Wait()
				return box.came
			}
			got := send()
			for pair, want := range want {
				require.Equal(t, want, got[pair], "round %d, %v: %v", round, did, pair)
			}
			for _, heal := range heals {
				heal()
			}
			require.Len(t, send(), (nodes+1)*nodes, "healed")
		}
		for _, p := range sockets {
			p.Close()
		}
	})
}

// TestPartitionTCP has a connection outlast a partition: what is lost is sent again when RFC 6298
// says, and arrives with the first time after the healing. No rule sees any of it.
func TestPartitionTCP(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		n := simtest.NewNetwork(t, h, "net")
		delay := veth.Impairment{Delay: 5 * time.Millisecond}
		a := simtest.Run(t, h, "aa", sim.WithNetwork(n, sim.WithImpairment(delay, delay)))
		b := simtest.Run(t, h, "bb", sim.WithNetwork(n))
		l, err := b.Listen(t.Context(), "tcp", ":80")
		require.NoError(t, err)
		out, err := a.DialContext(t.Context(), "tcp", "bb:80")
		require.NoError(t, err)
		defer out.Close()
		in, err := l.Accept()
		require.NoError(t, err)
		defer in.Close()
		time.Sleep(time.Second) // the keep of the handshake's ARP and ACKs is over
		before := counted(t, h)

		start := time.Now()
		var lost []time.Duration
		var mu sync.Mutex
		defer h.OnDrop(func(d sim.Drop) {
			mu.Lock()
			defer mu.Unlock()
			if d.Reason == drop.Partitioned && len(d.Frame) > 14+20+32 { // with data
				lost = append(lost, time.Since(start))
			}
		})()
		heal, err := n.Partition([]*sim.Container{a})
		require.NoError(t, err)
		_, err = io.WriteString(out, "hello")
		require.NoError(t, err)
		time.Sleep(10 * time.Second)
		assert.Equal(t, before, counted(t, h), "the firewall")
		heal()
		text := make([]byte, 5)
		_, err = io.ReadFull(in, text)
		require.NoError(t, err)
		mu.Lock()
		defer mu.Unlock()
		t.Log(lost)
		require.Len(t, lost, 6)
		for i := 2; i < len(lost); i++ { // RFC 6298, 5.5: the timer doubles
			assert.Equal(t, 2*(lost[i-1]-lost[i-2]), lost[i]-lost[i-1])
		}
		assert.Equal(t, 200*time.Millisecond, lost[1]-lost[0], "Linux's TCP_RTO_MIN")
		assert.Equal(t, 12605*time.Millisecond, time.Since(start), "the seventh time, and the cable")
		assert.Positive(t, h.Drops()[drop.Partitioned])
	})
}

// counted returns all rules with their counters, without the date.
func counted(t *testing.T, h *sim.Host) (rules string) {
	t.Helper()
	var b strings.Builder
	require.NoError(t, iptables.SaveCounters(&b, h.Firewall().IPv4()))
	for line := range strings.Lines(b.String()) {
		if !strings.HasPrefix(line, "#") {
			rules += line
		}
	}
	return rules
}

// TestPartitionHandshake blocks one way: the SYN passes, the SYN-ACK does not.
func TestPartitionHandshake(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		n := simtest.NewNetwork(t, h, "net")
		a := simtest.Run(t, h, "aa", sim.WithNetwork(n))
		b := simtest.Run(t, h, "bb", sim.WithNetwork(n))
		ping1(t, &a.Netns, b.IP())
		_, err := b.Listen(t.Context(), "tcp", ":80")
		require.NoError(t, err)
		var told []string
		var mu sync.Mutex
		defer h.OnDrop(func(d sim.Drop) {
			mu.Lock()
			defer mu.Unlock()
			if d.Frame[12] == 8 && d.Frame[13] == 0 {
				told = append(told, fmt.Sprintf("%v, flags %#x", d.Reason, d.Frame[14+20+13]))
			}
		})()
		heal, err := n.Block(b, a)
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
		defer cancel()
		_, err = a.DialContext(ctx, "tcp", "bb:80") // names are found: each asks its own resolver
		require.ErrorIs(t, err, context.DeadlineExceeded)
		mu.Lock()
		if assert.NotEmpty(t, told) {
			assert.Equal(t, "partitioned, flags 0x12", told[0], "SYN-ACK")
		}
		mu.Unlock()
		heal()
		c, err := a.DialContext(t.Context(), "tcp", "bb:80")
		require.NoError(t, err)
		c.Close()
	})
}

// TestPartitionARP has neighbours that do not know each other yet.
func TestPartitionARP(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		n := simtest.NewNetwork(t, h, "net", sim.WithSubnet(prefix("fd00::/64")))
		a := simtest.Run(t, h, "aa", sim.WithNetwork(n))
		b := simtest.Run(t, h, "bb", sim.WithNetwork(n))
		arp := 0
		var mu sync.Mutex
		defer h.OnDrop(func(d sim.Drop) {
			mu.Lock()
			defer mu.Unlock()
			if d.Reason == drop.Partitioned && d.Frame[12] == 8 && d.Frame[13] == 6 {
				arp++
			}
		})()
		heal, err := n.Partition([]*sim.Container{a}, []*sim.Container{b})
		require.NoError(t, err)
		start := time.Now()
		_, err = a.DialContext(t.Context(), "tcp4", "bb:80")
		require.ErrorIs(t, err, syscall.EHOSTUNREACH)
		assert.Equal(t, 3*time.Second, time.Since(start).Round(100*time.Millisecond))
		mu.Lock()
		assert.Equal(t, 3, arp, "requests, one a second")
		mu.Unlock()
		_, err = a.DialContext(t.Context(), "tcp6", "bb:80") // neighbour solicitations are lost, too
		require.ErrorIs(t, err, syscall.EHOSTUNREACH)
		heal()
		for _, network := range []string{"tcp4", "tcp6"} {
			_, err = a.DialContext(t.Context(), network, "bb:80")
			require.ErrorIs(t, err, syscall.ECONNREFUSED)
		}
	})
}

// TestPartitionMembers has members restart, leave and come back, join later, and share a namespace.
func TestPartitionMembers(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		n := simtest.NewNetwork(t, h, "net")
		a := simtest.Run(t, h, "aa", sim.WithNetwork(n))
		b := simtest.Run(t, h, "bb", sim.WithNetwork(n))
		side := simtest.Run(t, h, "side", sim.WithNetworkOf(b))
		heal, err := n.Partition([]*sim.Container{a}, []*sim.Container{side})
		require.NoError(t, err)
		apart := func(why string) {
			t.Helper()
			assert.False(t, reaches(t, &a.Netns, b.IP()), why)
		}
		apart("at first")
		require.NoError(t, a.Restart(t.Context()))
		apart("restarted")
		require.NoError(t, a.Disconnect(n))
		require.NoError(t, a.Connect(n))
		apart("back")
		c := simtest.Run(t, h, "cc", sim.WithNetwork(n))
		d := simtest.Run(t, h, "dd", sim.WithNetwork(n))
		assert.False(t, reaches(t, &c.Netns, b.IP()), "later")
		assert.False(t, reaches(t, &c.Netns, a.IP()), "later")
		assert.True(t, reaches(t, &c.Netns, d.IP()), "the rest")
		assert.True(t, reaches(t, &h.Netns, a.IP()), "the host")
		assert.True(t, reaches(t, &b.Netns, n.Gateway()), "the host")
		other, err := n.Block(h, a)
		require.NoError(t, err)
		assert.False(t, reaches(t, &h.Netns, a.IP()), "from the host")
		heal()
		assert.True(t, reaches(t, &a.Netns, b.IP()))
		assert.False(t, reaches(t, &h.Netns, a.IP()), "each heals alone")
		other()
		assert.True(t, reaches(t, &h.Netns, a.IP()))
	})
}

func TestPartitionRefused(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		n := simtest.NewNetwork(t, h, "net")
		gone := simtest.NewNetwork(t, h, "gone")
		a := simtest.Run(t, h, "aa", sim.WithNetwork(n))
		b := simtest.Run(t, h, "bb")
		in := simtest.Run(t, h, "in", sim.WithHostNetwork())
		require.NoError(t, gone.Remove())
		none, _ := h.Network("none")
		lan := simtest.NewLAN(t)
		m := simtest.NewMachine(t)
		for _, tt := range []struct {
			cut  func() (func(), error)
			want error
			text string
		}{
			{func() (func(), error) { return n.Partition([]*sim.Container{a, b}) }, sim.ErrNotFound, "container bb is not connected to network net"},
			{func() (func(), error) { return n.Partition([]*sim.Container{a}, []*sim.Container{a}) }, sim.ErrConflict, "aa is in two groups"},
			{func() (func(), error) { return n.Block(a, m) }, sim.ErrNotFound, "machine machine is not the host of network net"},
			{func() (func(), error) { return gone.Block(a, b) }, sim.ErrNotFound, "network gone not found"},
			{func() (func(), error) { return none.Partition() }, sim.ErrPredefined, "network none has no bridge"},
			{func() (func(), error) { return lan.Block(m, m) }, sim.ErrNotFound, "host machine is not connected to the LAN"},
			{func() (func(), error) { return n.PartitionOneWay([]*sim.Container{a}, []*sim.Container{a}) }, sim.ErrConflict, "aa is on both sides"},
			{func() (func(), error) { return n.Block(a, a) }, sim.ErrConflict, "aa is on both sides"},
			{func() (func(), error) { return n.PartitionOneWay(nil, []*sim.Container{a}) }, sim.ErrNotFound, "nobody is to be kept from anybody on net"},
			{func() (func(), error) { return n.PartitionOneWay([]*sim.Container{a}, nil) }, sim.ErrNotFound, "nobody is to be kept from anybody on net"},
			{in.Isolate, sim.ErrConflict, "container in has the network of the host"},
			{b.Link(n).Cut, sim.ErrNotFound, "container bb is not connected to network net"},
		} {
			_, err := tt.cut()
			require.ErrorIs(t, err, tt.want)
			assert.EqualError(t, err, tt.text)
		}
		_, err := n.Block(in, a) // is the host
		require.NoError(t, err)
		assert.False(t, reaches(t, &h.Netns, a.IP()))
	})
}

// TestPartitionNil has nobody kept apart.
func TestPartitionNil(t *testing.T) {
	t.Parallel()
	lan := simtest.NewLAN(t)
	h := simtest.NewHost(t, sim.WithUplink(lan, prefix("192.0.2.1/24")))
	n := simtest.NewNetwork(t, h, "net")
	c := simtest.Run(t, h, "box", sim.WithNetwork(n))
	for name, refused := range map[string]func() (func(), error){
		"Partition":          func() (func(), error) { return n.Partition([]*sim.Container{c, nil}) },
		"PartitionOneWay":    func() (func(), error) { return n.PartitionOneWay([]*sim.Container{c}, []*sim.Container{nil}) },
		"Block":              func() (func(), error) { return n.Block(nil, c) },
		"Block of container": func() (func(), error) { return n.Block(c, (*sim.Container)(nil)) },
		"Block of host":      func() (func(), error) { return n.Block((*sim.Host)(nil), c) },
		"LAN":                func() (func(), error) { return lan.Partition([]*sim.Machine{nil}) },
		"LAN, one way":       func() (func(), error) { return lan.PartitionOneWay([]*sim.Machine{h.Machine}, []*sim.Machine{nil}) },
		"LAN, block":         func() (func(), error) { return lan.Block(h.Machine, nil) },
	} {
		_, err := refused()
		require.ErrorIs(t, err, sim.ErrNotFound, name)
	}
}

// TestPartitionTellsARP: what a partition drops first is a question for a MAC, and reads so.
func TestPartitionTellsARP(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		host := simtest.NewHost(t)
		n := simtest.NewNetwork(t, host, "n")
		a, b := simtest.Run(t, host, "aa", sim.WithNetwork(n)), simtest.Run(t, host, "bb", sim.WithNetwork(n))
		_, err := n.Partition([]*sim.Container{a}, []*sim.Container{b})
		require.NoError(t, err)
		var mu sync.Mutex
		var told []string
		host.OnDrop(func(d sim.Drop) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, d.Why()+": "+d.String()[strings.LastIndex(d.String(), ": ")+2:])
		})
		_, err = a.DialContext(t.Context(), "tcp", "172.18.0.3:80")
		require.Error(t, err)
		mu.Lock()
		defer mu.Unlock()
		require.NotEmpty(t, told)
		require.Equal(t, "partitioned: ARP who has 172.18.0.3?", told[0])
	})
}
