package bench

import (
	"fmt"
	"testing"

	"drydock/sim"

	"github.com/stretchr/testify/require"
)

// BenchmarkPublish starts a container with many published ports and kills it. What a port
// costs does not depend on how many there are.
func BenchmarkPublish(b *testing.B) {
	for _, n := range []int{100, 1000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			if n > 100 && testing.Short() {
				b.Skip("takes seconds")
			}
			host, err := sim.NewHost()
			require.NoError(b, err)
			defer host.Close()
			ports := sim.WithPublish(fmt.Sprintf("10000-%d:10000-%[1]d", 9999+n))
			for b.Loop() {
				c, err := host.Run("web", ports)
				require.NoError(b, err)
				require.NoError(b, c.Kill())
				require.NoError(b, c.Remove())
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/port")
		})
	}
}
