package sim_test

import (
	"net/netip"
	"sync"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/simtest"
	"drydock/veth"

	"github.com/stretchr/testify/require"
)

// TestSolicitations has a container on a network with IPv6 ask whether its link-local address is taken, and for routers, at the
// times of Linux; and one without IPv6 ask for nothing.
func TestSolicitations(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		n := simtest.NewNetwork(t, h, "six", sim.WithSubnet(netip.MustParsePrefix("fd00:8::/64")))
		type question struct {
			kind byte
			src  netip.Addr
			at   time.Duration
			data []byte
		}
		var mu sync.Mutex
		var asked []question
		began := time.Now()
		stop := h.Sniff(func(p sim.Place) bool { return p.Owner != "docker" && p.Device == "eth0" }, func(s sim.Sniffed) {
			f := s.Frame
			if s.Direction != veth.Sent || len(f) < 62 || f[12] != 0x86 || f[20] != 58 || f[54] != 133 && f[54] != 135 {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			asked = append(asked, question{f[54], netip.AddrFrom16([16]byte(f[22:38])), time.Since(began), f[38:]})
		})
		c := simtest.Run(t, h, "ca", sim.WithNetwork(n))
		simtest.Run(t, h, "plain")
		time.Sleep(24 * time.Hour)
		stop()
		mu.Lock()
		defer mu.Unlock()
		var own netip.Addr
		for _, i := range c.Interfaces() {
			for _, a := range i.Addrs {
				if a.Addr().IsLinkLocalUnicast() {
					own = a.Addr()
				}
			}
		}
		require.InDelta(t, 12, len(asked), 1) // by chance
		first := asked[0]
		require.Equal(t, byte(135), first.kind)
		require.Equal(t, netip.IPv6Unspecified(), first.src)
		require.Less(t, first.at, time.Second)
		require.Equal(t, own, netip.AddrFrom16([16]byte(first.data[24:40])))
		require.Equal(t, first.at+time.Second, asked[1].at)
		wait := 4 * time.Second
		for i, q := range asked[1:] {
			require.Equal(t, byte(133), q.kind)
			require.Equal(t, own, q.src)
			require.Equal(t, netip.MustParseAddr("ff02::2"), netip.AddrFrom16([16]byte(q.data[:16])))
			if i == 0 {
				continue
			}
			waited := q.at - asked[i].at
			require.InDelta(t, wait, waited, float64(wait)/10+1, i)
			wait = 2 * waited
		}
	})
}
