package bench

import (
	"fmt"
	"testing"
	"time"

	"drydock/sim"

	"github.com/stretchr/testify/require"
)

// BenchmarkReleases starts a host of each release of Docker, networks with containers that publish a
// port each, and closes the host.
func BenchmarkReleases(b *testing.B) {
	for _, r := range []struct {
		name string
		opts []sim.HostOption
	}{
		{"20", []sim.HostOption{sim.WithEngine(sim.Docker20)}},
		{"28", []sim.HostOption{sim.WithEngine(sim.Docker28)}},
		{"29", []sim.HostOption{sim.WithEngine(sim.Docker29)}},
		{"29-nftables", []sim.HostOption{sim.WithEngine(sim.Docker29), sim.WithFirewallBackend("nftables")}},
	} {
		b.Run(r.name, func(b *testing.B) { release(b, r.opts...) })
	}
}

func release(b *testing.B, opts ...sim.HostOption) {
	const networks, containers = 10, 100
	var hosts, creates, starts, closes time.Duration
	for b.Loop() {
		t := time.Now()
		host, err := sim.NewHost(opts...)
		require.NoError(b, err)
		hosts += lap(&t)
		var list []*sim.Network
		for i := range networks {
			n, err := host.CreateNetwork(fmt.Sprint("net", i))
			require.NoError(b, err)
			list = append(list, n)
		}
		creates += lap(&t)
		for i := range containers {
			_, err := host.Run(fmt.Sprint("c", i), sim.WithNetwork(list[i%networks]), sim.WithPublish(fmt.Sprintf("%d:80", 10_000+i)))
			require.NoError(b, err)
		}
		starts += lap(&t)
		require.NoError(b, host.Close())
		closes += lap(&t)
	}
	for unit, each := range map[string]float64{
		"host-µs":          us(hosts, b.N),
		"network-µs":       us(creates, b.N*networks),
		"published-run-µs": us(starts, b.N*containers),
		"close-µs":         us(closes, b.N),
	} {
		b.ReportMetric(each, unit)
	}
}

// lap returns the time since *t, which is now afterwards.
func lap(t *time.Time) time.Duration {
	now := time.Now()
	d := now.Sub(*t)
	*t = now
	return d
}

func us(d time.Duration, n int) float64 { return float64(d.Microseconds()) / float64(n) }
