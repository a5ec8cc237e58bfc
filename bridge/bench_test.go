package bridge_test

import (
	"fmt"
	"testing"

	"drydock/bridge"

	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// BenchmarkForward measures the bridge alone: its ports lead nowhere. Frames of 64
// bytes go from each port to the next, or to all.
func BenchmarkForward(b *testing.B) {
	for _, n := range []int{2, 100, 1000} {
		b.Run(fmt.Sprintf("unicast/ports=%d", n), func(b *testing.B) {
			benchmarkForward(b, n, func(i int) bridge.MAC { return station((i + 1) % n) })
		})
	}
	b.Run("broadcast/ports=100", func(b *testing.B) {
		benchmarkForward(b, 100, func(int) bridge.MAC { return broadcast })
	})
}

func benchmarkForward(b *testing.B, n int, dst func(i int) bridge.MAC) {
	l := newLab(b, n)
	forward := make([]func(*stack.PacketBuffer), n)
	packets := make([]*stack.PacketBuffer, n)
	for i, p := range l.bridge.Ports() {
		c := l.cables[p.Name()]
		c.discard = true
		forward[i] = c.attached().(interface{ ForwardFrame(*stack.PacketBuffer) }).ForwardFrame
		packets[i] = outgoing(frame{src: station(i), dst: dst(i)}.bytes())
		forward[i](packets[i])
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		forward[i](packets[i])
		if i++; i == n {
			i = 0
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/1e6, "Mpps")
}

// BenchmarkMACFlood measures frames from ever new addresses, which push each other
// out of the table.
func BenchmarkMACFlood(b *testing.B) {
	l := newLab(b, 1)
	c := l.cables["p1"]
	n := 0
	f := frame{src: station(0), dst: broadcast}.bytes()
	pkt := incoming(f)
	eth := pkt.LinkHeader().Slice() // nobody shares it
	for b.Loop() {
		n++
		eth[8], eth[9], eth[10], eth[11] = byte(n>>24), byte(n>>16), byte(n>>8), byte(n)
		c.forward(pkt)
	}
}
