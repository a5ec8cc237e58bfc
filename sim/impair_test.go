package sim_test

import (
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"drydock/sim"
	"drydock/sim/ping"
	"drydock/sim/simtest"
	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rtt is how long a second ping takes, whose first one had ARP ask; 0 if it is lost.
func rtt(t *testing.T, from *sim.Netns, to netip.Addr) time.Duration {
	t.Helper()
	stats, err := from.Ping(t.Context(), to.String(), &ping.Config{Count: 2})
	require.NoError(t, err)
	return stats.Min.Round(time.Millisecond)
}

// TestNetworkImpair impairs a whole network: who is there and who comes later, until a link is
// told otherwise.
func TestNetworkImpair(t *testing.T) {
	simtest.VirtualTime(t, func(t *testing.T) {
		const ms = time.Millisecond
		delay := func(d time.Duration) veth.Impairment { return veth.Impairment{Delay: d} }
		h := simtest.NewHost(t)
		n := simtest.NewNetwork(t, h, "net")
		a := simtest.Run(t, h, "aa", sim.WithNetwork(n))
		require.NoError(t, n.Impair(delay(10*ms), delay(5*ms)))
		b := simtest.Run(t, h, "bb", sim.WithNetwork(n))
		assert.Equal(t, 30*ms, rtt(t, &a.Netns, b.IP()), "a sends, b receives, and back")

		require.NoError(t, a.Link(n).Impair(veth.Impairment{}, veth.Impairment{}))
		assert.Equal(t, 15*ms, rtt(t, &a.Netns, b.IP()))
		require.NoError(t, a.Restart(t.Context()))
		assert.Equal(t, 15*ms, rtt(t, &a.Netns, b.IP()), "what was said of the link lasts")
		c := simtest.Run(t, h, "cc", sim.WithNetwork(n, sim.WithImpairment(delay(100*ms), veth.Impairment{})))
		assert.Equal(t, 115*ms, rtt(t, &c.Netns, b.IP()))

		require.NoError(t, n.Impair(delay(ms), veth.Impairment{}))
		assert.Equal(t, 2*ms, rtt(t, &a.Netns, b.IP()))
		assert.Equal(t, 2*ms, rtt(t, &c.Netns, b.IP()))
		require.NoError(t, b.Restart(t.Context()))
		assert.Equal(t, 2*ms, rtt(t, &a.Netns, b.IP()))
		require.ErrorIs(t, n.Impair(veth.Impairment{}, delay(-1)), veth.ErrImpairment)
		require.NoError(t, n.Impair(veth.Impairment{}, veth.Impairment{}))
		assert.Equal(t, 0*ms, rtt(t, &a.Netns, b.IP()))
	})
}

func TestLANImpair(t *testing.T) {
	simtest.VirtualTime(t, func(t *testing.T) {
		lan := simtest.NewLAN(t)
		require.NoError(t, lan.Impair(veth.Impairment{Delay: 20 * time.Millisecond}, veth.Impairment{}))
		a := simtest.NewMachine(t, sim.WithUplink(lan, netip.MustParsePrefix("10.0.0.1/24")))
		simtest.NewMachine(t, sim.WithUplink(lan, netip.MustParsePrefix("10.0.0.2/24")))
		assert.Equal(t, 40*time.Millisecond, rtt(t, &a.Netns, netip.MustParseAddr("10.0.0.2")))
	})
}

// TestSchedule has a link fail at 2 s and heal at 7 s.
func TestSchedule(t *testing.T) {
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		n, _ := h.Network("bridge")
		a, b := simtest.Run(t, h, "aa"), simtest.Run(t, h, "bb")
		bad := veth.Schedule{{At: 2 * time.Second, Impairment: veth.Lossy(1)}, {At: 7 * time.Second}}
		start := time.Now()
		cancel, err := a.Link(n).Schedule(bad, nil)
		require.NoError(t, err)
		time.Sleep(time.Millisecond) // not at the instants of the steps
		var lost []time.Duration
		for time.Since(start) < 9*time.Second {
			at := time.Since(start)
			i, _ := a.Qdiscs("eth0")
			if len(i) > 0 {
				lost = append(lost, at)
			}
			time.Sleep(500 * time.Millisecond)
		}
		assert.Len(t, lost, 10)
		assert.Equal(t, 2001*time.Millisecond, lost[0])
		cancel()

		cancel, err = n.Schedule(veth.Schedule{{Impairment: veth.Lossy(1)}, {At: time.Second}}, nil)
		require.NoError(t, err)
		i, _ := b.Qdiscs("eth0")
		require.Len(t, i, 1, "what is due at once is there")
		cancel()
		time.Sleep(2 * time.Second)
		i, _ = b.Qdiscs("eth0")
		assert.Len(t, i, 1, "it was cancelled")

		_, err = n.Schedule(nil, veth.Schedule{{At: 2}, {At: 1}})
		require.ErrorIs(t, err, veth.ErrImpairment)
	})
}

// Both directions change at the same instants, by timers of their own, and none is forgotten.
func TestScheduleBothAtOnce(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		host := simtest.NewHost(t)
		bridge, _ := host.Network("bridge")
		c1 := simtest.Run(t, host, "c1")
		link := c1.Link(bridge)
		interfaces := host.Interfaces()
		port := interfaces[slices.IndexFunc(interfaces, func(i sim.Interface) bool { return i.Master == "docker0" })].Name
		delay := func(ns *sim.Netns, dev string) time.Duration {
			list, err := ns.Qdiscs(dev)
			require.NoError(t, err)
			require.Len(t, list, 1)
			return list[0].Netem.Delay
		}
		var send, receive veth.Schedule
		const steps = 500
		for i := range steps {
			at := time.Duration(i+1) * time.Second
			send = append(send, veth.Step{At: at, Impairment: veth.Impairment{Delay: time.Duration(i + 1)}})
			receive = append(receive, veth.Step{At: at, Impairment: veth.Impairment{Delay: steps + time.Duration(i+1)}})
		}
		for _, schedule := range []func(send, receive veth.Schedule) (func(), error){bridge.Schedule, link.Schedule} {
			cancel, err := schedule(send, receive)
			require.NoError(t, err)
			for i := range steps {
				time.Sleep(time.Second)
				synctest.Wait()
				require.Equal(t, time.Duration(i+1), delay(&c1.Netns, "eth0"))
				require.Equal(t, steps+time.Duration(i+1), delay(&host.Netns, port))
			}
			cancel()
		}
	})
}
