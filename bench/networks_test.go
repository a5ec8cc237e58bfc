package bench

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"drydock/sim"

	"github.com/stretchr/testify/require"
)

// BenchmarkNetworks makes networks on one host and removes them one by one. What one
// costs should not depend on how many there are.
func BenchmarkNetworks(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) { networks(b, n) })
	}
	for _, n := range []int{100, 1000} {
		b.Run(fmt.Sprintf("29-nftables/%d", n), func(b *testing.B) {
			networks(b, n, sim.WithEngine(sim.Docker29), sim.WithFirewallBackend("nftables"))
		})
	}
}

func networks(b *testing.B, n int, opts ...sim.HostOption) {
	opts = append(opts, sim.WithAddressPools(24, netip.MustParsePrefix("10.0.0.0/12")))
	var create, remove time.Duration
	var bytes int64
	for b.Loop() {
		host, err := sim.NewHost(opts...)
		require.NoError(b, err)
		list := make([]*sim.Network, n)
		heap, _ := footprint()
		t := time.Now()
		for i := range list {
			list[i], err = host.CreateNetwork(fmt.Sprint("net", i))
			require.NoError(b, err)
		}
		create += time.Since(t)
		heap2, _ := footprint()
		bytes += heap2 - heap
		t = time.Now()
		for _, network := range list {
			require.NoError(b, network.Remove())
		}
		remove += time.Since(t)
		require.NoError(b, host.Close())
	}
	all := float64(b.N * n)
	b.ReportMetric(float64(create.Microseconds())/all, "create-µs/network")
	b.ReportMetric(float64(remove.Microseconds())/all, "remove-µs/network")
	b.ReportMetric(float64(bytes)/1024/all, "KiB/network")
}
