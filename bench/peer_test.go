package bench

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

// A machine opens connections and accepts them.
type machine interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
	Listen(ctx context.Context, network, address string) (net.Listener, error)
}

// An end is a place that sends and receives: a container, a bare netstack, a
// network namespace of the kernel.
type end interface {
	machine
	ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error)

	// addr returns the IPv4 address of the end.
	addr() string

	// ping sends n echo requests to an address, each on the reply to the one
	// before, and returns the times that the replies took.
	ping(ctx context.Context, to string, n int) ([]time.Duration, error)
}

// A pair is two ends that reach each other.
type pair struct{ client, server end }

// A peer is something that joins ends.
type peer struct {
	name string

	// open returns n pairs, which are closed with b. It skips b where the peer
	// does not exist.
	open func(b *testing.B, n int) []pair
}

// peers are joined by: two cables and a bridge; gVisor's cable; two of gVisor's
// cables and its bridge; nothing; two of the kernel's cables and its bridge. The
// first three have the same TCP/IP stack, with the same options.
var peers = []peer{
	{"drydock", openDrydock},
	{"gvisor-veth", openGVisorVeth},
	{"gvisor-bridge", openGVisorBridge},
	{"kernel-loopback", openKernelLoopback},
	{"kernel-bridge", openKernelBridge},
}

// listen returns a listener of e on any port, which is closed with b.
func listen(b *testing.B, e end) net.Listener { return listenAt(b, e, e.addr()+":0") }

// listenAt returns a listener of m, which is closed with b.
func listenAt(b *testing.B, m machine, address string) net.Listener {
	l, err := m.Listen(b.Context(), "tcp4", address)
	require.NoError(b, err)
	b.Cleanup(func() { l.Close() })
	return l
}

// share has workers do b.N pieces of work and starts the timer.
func share(b *testing.B, workers int, work func(worker int) error) {
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

// reportTimes reports the median and the tail of times that were measured.
func reportTimes(b *testing.B, times []time.Duration) {
	slices.Sort(times)
	at := func(p float64) float64 { return float64(times[int(p*float64(len(times)-1))].Nanoseconds()) }
	b.ReportMetric(at(0.5), "p50-ns")
	b.ReportMetric(at(0.99), "p99-ns")
}

// perSecond reports how many a second there were of what b.N counts.
func perSecond(b *testing.B, unit string) {
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), unit+"/s")
}
