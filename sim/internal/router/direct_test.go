package router_test

import (
	"sync/atomic"
	"testing"

	"drydock/sim/internal/netstack"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A wire is a link endpoint without a link: frames are delivered by calling its
// dispatcher, and sent to nowhere. It offloads what veth does.
type wire struct {
	stack.LinkEndpoint // nil: its other methods are not called
	dispatcher         stack.NetworkDispatcher
	mtu                uint32
	sent               atomic.Int64
}

func (w *wire) Attach(d stack.NetworkDispatcher) { w.dispatcher = d }

func (*wire) Capabilities() stack.LinkEndpointCapabilities {
	return stack.CapabilityRXChecksumOffload | stack.CapabilityTXChecksumOffload
}

func (*wire) SupportedGSO() stack.SupportedGSO { return stack.HostGSOSupported }

func (*wire) GSOMaxSize() uint32 { return 65536 }

func (w *wire) MTU() uint32 { return w.mtu }

func (*wire) MaxHeaderLength() uint16 { return header.EthernetMinimumSize }

func (*wire) LinkAddress() tcpip.LinkAddress { return "\x02\x00\x00\x00\x00\x01" }

func (*wire) ARPHardwareType() header.ARPHardwareType { return header.ARPHardwareEther }

func (*wire) AddHeader(pkt *stack.PacketBuffer) { pkt.LinkHeader().Push(header.EthernetMinimumSize) }

func (w *wire) WritePacket(pkt *stack.PacketBuffer) tcpip.Error {
	w.sent.Add(1)
	return nil
}

func (w *wire) WritePackets(pkts stack.PacketBufferList) (int, tcpip.Error) {
	w.sent.Add(int64(pkts.Len()))
	return pkts.Len(), nil
}

func (*wire) SetOnCloseAction(func()) {}

func (*wire) Close() {}

func (*wire) Wait() {}

// onWires returns a router between two wires, 10.1.0.1 and 10.2.0.1.
func onWires(tb testing.TB, opts netstack.Options) (s *netstack.Stack, wires [2]*wire) {
	tb.Helper()
	opts.Router = true
	s = netstack.New(opts)
	tb.Cleanup(s.Close)
	require.NoError(tb, s.AddLoopback())
	for i := range wires {
		wires[i] = &wire{mtu: 1500}
		require.NoError(tb, s.AddNIC(2+i, []string{"eth1", "eth2"}[i], wires[i]))
		require.NoError(tb, s.AddAddr(2+i, net(i, 1)))
		require.NoError(tb, s.AddAddr(2+i, net6(i, 1)))
	}
	require.NoError(tb, s.SetForwarding(true))
	require.NoError(tb, s.SetForwarding6(true))
	return s, wires
}

// A source makes frames with one IP packet, as a veth delivers them: a packet of its
// own each, which shares the payload.
type source struct {
	in    packet
	proto tcpip.NetworkProtocolNumber
	whole *stack.PacketBuffer
}

func newSource(tb testing.TB, in packet) *source {
	s := &source{in: in, proto: header.IPv4ProtocolNumber}
	b := append(make([]byte, header.EthernetMinimumSize), in.bytes()...)
	if b[header.EthernetMinimumSize]>>4 == 6 {
		s.proto = header.IPv6ProtocolNumber
	}
	headers := min(len(b), header.EthernetMinimumSize+40)
	s.whole = stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(b[:headers])})
	s.whole.Data().AppendView(buffer.NewViewWithData(b[headers:]))
	tb.Cleanup(s.whole.DecRef)
	return s
}

// deliver has one frame arrive at w.
func (s *source) deliver(w *wire) {
	pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: s.whole.ToBuffer()})
	pkt.LinkHeader().Consume(header.EthernetMinimumSize)
	pkt.RXChecksumValidated = true
	if s.in.mss > 0 {
		pkt.GSOOptions = stack.GSO{Type: stack.GSOTCPv4, MSS: s.in.mss}
	}
	w.dispatcher.DeliverNetworkPacket(s.proto, pkt)
	pkt.DecRef()
}

var flows = []struct {
	name string
	in   packet
}{
	{"UDP", packet{src: "10.1.0.99", dst: "10.2.0.99", proto: 17, body: udp(100)}},
	{"TCP", packet{src: "10.1.0.99", dst: "10.2.0.99", df: true, proto: 6, body: tcp(1400)}},
	{"super-segment", packet{src: "10.1.0.99", dst: "10.2.0.99", df: true, proto: 6, body: tcp(60000), mss: 1460}},
	{"IPv6", packet{src: "fd01::99", dst: "fd02::99", proto: 6, body: tcp(1400)}},
}

func TestForwardingAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("pools drop at random under the race detector")
	}
	for _, opts := range []netstack.Options{{}, {Netfilter: new(netfilter)}} {
		_, wires := onWires(t, opts)
		for _, tt := range flows {
			s := newSource(t, tt.in)
			s.deliver(wires[0])
			before := wires[1].sent.Load()
			allocs := testing.AllocsPerRun(1000, func() { s.deliver(wires[0]) })
			assert.Zero(t, allocs, tt.name)
			assert.EqualValues(t, before+1001, wires[1].sent.Load(), tt.name)
		}
	}
}

func BenchmarkForward(b *testing.B) {
	for _, tt := range flows {
		b.Run(tt.name, func(b *testing.B) {
			_, wires := onWires(b, netstack.Options{})
			s := newSource(b, tt.in)
			b.ReportAllocs()
			for b.Loop() {
				s.deliver(wires[0])
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/1e6, "Mpps")
			require.EqualValues(b, b.N, wires[1].sent.Load())
		})
	}
}

// Any bytes as a packet, or as what follows a good header: no panic, and what is sent
// is well-formed and no larger than the MTU.
func FuzzReceive(f *testing.F) {
	for _, tt := range flows[:2] {
		f.Add(tt.in.bytes(), uint16(0), uint8(0))
	}
	f.Add(flows[3].in.bytes(), uint16(1000), uint8(0))
	f.Add(packet{src: "10.1.0.99", dst: "10.2.0.99", proto: 17, options: []byte{7, 7, 4, 0, 0, 0, 0, 0}, body: udp(3000)}.bytes(), uint16(0), uint8(0))
	f.Add(packet{src: "10.1.0.99", dst: "10.2.0.99", proto: 6, body: tcp(5000)}.bytes(), uint16(1400), uint8(0))
	f.Add(packet{src: "10.1.0.99", dst: "10.2.0.99", ttl: 1, proto: 1, body: icmp(8)}.bytes(), uint16(0), uint8(0))
	f.Add(packet{src: "10.1.0.99", dst: "10.1.0.1", proto: 1, body: icmp(3)}.bytes(), uint16(0), uint8(0))
	f.Add(packet{src: "fd01::99", dst: "fd02::99", proto: 17, ext: 44, options: []byte{17, 0, 0, 1, 0, 0, 0, 1}, body: udp(30)}.bytes(), uint16(0), uint8(0))
	f.Add(packet{src: "fd01::99", dst: "fd02::99", proto: 58, body: icmp(1)}.bytes(), uint16(0), uint8(1))
	_, wires := onWires(f, netstack.Options{Netfilter: new(netfilter)})
	f.Fuzz(func(t *testing.T, b []byte, mss uint16, kind uint8) {
		if len(b) > 9000 {
			return
		}
		if len(b) >= 20 && b[0] == 0x45 { // so that not all end at the checksum
			h := header.IPv4(b)
			h.SetChecksum(0)
			h.SetChecksum(^h.CalculateChecksum())
		}
		pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(b)})
		defer pkt.DecRef()
		pkt.PktType = tcpip.PacketType(kind % 3)
		if mss > 0 {
			pkt.GSOOptions = stack.GSO{Type: stack.GSOTCPv4, MSS: max(mss, 100)}
		}
		proto := header.IPv4ProtocolNumber
		if len(b) > 0 && b[0]>>4 == 6 {
			proto = header.IPv6ProtocolNumber
		}
		wires[0].dispatcher.DeliverNetworkPacket(proto, pkt)
		require.Equal(t, string(b), string(stack.PayloadSince(pkt.LinkHeader()).AsSlice()), "changed")
	})
}
