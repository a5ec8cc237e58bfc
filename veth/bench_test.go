package veth_test

import (
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"testing"
	"time"

	"drydock/veth"

	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/refs"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// benchmarking reports whether benchmarks were asked for: leak checking would be
// most of what they measure.
func benchmarking() bool {
	flag.Parse()
	return flag.Lookup("test.bench").Value.String() != ""
}

// A counter is a dispatcher that counts.
type counter struct{ n atomic.Int64 }

func (c *counter) DeliverNetworkPacket(tcpip.NetworkProtocolNumber, *stack.PacketBuffer) { c.n.Add(1) }
func (*counter) DeliverLinkPacket(tcpip.NetworkProtocolNumber, *stack.PacketBuffer)      {}

// A forwardingCounter counts in the goroutine of the sender.
type forwardingCounter struct{ counter }

func (c *forwardingCounter) ForwardFrame(*stack.PacketBuffer) { c.n.Add(1) }

// counters are the kinds of dispatchers.
func counters(kind string) (stack.NetworkDispatcher, *atomic.Int64) {
	if kind == "forward" {
		c := new(forwardingCounter)
		return c, &c.n
	}
	c := new(counter)
	return c, &c.n
}

// BenchmarkCable sends frames from one end to the other: until a counting
// dispatcher has been called by the goroutine of the queue, or by the sender. The
// sender yields when the queue is full, so nothing is dropped.
func BenchmarkCable(b *testing.B) {
	for _, kind := range []string{"queue", "forward"} {
		for _, size := range []int{64, 1514, 65535} {
			b.Run(fmt.Sprintf("%s/%dB", kind, size), func(b *testing.B) { benchmarkCable(b, kind, size) })
		}
	}
}

func benchmarkCable(b *testing.B, kind string, size int) {
	from, to := pair(b)
	defer from.Close()
	d, delivered := counters(kind)
	to.Attach(d)
	var gso stack.GSO
	if size > 1514 {
		gso = stack.GSO{Type: stack.GSOTCPv4, MSS: 1460}
	}
	pkt := outgoing(raw(macB, macA, size), gso)
	defer pkt.DecRef()

	b.ReportAllocs()
	sent := int64(0)
	for b.Loop() {
		for sent-delivered.Load() >= veth.DefaultQueue {
			runtime.Gosched()
		}
		from.WritePacket(pkt)
		sent++
	}
	for delivered.Load() < sent {
		runtime.Gosched()
	}
	b.ReportMetric(float64(sent)/b.Elapsed().Seconds()/1e6, "Mpps")
	require.Zero(b, to.Stats().RxDropped)
}

// TestNoAllocations is not parallel: it counts the allocations of the process.
func TestNoAllocations(t *testing.T) {
	if raceDetector {
		t.Skip("pools lose things on purpose")
	}
	defer refs.SetLeakMode(refs.GetLeakMode())
	refs.SetLeakMode(refs.NoLeakChecking)
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // collections empty pools
	for _, kind := range []string{"queue", "forward"} {
		for _, size := range []int{64, 1514, 65535} {
			t.Run(fmt.Sprintf("%s/%dB", kind, size), func(t *testing.T) {
				from, to := pair(t)
				defer from.Close()
				d, delivered := counters(kind)
				to.Attach(d)
				pkt := outgoing(raw(macB, macA, size), stack.GSO{Type: stack.GSOTCPv4, MSS: 1460})
				defer pkt.DecRef()
				const burst = 500
				perBurst := testing.AllocsPerRun(20, func() {
					want := delivered.Load() + burst
					for range burst {
						from.WritePacket(pkt)
					}
					for delivered.Load() < want {
						runtime.Gosched()
					}
				})
				require.Zero(t, perBurst)
			})
		}
	}
}

// impaired are what TestNoAllocationsImpaired sends through.
var impaired = map[string]veth.Impairment{
	"delay":    {Delay: 50 * time.Microsecond},
	"jitter":   {Delay: 50 * time.Microsecond, Jitter: veth.Jitter{Spread: 40 * time.Microsecond, Distribution: veth.Normal}},
	"loss":     {Loss: veth.Loss{P: 0.1}},
	"gemodel":  {Loss: veth.Loss{Model: veth.GilbertElliott{P: 0.01, R: 0.1}}},
	"dup":      {Duplicate: veth.Chance{P: 0.1}},
	"corrupt":  {Corrupt: veth.Chance{P: 0.1}},
	"reorder":  {Delay: 50 * time.Microsecond, Reorder: veth.Reorder{P: 0.1}},
	"rate":     {Rate: 100e9},
	"slots":    {Slots: veth.Slots{Min: time.Microsecond, Max: 20 * time.Microsecond}},
	"tbf":      {Shaper: veth.Shaper{Rate: 100e9, Burst: 1 << 20}},
	"fq_codel": {Shaper: veth.Shaper{Rate: 100e9, Burst: 1 << 20, Queue: veth.FQCoDel{}}},
}

// TestNoAllocationsImpaired sends small frames, large ones and super-segments that are cut.
func TestNoAllocationsImpaired(t *testing.T) {
	if raceDetector {
		t.Skip("pools lose things on purpose")
	}
	defer refs.SetLeakMode(refs.GetLeakMode())
	refs.SetLeakMode(refs.NoLeakChecking)
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	for name, i := range impaired {
		for _, size := range []int{64, 1514, 15000} {
			t.Run(fmt.Sprintf("%s/%dB", name, size), func(t *testing.T) {
				from, to := pair(t, veth.WithImpairment(i))
				defer from.Close()
				d, _ := counters("forward")
				to.Attach(d)
				frame := tcpFrame(string(make([]byte, size-54)))
				pkt := outgoing(frame, stack.GSO{Type: stack.GSOTCPv4, MSS: 1460, L3HdrLen: 20})
				defer pkt.DecRef()
				send := func() {
					for range 100 {
						from.WritePacket(pkt)
					}
					for from.LineStats().Waiting > 0 {
						time.Sleep(10 * time.Microsecond)
					}
				}
				for range 50 { // so that the pools of all CPUs are full
					send()
				}
				perBurst := testing.AllocsPerRun(20, send)
				require.LessOrEqual(t, perBurst, 1.0, "of 100 frames; the runtime's timers are not ours")
			})
		}
	}
}
