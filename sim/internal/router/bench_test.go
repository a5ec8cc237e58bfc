package router_test

import (
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkStream sends one TCP stream from host to host: over one cable, through
// the router, and through gVisor's own forwarding.
func BenchmarkStream(b *testing.B) {
	b.Run("unrouted", func(b *testing.B) {
		t := plan{}.build(b)
		stream(b, t.a, t.router, "10.1.0.1:80")
	})
	b.Run("routed", func(b *testing.B) {
		t := plan{}.build(b)
		stream(b, t.a, t.b, "10.2.0.2:80")
	})
	b.Run("filtered", func(b *testing.B) {
		t := plan{filter: new(netfilter)}.build(b)
		stream(b, t.a, t.b, "10.2.0.2:80")
	})
	b.Run("gvisor", func(b *testing.B) {
		t := plan{plain: true}.build(b)
		stream(b, t.a, t.b, "10.2.0.2:80")
	})
}

// stream measures a stream to an address of server.
func stream(b *testing.B, client dialer, server listener, addr string) {
	l, err := server.Listen(bg, "tcp", addr)
	require.NoError(b, err)
	defer l.Close()
	c, err := client.DialContext(bg, "tcp", addr)
	require.NoError(b, err)
	s, err := l.Accept()
	require.NoError(b, err)
	received := make(chan error)
	go func() {
		buf := make([]byte, 1<<20)
		for {
			if _, err := s.Read(buf); err != nil {
				s.Close()
				received <- err
				return
			}
		}
	}()
	buf := make([]byte, 256<<10)
	b.SetBytes(int64(len(buf)))
	b.ReportAllocs()
	for b.Loop() {
		_, err := c.Write(buf)
		require.NoError(b, err)
	}
	require.NoError(b, c.(interface{ CloseWrite() error }).CloseWrite())
	if err := <-received; !errors.Is(err, io.EOF) {
		b.Error(err)
	}
	c.Close()
	b.ReportMetric(float64(b.N)*float64(len(buf))*8/b.Elapsed().Seconds()/1e9, "Gbit/s")
}
