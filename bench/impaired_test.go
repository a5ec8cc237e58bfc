package bench

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"drydock/bridge"
	"drydock/veth"

	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A sink counts frames in the goroutine that delivers them.
type sink struct{ n atomic.Int64 }

func (s *sink) ForwardFrame(*stack.PacketBuffer)                                    { s.n.Add(1) }
func (*sink) DeliverNetworkPacket(tcpip.NetworkProtocolNumber, *stack.PacketBuffer) {}
func (*sink) DeliverLinkPacket(tcpip.NetworkProtocolNumber, *stack.PacketBuffer)    {}

// A queuedSink counts in the goroutine of the end, as a stack takes frames.
type queuedSink struct{ n atomic.Int64 }

func (s *queuedSink) DeliverNetworkPacket(tcpip.NetworkProtocolNumber, *stack.PacketBuffer) {
	s.n.Add(1)
}
func (*queuedSink) DeliverLinkPacket(tcpip.NetworkProtocolNumber, *stack.PacketBuffer) {}

// impairments are the kinds, each at a size at which it is at work all the time.
var impairments = []struct {
	name       string
	impairment veth.Impairment
}{
	{"none", veth.Impairment{}},
	{"delay", veth.Impairment{Delay: 10 * time.Millisecond}},
	{"jitter", veth.Impairment{Delay: 10 * time.Millisecond, Jitter: veth.Jitter{Spread: 2 * time.Millisecond, Distribution: veth.Normal}}},
	{"loss", veth.Lossy(0.01)},
	{"gemodel", veth.Impairment{Loss: veth.Loss{Model: veth.GilbertElliott{P: 0.01, R: 0.1}}}},
	{"duplicate", veth.Impairment{Duplicate: veth.Chance{P: 0.01}}},
	{"corrupt", veth.Impairment{Corrupt: veth.Chance{P: 0.01}}},
	{"reorder", veth.Impairment{Delay: 10 * time.Millisecond, Reorder: veth.Reorder{P: 0.25}}},
	{"rate", veth.Impairment{Rate: 100_000_000_000}},
	{"slots", veth.Impairment{Slots: veth.Slots{Min: time.Millisecond, Max: time.Millisecond}}},
	{"tbf", veth.Impairment{Shaper: veth.Shaper{Rate: 100_000_000_000, Burst: 1 << 20}}},
	{"fq_codel", veth.Impairment{Shaper: veth.Shaper{Rate: 100_000_000_000, Burst: 1 << 20, Queue: veth.FQCoDel{}}}},
}

// BenchmarkImpaired sends frames through an impaired cable to who counts them, as fast as
// they come while no more than 50,000 are on their way.
func BenchmarkImpaired(b *testing.B) {
	for _, tt := range impairments {
		for _, size := range []int{64, 1514} {
			b.Run(fmt.Sprintf("%s/%s", tt.name, sizeName(size)), func(b *testing.B) { impaired(b, tt.impairment, size) })
		}
	}
}

func impaired(b *testing.B, i veth.Impairment, size int) {
	from, to, err := veth.Pair(veth.WithSeed(1), veth.WithImpairment(i))
	require.NoError(b, err)
	defer from.Close()
	var got sink
	to.Attach(&got)
	frame := oneFrame(from.LinkAddress(), to.LinkAddress(), size)
	defer frame.DecRef()
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		from.WritePacket(frame)
		if n++; n%64 == 0 {
			for from.LineStats().Waiting > 50_000 {
				runtime.Gosched()
			}
		}
	}
	for from.LineStats().Waiting > 0 {
		runtime.Gosched()
	}
	b.ReportMetric(float64(got.n.Load())/b.Elapsed().Seconds()/1e6, "Mpps")
}

// BenchmarkImpairedWaiting has how much memory a frame takes that is on its way.
func BenchmarkImpairedWaiting(b *testing.B) {
	const n = 1_000_000
	for _, size := range []int{64, 1514} {
		for _, tt := range []struct {
			name   string
			spread time.Duration
		}{{"delay", 0}, {"jitter", time.Minute / 30}} {
			b.Run(fmt.Sprintf("%s/%s", tt.name, sizeName(size)), func(b *testing.B) {
				var bytes int64
				for b.Loop() {
					from, to, err := veth.Pair(veth.WithSeed(1), veth.WithImpairment(veth.Impairment{
						Delay: time.Hour, Jitter: veth.Jitter{Spread: tt.spread}, Limit: n,
					}))
					require.NoError(b, err)
					to.Attach(new(sink))
					frame := oneFrame(from.LinkAddress(), to.LinkAddress(), size)
					before, _ := footprint()
					for range n {
						from.WritePacket(frame)
					}
					after, _ := footprint()
					require.Equal(b, n, from.LineStats().Waiting)
					bytes += after - before
					from.Close()
					frame.DecRef()
				}
				b.ReportMetric(float64(bytes)/float64(b.N)/n, "B/frame")
			})
		}
	}
}

// BenchmarkImpairedNetwork has a bridge with 100 ports of which every cable delays and loses
// in both directions: each frame passes two.
func BenchmarkImpairedNetwork(b *testing.B) {
	const ports = 100
	br, err := bridge.New("br")
	require.NoError(b, err)
	defer br.Close()
	bad := veth.Impairment{Delay: 5 * time.Millisecond, Loss: veth.Loss{P: 0.001}}
	var far [ports]*veth.Endpoint
	var got [ports]queuedSink
	for n := range far {
		outside, inside, err := veth.Pair(veth.WithSeed(uint64(n)), veth.WithImpairment(bad))
		require.NoError(b, err)
		_, err = br.AddPort(fmt.Sprint("p", n), outside)
		require.NoError(b, err)
		inside.Attach(&got[n])
		far[n] = inside
		defer inside.Close()
	}
	waiting := func() (n int) {
		for _, e := range far {
			n += e.LineStats().Waiting + e.Peer().LineStats().Waiting
		}
		return n
	}
	var frames [ports]*stack.PacketBuffer
	for n := range frames {
		frames[n] = oneFrame(far[n].LinkAddress(), far[(n+1)%ports].LinkAddress(), 64)
		defer frames[n].DecRef()
	}
	b.ReportAllocs()
	sent := 0
	for b.Loop() {
		far[sent/burst%ports].WritePacket(frames[sent/burst%ports])
		if sent++; sent%(burst*ports) == 0 {
			for waiting() > 100_000 {
				runtime.Gosched()
			}
		}
	}
	for waiting() > 0 {
		runtime.Gosched()
	}
	delivered := int64(0)
	for n := range got {
		delivered += got[n].n.Load()
	}
	b.ReportMetric(float64(delivered)/b.Elapsed().Seconds()/1e6, "Mpps")
}

// oneFrame is newFrame without a list.
func oneFrame(src, dst tcpip.LinkAddress, size int) *stack.PacketBuffer {
	list := newFrame(src, dst, size)
	return list.AsSlice()[0]
}
