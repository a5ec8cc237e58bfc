package bench

import (
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkUDP sends datagrams as fast as the socket takes them, which is faster
// than some are received: packets/s counts those that arrive, loss is the share of
// those that do not.
func BenchmarkUDP(b *testing.B) {
	for _, p := range peers {
		for _, size := range []int{64, 1400} {
			b.Run(fmt.Sprintf("%s/%dB", p.name, size), func(b *testing.B) { datagrams(b, p.open(b, 1)[0], size) })
		}
	}
}

func datagrams(b *testing.B, ends pair, size int) {
	connect(b, ends) // waits for ARP, and for the port of the kernel's bridge to come up
	server, err := ends.server.ListenPacket(b.Context(), "udp4", ends.server.addr()+":0")
	require.NoError(b, err)
	defer server.Close()
	client, err := ends.client.DialContext(b.Context(), "udp4", server.LocalAddr().String())
	require.NoError(b, err)
	defer client.Close()

	var received atomic.Int64
	ended := make(chan error)
	go func() { ended <- count(server, &received) }()
	data := make([]byte, size)
	b.ResetTimer()
	for range b.N {
		client.Write(data) // some report a full queue as an error; to others it is a loss too
	}
	arrived := received.Load() // the rest waits in queues
	b.StopTimer()
	server.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	var timeout net.Error
	require.ErrorAs(b, <-ended, &timeout)
	require.True(b, timeout.Timeout())
	require.Positive(b, received.Load())
	b.ReportMetric(float64(arrived)/b.Elapsed().Seconds(), "packets/s")
	b.ReportMetric(1-float64(received.Load())/float64(b.N), "loss")
}

// count counts the datagrams that c receives until reading fails.
func count(c net.PacketConn, n *atomic.Int64) error {
	buf := make([]byte, 2048)
	for {
		if _, _, err := c.ReadFrom(buf); err != nil {
			return err
		}
		n.Add(1)
	}
}
