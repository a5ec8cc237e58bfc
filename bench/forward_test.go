package bench

import (
	"fmt"
	"net/netip"
	"runtime"
	"testing"

	"drydock/veth"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

const (
	// inFlight is how many deliveries the sender lets wait for their receivers.
	// It yields when there are more, so that no queue (1000 frames) overflows.
	inFlight = 512

	// burst is how many frames in a row go to one station, in one list: as many as a
	// Linux driver takes from its ring in one poll (NAPI_POLL_WEIGHT).
	burst = 64
)

// BenchmarkForward sends frames from the far end of one port's cable, through the
// bridge, to those of the others, where a goroutine takes them from a queue. Mpps
// counts deliveries. It runs on one core: sender and receivers take turns.
func BenchmarkForward(b *testing.B) {
	for _, kind := range []lanKind{drydockLAN, gvisorLAN} {
		for _, size := range kind.sizes {
			for _, ports := range []int{2, 100, 1000} {
				b.Run(fmt.Sprintf("unicast/%s/ports=%d/%s", sizeName(size), ports, kind.name), func(b *testing.B) {
					l := newLAN(b, kind, ports)
					l.forward(b, l.unicast(size), 1)
				})
			}
			b.Run(fmt.Sprintf("broadcast/%s/ports=101/%s", sizeName(size), kind.name), func(b *testing.B) {
				l := newLAN(b, kind, 101)
				l.forward(b, l.broadcast(size), 100)
			})
		}
	}
}

func sizeName(bytes int) string {
	if bytes >= 1<<10 && bytes%(1<<10) == 0 {
		return fmt.Sprintf("%dKiB", bytes>>10)
	}
	return fmt.Sprintf("%dB", bytes)
}

// unicast returns a frame from the first station to each of the others.
func (l *lan) unicast(size int) []stack.PacketBufferList {
	var frames []stack.PacketBufferList
	for _, far := range l.far[1:] {
		frames = append(frames, newFrame(l.far[0].LinkAddress(), far.LinkAddress(), size))
	}
	return frames
}

// broadcast returns a frame from the first station to all others.
func (l *lan) broadcast(size int) []stack.PacketBufferList {
	return []stack.PacketBufferList{newFrame(l.far[0].LinkAddress(), header.EthernetBroadcastAddress, size)}
}

// forward sends b.N frames, bursts of each of frames in turn, which arrive at
// fanout stations.
func (l *lan) forward(b *testing.B, frames []stack.PacketBufferList, fanout int64) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // here, since b.Run sets it anew
	bursts := make([]stack.PacketBufferList, len(frames))
	for i, frame := range frames {
		for range burst {
			bursts[i].PushBack(frame.AsSlice()[0])
		}
	}
	b.ReportAllocs()
	var sent, wanted, turn int64
	for b.Loop() {
		if wanted++; wanted-sent == burst {
			l.write(b, 0, bursts[turn%int64(len(bursts))])
			sent, turn = wanted, turn+1
			l.await(sent*fanout - inFlight)
		}
	}
	for ; sent < wanted; sent++ {
		l.write(b, 0, frames[turn%int64(len(frames))])
	}
	l.await(sent * fanout)
	b.ReportMetric(float64(sent*fanout)/b.Elapsed().Seconds()/1e6, "Mpps")
}

// Stations have the addresses that newFrame gives them.
var (
	senderAddr   = netip.MustParseAddrPort("172.18.0.2:32768")
	receiverAddr = netip.MustParseAddrPort("172.18.0.3:80")
)

// newFrame returns a frame with a segment from sender to receiver.
func newFrame(src, dst tcpip.LinkAddress, size int) stack.PacketBufferList {
	return newSegment(src, dst, senderAddr, receiverAddr, header.TCPFlagAck, size)
}

// newSegment returns a list of one IPv4 frame with a TCP segment, as a stack writes
// it: a super-segment if it is larger than the MTU.
func newSegment(srcMAC, dstMAC tcpip.LinkAddress, src, dst netip.AddrPort, flags header.TCPFlags, size int) (list stack.PacketBufferList) {
	const headers = header.EthernetMinimumSize + header.IPv4MinimumSize + header.TCPMinimumSize
	pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{
		ReserveHeaderBytes: headers,
		Payload:            buffer.MakeWithData(make([]byte, size-headers)),
	})
	srcAddr, dstAddr := tcpip.AddrFrom4(src.Addr().As4()), tcpip.AddrFrom4(dst.Addr().As4())
	tcp := header.TCP(pkt.TransportHeader().Push(header.TCPMinimumSize))
	tcp.Encode(&header.TCPFields{
		SrcPort: src.Port(), DstPort: dst.Port(), DataOffset: header.TCPMinimumSize, Flags: flags,
	})
	tcp.SetChecksum(^tcp.CalculateChecksum(header.PseudoHeaderChecksum( // to which a payload of zeros adds nothing
		header.TCPProtocolNumber, srcAddr, dstAddr, uint16(size-headers+header.TCPMinimumSize))))
	ip := header.IPv4(pkt.NetworkHeader().Push(header.IPv4MinimumSize))
	ip.Encode(&header.IPv4Fields{
		TotalLength: uint16(size - header.EthernetMinimumSize),
		TTL:         64,
		Protocol:    uint8(header.TCPProtocolNumber),
		SrcAddr:     srcAddr,
		DstAddr:     dstAddr,
	})
	ip.SetChecksum(^ip.CalculateChecksum())
	header.Ethernet(pkt.LinkHeader().Push(header.EthernetMinimumSize)).Encode(&header.EthernetFields{
		SrcAddr: srcMAC, DstAddr: dstMAC, Type: header.IPv4ProtocolNumber,
	})
	pkt.NetworkProtocolNumber = header.IPv4ProtocolNumber
	pkt.PktType = tcpip.PacketOutgoing
	if size > header.EthernetMinimumSize+veth.DefaultMTU {
		pkt.GSOOptions = stack.GSO{
			Type: stack.GSOTCPv4, NeedsCsum: true, CsumOffset: header.TCPChecksumOffset,
			MSS:      veth.DefaultMTU - header.IPv4MinimumSize - header.TCPMinimumSize,
			L3HdrLen: header.IPv4MinimumSize,
			MaxSize:  stack.GVisorGSOMaxSize,
		}
	}
	list.PushBack(pkt)
	return list
}
