package slirp

import (
	"io"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkStream sends one TCP stream through the Net, by real loopback and the
// cable, and for comparison by real loopback alone.
func BenchmarkStream(b *testing.B) {
	for _, p := range pipes {
		b.Run(p.name, func(b *testing.B) {
			n, h := newNet(b, Options{Forward: true})
			at, dial := p.listen(b, n, h)
			benchmarkStream(b, at, dial)
		})
	}
	b.Run("loopback", func(b *testing.B) {
		l := listenReal(b)
		benchmarkStream(b, l, func(tb testing.TB) net.Conn { return dialReal(tb, l.Addr()) })
	})
}

func benchmarkStream(b *testing.B, at net.Listener, dial func(testing.TB) net.Conn) {
	for _, sender := range []string{"client", "server"} {
		b.Run(sender, func(b *testing.B) {
			client := dial(b).(streamConn)
			server := accept(b, at).(streamConn)
			from, to := client, server
			if sender == "server" {
				from, to = server, client
			}
			const size = 128 << 10
			buf := make([]byte, size)
			done := make(chan struct{})
			go func() {
				defer close(done)
				for got := make([]byte, 256<<10); ; {
					if _, err := to.Read(got); err != nil {
						return
					}
				}
			}()
			b.ReportAllocs()
			for b.Loop() {
				_, err := from.Write(buf)
				require.NoError(b, err)
			}
			require.NoError(b, from.CloseWrite())
			<-done
			b.ReportMetric(float64(b.N)*size*8/b.Elapsed().Seconds()/1e9, "Gbit/s")
			to.CloseWrite()
			io.Copy(io.Discard, from)
		})
	}
}

// BenchmarkConnect makes connections one after the other.
func BenchmarkConnect(b *testing.B) {
	for _, p := range pipes {
		b.Run(p.name, func(b *testing.B) {
			n, h := newNet(b, Options{Forward: true})
			at, dial := p.listen(b, n, h)
			b.ReportAllocs()
			for b.Loop() {
				c := dial(b)
				s, err := at.Accept()
				require.NoError(b, err)
				c.Close()
				io.Copy(io.Discard, s)
				s.Close()
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "conns/s")
		})
	}
}
