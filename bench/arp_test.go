package bench

import (
	"fmt"
	"testing"

	"drydock/sim"

	"github.com/stretchr/testify/require"
)

// BenchmarkARP has a container ping others for the first time: the request for the
// address is flooded to all containers of the network.
func BenchmarkARP(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			host, all := manyContainers(b, n)
			defer func() { host.Close() }()
			pair := 0 // each of n containers with each of those behind it
			for b.Loop() {
				if pair++; pair == n*(n/2) { // all know each other
					b.StopTimer()
					host.Close()
					host, all = manyContainers(b, n)
					pair = 0
					b.StartTimer()
				}
				from := pair % n
				to := (from + 1 + pair/n) % n
				_, err := all[from].Ping(b.Context(), all[to].IP().String(), nil)
				require.NoError(b, err)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/port")
		})
	}
}

func manyContainers(b *testing.B, n int) (*sim.Host, []*sim.Container) {
	b.Helper()
	host, err := sim.NewHost()
	require.NoError(b, err)
	all := make([]*sim.Container, n)
	for i := range all {
		all[i], err = host.Run(fmt.Sprint("c", i))
		require.NoError(b, err)
	}
	return host, all
}
