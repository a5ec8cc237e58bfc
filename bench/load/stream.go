package load

import (
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

// Stream sends through one TCP connection.
func Stream(b *testing.B, client, server End) {
	sender, receiver := Connect(b, client, server)
	Transfer(b, []net.Conn{sender}, []net.Conn{receiver})
}

// Transfer measures until all that was sent has been received.
func Transfer(b *testing.B, senders, receivers []net.Conn) {
	var receiving errgroup.Group
	received := make([]int64, len(receivers))
	for i, receiver := range receivers {
		receiving.Go(func() (err error) {
			received[i], err = discard(receiver)
			return err
		})
	}
	data := make([]byte, writeSize)
	Share(b, len(senders), func(worker int) error {
		_, err := senders[worker].Write(data)
		return err
	})
	for _, s := range senders {
		require.NoError(b, s.Close())
	}
	require.NoError(b, receiving.Wait())
	b.StopTimer()
	total := int64(0)
	for _, n := range received {
		total += n
	}
	require.EqualValues(b, b.N*writeSize, total)
	b.ReportMetric(float64(total)*8/1e9/b.Elapsed().Seconds(), "Gbit/s")
}

// Connect returns the two ends of a TCP connection, which are closed with b.
func Connect(b *testing.B, client, server End) (fromClient, fromServer net.Conn) {
	l := Listen(b, server)
	return Dial(b, client, l, l.Addr().String())
}

// Dial connects from m to a listener by way of an address that leads there. The two
// ends of the connection are closed with b.
func Dial(b *testing.B, m Machine, l net.Listener, address string) (client, server net.Conn) {
	accepted := make(chan net.Conn, 1)
	go func() {
		c, _ := l.Accept()
		accepted <- c
	}()
	client, err := m.DialContext(b.Context(), "tcp4", address)
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
