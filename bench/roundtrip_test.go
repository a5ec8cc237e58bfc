package bench

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkRoundTrip sends requests of one byte to who sends them back, each on the reply to the
// one before: netperf's TCP_RR and UDP_RR.
func BenchmarkRoundTrip(b *testing.B) {
	for _, p := range peers {
		b.Run(p.name+"/tcp", func(b *testing.B) {
			ends := p.open(b, 1)[0]
			l := listen(b, ends.server)
			go func() {
				if c, err := l.Accept(); err == nil {
					sendBack(c)
				}
			}()
			c, err := ends.client.DialContext(b.Context(), "tcp4", l.Addr().String())
			require.NoError(b, err)
			roundTrips(b, c)
		})
		b.Run(p.name+"/udp", func(b *testing.B) {
			ends := p.open(b, 1)[0]
			connect(b, ends)
			server, err := ends.server.ListenPacket(b.Context(), "udp4", ends.server.addr()+":0")
			require.NoError(b, err)
			defer server.Close()
			go func() {
				buf := make([]byte, 2048)
				for {
					n, from, err := server.ReadFrom(buf)
					if err != nil {
						return
					}
					server.WriteTo(buf[:n], from)
				}
			}()
			c, err := ends.client.DialContext(b.Context(), "udp4", server.LocalAddr().String())
			require.NoError(b, err)
			roundTrips(b, c)
		})
	}
}

// sendBack returns what c receives until it is closed.
func sendBack(c net.Conn) {
	defer c.Close()
	io.Copy(c, c)
}

func roundTrips(b *testing.B, c net.Conn) {
	defer c.Close()
	buf := make([]byte, 1)
	times := make([]time.Duration, 0, b.N)
	b.ResetTimer()
	for range b.N {
		start := time.Now()
		if _, err := c.Write(buf); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(c, buf); err != nil {
			b.Fatal(err)
		}
		times = append(times, time.Since(start))
	}
	b.StopTimer()
	reportTimes(b, times)
}
