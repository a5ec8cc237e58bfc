package bench

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"drydock/sim"

	"github.com/stretchr/testify/require"
)

// BenchmarkContainers starts containers on docker0 and closes the host.
func BenchmarkContainers(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) { containers(b, n, false) })
	}
}

// BenchmarkNetworkContainers starts containers on a network of their own, where each
// has an embedded resolver, and closes the host.
func BenchmarkNetworkContainers(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) { containers(b, n, true) })
	}
}

func containers(b *testing.B, n int, ownNetwork bool) {
	var start, stop time.Duration
	var bytes, goroutines int64
	for b.Loop() {
		host, err := sim.NewHost()
		require.NoError(b, err)
		var opts []sim.ContainerOption
		if ownNetwork {
			network, err := host.CreateNetwork("net")
			require.NoError(b, err)
			opts = append(opts, sim.WithNetwork(network))
		}
		heap, running := footprint()
		t := time.Now()
		for i := range n {
			_, err := host.Run(fmt.Sprint("c", i), opts...)
			require.NoError(b, err)
		}
		start += time.Since(t)
		heap2, running2 := footprint()
		bytes += heap2 - heap
		goroutines += running2 - running
		t = time.Now()
		require.NoError(b, host.Close())
		stop += time.Since(t)
	}
	all := float64(b.N * n)
	b.ReportMetric(float64(start.Microseconds())/all, "start-µs/container")
	b.ReportMetric(float64(bytes)/1024/all, "KiB/container")
	b.ReportMetric(float64(goroutines)/all, "goroutines/container")
	b.ReportMetric(float64(stop.Microseconds())/float64(b.N), "close-µs")
}

// footprint returns how many bytes of heap and goroutine stacks are in use, and
// how many goroutines there are.
func footprint() (bytes, goroutines int64) {
	runtime.GC()
	runtime.GC() // what sync.Pool kept
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse), int64(runtime.NumGoroutine())
}
