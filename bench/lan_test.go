package bench

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"

	"drydock/bridge"
	"drydock/veth"

	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A lan is a bridge with cables. The bridge knows the stations at their far ends.
type lan struct {
	far      []stack.LinkEndpoint // the ends of the cables that no port has
	received atomic.Int64         // frames that reached one
}

// A lanKind is what bridge and cables are made of.
type lanKind struct {
	name  string
	sizes []int // of frames that the cables carry, in bytes with Ethernet header
	plug  func(b *testing.B) (addPort func() (far stack.LinkEndpoint))
}

var drydockLAN = filteredLAN(nil)

// filteredLAN is drydockLAN with a filter between its ports.
func filteredLAN(f bridge.Filter) lanKind {
	return lanKind{"drydock", []int{64, 1500, 64 << 10}, func(b *testing.B) func() stack.LinkEndpoint {
		br, err := bridge.New("br0")
		require.NoError(b, err)
		br.SetFilter(f)
		b.Cleanup(br.Close)
		ports := 0
		return func() stack.LinkEndpoint {
			near, far, err := veth.Pair()
			require.NoError(b, err)
			b.Cleanup(near.Close)
			_, err = br.AddPort(fmt.Sprint("veth", ports), near)
			require.NoError(b, err)
			ports++
			return far
		}
	}}
}

var gvisorLAN = lanKind{"gvisor-bridge", []int{64, 1500}, func(b *testing.B) func() stack.LinkEndpoint {
	br := newGVisorBridge(b)
	return func() stack.LinkEndpoint {
		near, far := gvisorCable()
		br.addPort(b, near)
		return far
	}
}}

// newLAN returns a lan with that many stations, which is closed with b.
func newLAN(b *testing.B, kind lanKind, stations int) *lan {
	l := new(lan)
	addPort := kind.plug(b)
	for range stations {
		far := addPort()
		far.Attach(l)
		l.far = append(l.far, far)
	}
	l.teach(b, 1, 0, stations-1) // is flooded
	l.teach(b, 0, 1, 1)
	for i := 2; i < stations; i++ {
		l.teach(b, i, 0, 1)
	}
	l.received.Store(0)
	return l
}

// teach shows one station to the bridge by a frame to another, which arrives at
// some stations.
func (l *lan) teach(b *testing.B, from, to, arrives int) {
	before := l.received.Load()
	l.write(b, from, newFrame(l.far[from].LinkAddress(), l.far[to].LinkAddress(), 64))
	l.await(before + int64(arrives))
}

// write sends a frame from a station.
func (l *lan) write(b *testing.B, from int, frame stack.PacketBufferList) {
	if _, err := l.far[from].WritePackets(frame); err != nil {
		b.Fatal(err)
	}
}

// await lets the receivers run until n frames have been received.
func (l *lan) await(n int64) {
	for l.received.Load() < n {
		runtime.Gosched()
	}
}

// DeliverNetworkPacket implements stack.NetworkDispatcher.
func (l *lan) DeliverNetworkPacket(tcpip.NetworkProtocolNumber, *stack.PacketBuffer) {
	l.received.Add(1)
}

// DeliverLinkPacket implements stack.NetworkDispatcher.
func (*lan) DeliverLinkPacket(tcpip.NetworkProtocolNumber, *stack.PacketBuffer) {}
