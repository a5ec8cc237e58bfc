package bench

import (
	"drydock/bench/load"
	"io"
	"net"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/capture"

	"github.com/stretchr/testify/require"
)

// BenchmarkCapture sends through one TCP connection between two containers while nobody, or
// somebody, captures: everything, that is each frame at four places, one container, or what no
// frame matches. Captured frames are counted at the places that are looked at; those that found
// the writer's queue full are not written.
func BenchmarkCapture(b *testing.B) {
	for _, mode := range []string{"off", "container", "everything", "ring", "no match"} {
		b.Run(mode, func(b *testing.B) {
			host, err := sim.NewHost()
			require.NoError(b, err)
			b.Cleanup(func() { host.Close() })
			server, err := host.Run("server")
			require.NoError(b, err)
			client, err := host.Run("client")
			require.NoError(b, err)
			l, err := server.Listen(b.Context(), "tcp", ":5001")
			require.NoError(b, err)
			defer l.Close()
			sender, err := client.DialContext(b.Context(), "tcp", server.IP().String()+":5001")
			require.NoError(b, err)
			receiver, err := l.Accept()
			require.NoError(b, err)
			defer receiver.Close()

			var out byteCounter
			opts := map[string][]capture.Option{
				"container":  {capture.Container(server)},
				"everything": {capture.Machine(host.Machine)},
				"ring":       {capture.Machine(host.Machine), capture.Ring(time.Second)},
				"no match":   {capture.Machine(host.Machine), capture.Filter("udp port 1 and host 192.0.2.1")},
			}[mode]
			var w io.Writer = &out
			if mode == "ring" {
				w = nil
			}
			if mode != "off" {
				c, err := capture.Start(w, opts...)
				require.NoError(b, err)
				defer func() {
					b.StopTimer()
					require.NoError(b, c.Stop())
					b.ReportMetric(float64(out)/1e6/b.Elapsed().Seconds(), "captured-MB/s")
				}()
			}
			b.ResetTimer()
			load.Transfer(b, []net.Conn{sender}, []net.Conn{receiver})
			for _, i := range server.Interfaces() {
				if i.Name == "eth0" {
					b.ReportMetric(float64(i.RxPackets+i.TxPackets)/b.Elapsed().Seconds(), "frames/s")
				}
			}
		})
	}
}

// A byteCounter counts what is written to it.
type byteCounter int64

func (c *byteCounter) Write(p []byte) (int, error) {
	*c += byteCounter(len(p))
	return len(p), nil
}
