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
		b.Run(fmt.Sprint(n), func(b *testing.B) { containers(b, n) })
	}
}

func containers(b *testing.B, n int) {
	var start, stop time.Duration
	var bytes, goroutines int64
	for b.Loop() {
		host, err := sim.NewHost()
		require.NoError(b, err)
		heap, running := footprint()
		t := time.Now()
		for i := range n {
			_, err := host.Run(fmt.Sprint("c", i))
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
