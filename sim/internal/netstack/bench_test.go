package netstack

import (
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkTCPStream sends one stream between two stacks over one cable of MTU
// 1500.
func BenchmarkTCPStream(b *testing.B) {
	s1, s2 := newPair(b, Options{Seed: 1})
	c1, c2 := env{client: s1, server: s2, host: "10.0.0.2"}.connect(b)
	received := make(chan error)
	go func() {
		buf := make([]byte, 1<<20)
		for {
			if _, err := c2.Read(buf); err != nil {
				received <- err
				return
			}
		}
	}()
	buf := make([]byte, 256<<10)
	b.SetBytes(int64(len(buf)))
	b.ReportAllocs()
	for b.Loop() {
		_, err := c1.Write(buf)
		require.NoError(b, err)
	}
	require.NoError(b, c1.CloseWrite())
	if err := <-received; !errors.Is(err, io.EOF) {
		b.Error(err)
	}
	b.ReportMetric(float64(b.N)*float64(len(buf))*8/b.Elapsed().Seconds()/1e9, "Gbit/s")
}

// BenchmarkDatagram sends one datagram over lo and receives it.
func BenchmarkDatagram(b *testing.B) {
	s := newStack(b, Options{Seed: 1})
	e := env{client: s, server: s, host: "127.0.0.1"}
	r := e.listenPacket(b, "udp").(*UDPConn)
	w := e.dial(b, r.LocalAddr())
	buf := make([]byte, 64)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := w.Write(buf); err != nil {
			b.Fatal(err)
		}
		if _, err := r.Read(buf); err != nil {
			b.Fatal(err)
		}
	}
}
