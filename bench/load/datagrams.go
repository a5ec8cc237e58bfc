package load

import (
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Datagrams sends datagrams of a size as fast as the socket takes them, which is faster than some
// are received: packets/s counts those that arrive, loss is the share of those that do not. The
// client must know the way already.
func Datagrams(b *testing.B, client, server End, size int) {
	receiver, err := server.ListenPacket(b.Context(), "udp4", server.Addr()+":0")
	require.NoError(b, err)
	defer receiver.Close()
	sender, err := client.DialContext(b.Context(), "udp4", receiver.LocalAddr().String())
	require.NoError(b, err)
	defer sender.Close()

	var received atomic.Int64
	ended := make(chan error)
	go func() { ended <- count(receiver, &received) }()
	data := make([]byte, size)
	b.ResetTimer()
	for range b.N {
		sender.Write(data) // some report a full queue as an error; to others it is a loss too
	}
	arrived := received.Load() // the rest waits in queues
	b.StopTimer()
	receiver.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
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
