package bench

import (
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
)

const (
	writeSize = 256 << 10 // bytes per Write of a stream; one operation
	readSize  = 1 << 20   // bytes per Read at most
)

// BenchmarkTCPStream sends through one TCP connection.
func BenchmarkTCPStream(b *testing.B) {
	for _, p := range peers {
		b.Run(p.name, func(b *testing.B) { streams(b, p, 1) })
	}
}

// BenchmarkTCPStreams sends through several TCP connections at once, each between
// two ends of its own.
func BenchmarkTCPStreams(b *testing.B) {
	for _, p := range peers {
		for _, n := range []int{2, 8, 32} {
			b.Run(fmt.Sprintf("%s/pairs=%d", p.name, n), func(b *testing.B) { streams(b, p, n) })
		}
	}
}

// streams measures until all that was sent has been received.
func streams(b *testing.B, p peer, n int) {
	var senders []net.Conn
	var receivers errgroup.Group
	received := make([]int64, n)
	for i, ends := range p.open(b, n) {
		sender, receiver := connect(b, ends)
		senders = append(senders, sender)
		receivers.Go(func() (err error) {
			received[i], err = discard(receiver)
			return err
		})
	}
	data := make([]byte, writeSize)
	share(b, n, func(worker int) error {
		_, err := senders[worker].Write(data)
		return err
	})
	for _, s := range senders {
		require.NoError(b, s.Close())
	}
	require.NoError(b, receivers.Wait())
	b.StopTimer()
	total := int64(0)
	for _, n := range received {
		total += n
	}
	require.EqualValues(b, b.N*writeSize, total)
	b.ReportMetric(float64(total)*8/1e9/b.Elapsed().Seconds(), "Gbit/s")
}

// connect returns the two ends of a TCP connection, which are closed with b.
func connect(b *testing.B, ends pair) (client, server net.Conn) {
	l := listen(b, ends.server)
	accepted := make(chan net.Conn, 1)
	go func() {
		c, _ := l.Accept()
		accepted <- c
	}()
	client, err := ends.client.DialContext(b.Context(), "tcp4", l.Addr().String())
	require.NoError(b, err)
	b.Cleanup(func() { client.Close() })
	server = <-accepted
	require.NotNil(b, server, "accept")
	b.Cleanup(func() { server.Close() })
	return client, server
}

// discard reads r to its end and returns how many bytes it had.
func discard(r io.ReadCloser) (total int64, err error) {
	defer r.Close()
	buf := make([]byte, readSize)
	for {
		n, err := r.Read(buf)
		total += int64(n)
		if err == io.EOF {
			return total, nil
		}
		if err != nil {
			return total, err
		}
	}
}
