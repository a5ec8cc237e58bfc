package bench

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"drydock/sim"

	"github.com/stretchr/testify/require"
)

// BenchmarkLANPorts makes machines on one LAN. What one costs should not depend on how many there are.
func BenchmarkLANPorts(b *testing.B) {
	for _, n := range []int{100, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			if n > 100 && testing.Short() {
				b.Skip("takes a second")
			}
			lanPorts(b, n)
		})
	}
}

func lanPorts(b *testing.B, n int) {
	var start, stop time.Duration
	for b.Loop() {
		lan, err := sim.NewLAN()
		require.NoError(b, err)
		machines := make([]*sim.Machine, n)
		t := time.Now()
		for i := range machines {
			at := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, byte(i / 250), byte(i%250 + 1)}), 16)
			machines[i], err = sim.NewMachine(sim.WithName(fmt.Sprint("m", i)), sim.WithUplink(lan, at))
			require.NoError(b, err)
		}
		start += time.Since(t)
		t = time.Now()
		for _, m := range machines {
			require.NoError(b, m.Close())
		}
		require.NoError(b, lan.Close())
		stop += time.Since(t)
	}
	all := float64(b.N * n)
	b.ReportMetric(float64(start.Microseconds())/all, "start-µs/port")
	b.ReportMetric(float64(stop.Microseconds())/all, "close-µs/port")
}
