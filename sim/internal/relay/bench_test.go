package relay

import (
	"io"
	"testing"

	"drydock/veth"

	"github.com/stretchr/testify/require"
)

// BenchmarkTCP is one stream through a proxy: on the machine's loopback, from one
// netstack over a cable to another, and from the machine to a netstack.
func BenchmarkTCP(b *testing.B) {
	m := new(machine)
	end1, end2, err := veth.Pair(veth.WithSeed(1))
	require.NoError(b, err)
	host, container := newStack(b, end1, 1, false), newStack(b, end2, 2, false)
	b.Run("machine", func(b *testing.B) { benchmarkTCP(b, m, env{m, m, "127.0.0.1"}) })
	b.Run("netstack", func(b *testing.B) { benchmarkTCP(b, host, env{host, container, "10.0.0.2"}) })
	b.Run("both", func(b *testing.B) { benchmarkTCP(b, m, env{host, container, "10.0.0.2"}) })
}

// benchmarkTCP has the clients of a proxy elsewhere than on the host that dials.
func benchmarkTCP(b *testing.B, clients sockets, e env) {
	l, err := e.container.Listen(b.Context(), "tcp4", e.addr+":0")
	require.NoError(b, err)
	defer l.Close()
	front, err := clients.Listen(b.Context(), "tcp4", "127.0.0.1:0")
	require.NoError(b, err)
	p := NewTCP(front, e.to(l.Addr()), Proxy)
	defer p.Close()
	c, err := clients.DialContext(b.Context(), "tcp4", p.Addr().String())
	require.NoError(b, err)
	defer c.Close()
	s, err := l.Accept()
	require.NoError(b, err)
	defer s.Close()

	chunk := make([]byte, 64<<10)
	b.SetBytes(int64(len(chunk)))
	b.ReportAllocs()
	done := make(chan int64)
	go func() {
		n, _ := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{s}, make([]byte, 256<<10))
		done <- n
	}()
	for b.Loop() {
		if _, err := c.Write(chunk); err != nil {
			b.Fatal(err)
		}
	}
	c.(streamConn).CloseWrite()
	require.Equal(b, int64(b.N)*int64(len(chunk)), <-done)
	b.ReportMetric(float64(b.N)*float64(len(chunk))*8/b.Elapsed().Seconds()/1e9, "Gbit/s")
}
