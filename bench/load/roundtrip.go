package load

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// RoundTripsTCP sends requests of one byte over a connection to who sends them back, each on the
// reply to the one before: netperf's TCP_RR.
func RoundTripsTCP(b *testing.B, client, server End) {
	l := Listen(b, server)
	go func() {
		if c, err := l.Accept(); err == nil {
			io.Copy(c, c)
			c.Close()
		}
	}()
	c, err := client.DialContext(b.Context(), "tcp4", l.Addr().String())
	require.NoError(b, err)
	roundTrips(b, c)
}

// RoundTripsUDP does the same with datagrams: netperf's UDP_RR.
func RoundTripsUDP(b *testing.B, client, server End) {
	s, err := server.ListenPacket(b.Context(), "udp4", server.Addr()+":0")
	require.NoError(b, err)
	defer s.Close()
	go func() {
		buf := make([]byte, 2048)
		for {
			n, from, err := s.ReadFrom(buf)
			if err != nil {
				return
			}
			s.WriteTo(buf[:n], from)
		}
	}()
	c, err := client.DialContext(b.Context(), "udp4", s.LocalAddr().String())
	require.NoError(b, err)
	roundTrips(b, c)
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
	ReportTimes(b, times)
}
