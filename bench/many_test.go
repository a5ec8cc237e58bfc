package bench

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"drydock/sim"

	"github.com/stretchr/testify/require"
)

// BenchmarkManyContainers starts 10,000 containers on a network, prints the line of docker
// ps of each and closes the host. What one costs should be what it costs among a hundred.
func BenchmarkManyContainers(b *testing.B) {
	for _, n := range []int{100, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			if n > 100 && testing.Short() {
				b.Skip("takes a gigabyte")
			}
			many(b, n)
		})
	}
}

func many(b *testing.B, n int) {
	var start, summary, stop time.Duration
	var bytes, goroutines int64
	for b.Loop() {
		host, err := sim.NewHost()
		require.NoError(b, err)
		network, err := host.CreateNetwork("net", sim.WithSubnet(netip.MustParsePrefix("10.0.0.0/16")))
		require.NoError(b, err)
		heap, running := footprint()
		t := time.Now()
		for i := range n {
			_, err := host.Run(fmt.Sprint("c", i), sim.WithNetwork(network))
			require.NoError(b, err)
		}
		start += time.Since(t)
		heap2, running2 := footprint()
		bytes += heap2 - heap
		goroutines += running2 - running
		t = time.Now()
		for c := range host.Containers() {
			c.Summary()
		}
		summary += time.Since(t)
		t = time.Now()
		require.NoError(b, host.Close())
		stop += time.Since(t)
	}
	all := float64(b.N * n)
	b.ReportMetric(float64(start.Microseconds())/all, "start-µs/container")
	b.ReportMetric(float64(summary.Nanoseconds())/1000/all, "summary-µs/container")
	b.ReportMetric(float64(stop.Microseconds())/all, "close-µs/container")
	b.ReportMetric(float64(bytes)/1024/all, "KiB/container")
	b.ReportMetric(float64(goroutines)/all, "goroutines/container")
}
