// Package load is what benchmarks do to ends of networks, whoever made those: streams, datagrams,
// Requests and connections. It reports in units that drydock and its peers share.
package load

import (
	"context"
	"net"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
)

// A Machine opens connections and accepts them.
type Machine interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
	Listen(ctx context.Context, network, address string) (net.Listener, error)
}

// A PacketListener receives datagrams.
type PacketListener interface {
	ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error)
}

// An End is a place that sends and receives: a container, a bare netstack, a
// network namespace of the kernel.
type End interface {
	Machine
	PacketListener
	Addr() string // its IPv4 address
}

// Listen returns a listener of e on any port, which is closed with b.
func Listen(b *testing.B, e End) net.Listener { return ListenAt(b, e, e.Addr()+":0") }

// ListenAt returns a listener of m, which is closed with b.
func ListenAt(b *testing.B, m Machine, address string) net.Listener {
	l, err := m.Listen(b.Context(), "tcp4", address)
	require.NoError(b, err)
	b.Cleanup(func() { l.Close() })
	return l
}

// Share has workers do b.N pieces of work and starts the timer.
func Share(b *testing.B, workers int, work func(worker int) error) {
	var left atomic.Int64
	left.Store(int64(b.N))
	var group errgroup.Group
	b.ResetTimer()
	for i := range workers {
		group.Go(func() error {
			for left.Add(-1) >= 0 {
				if err := work(i); err != nil {
					left.Store(0)
					return err
				}
			}
			return nil
		})
	}
	require.NoError(b, group.Wait())
}

// ReportTimes reports the median and the tail of times that were measured.
func ReportTimes(b *testing.B, times []time.Duration) {
	slices.Sort(times)
	at := func(p float64) float64 { return float64(times[int(p*float64(len(times)-1))].Nanoseconds()) }
	b.ReportMetric(at(0.5), "p50-ns")
	b.ReportMetric(at(0.99), "p99-ns")
}

// PerSecond reports how many a second there were of what b.N counts.
func PerSecond(b *testing.B, unit string) {
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), unit+"/s")
}
