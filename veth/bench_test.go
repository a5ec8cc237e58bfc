package veth

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A counter0 counts the frames that it is given.
type benchSink struct{ n atomic.Int64 }

func (s *benchSink) DeliverNetworkPacket(tcpip.NetworkProtocolNumber, *stack.PacketBuffer) { s.n.Add(1) }
func (s *benchSink) DeliverLinkPacket(tcpip.NetworkProtocolNumber, *stack.PacketBuffer)    {}

type benchForwarder struct{ benchSink }

func (s *benchForwarder) ForwardFrame(*stack.PacketBuffer) { s.n.Add(1) }

func benchFrame(dst tcpip.LinkAddress, size int) *stack.PacketBuffer {
	const headers = header.EthernetMinimumSize + header.IPv4MinimumSize
	pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{
		ReserveHeaderBytes: headers,
		Payload:            buffer.MakeWithData(make([]byte, size-headers)),
	})
	pkt.NetworkHeader().Push(header.IPv4MinimumSize)
	eth := header.Ethernet(pkt.LinkHeader().Push(header.EthernetMinimumSize))
	eth.Encode(&header.EthernetFields{SrcAddr: "\x02\x00\x00\x00\x00\x01", DstAddr: dst, Type: header.IPv4ProtocolNumber})
	pkt.PktType = tcpip.PacketOutgoing
	if size > 1514 {
		pkt.GSOOptions = stack.GSO{Type: stack.GSOTCPv4, MSS: 1460}
	}
	return pkt
}

func BenchmarkCable(b *testing.B) {
	for _, size := range []int{64, 1514, 65535} {
		b.Run(fmt.Sprintf("queue/%d", size), func(b *testing.B) {
			s := &benchSink{}
			benchCable(b, size, s, &s.n)
		})
		b.Run(fmt.Sprintf("forward/%d", size), func(b *testing.B) {
			s := &benchForwarder{}
			benchCable(b, size, s, &s.n)
		})
	}
}

func benchCable(b *testing.B, size int, d stack.NetworkDispatcher, n *atomic.Int64) {
	x, y, err := Pair()
	if err != nil {
		b.Fatal(err)
	}
	defer x.Close()
	y.Attach(d)
	pkt := benchFrame(y.LinkAddress(), size)
	defer pkt.DecRef()
	b.ReportAllocs()
	sent := int64(0)
	for b.Loop() {
		for sent-n.Load() >= DefaultQueue {
			runtime.Gosched()
		}
		x.WritePacket(pkt)
		sent++
	}
	for n.Load() < sent {
		runtime.Gosched()
	}
	b.ReportMetric(float64(sent)/b.Elapsed().Seconds()/1e6, "Mpps")
}
