package veth_test

import (
	"fmt"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/refs"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// TestMain checks that every goroutine ended and every packet was released.
func TestMain(m *testing.M) {
	if !benchmarking() {
		refs.SetLeakMode(refs.LeaksPanic)
	}
	code := m.Run()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
		refs.DoRepeatedLeakCheck()
	}
	os.Exit(code)
}

const (
	macA = tcpip.LinkAddress("\x02\x00\x00\x00\x00\x0a")
	macB = tcpip.LinkAddress("\x02\x00\x00\x00\x00\x0b")
	macC = tcpip.LinkAddress("\x02\x00\x00\x00\x00\x0c")
)

// A station is a dispatcher that keeps what it is given.
type station struct {
	hold chan struct{} // if not nil, deliveries wait for it to be closed

	mu  sync.Mutex // guards what follows
	got []arrival
}

// An arrival is a frame as a dispatcher got it.
type arrival struct {
	Frame     string
	Proto     tcpip.NetworkProtocolNumber
	Type      tcpip.PacketType
	Validated bool
	GSO       stack.GSO
	Forwarded bool // by ForwardFrame
	At        time.Time
}

func (s *station) DeliverNetworkPacket(proto tcpip.NetworkProtocolNumber, pkt *stack.PacketBuffer) {
	s.take(proto, pkt, false)
}

func (*station) DeliverLinkPacket(tcpip.NetworkProtocolNumber, *stack.PacketBuffer) {}

func (s *station) take(proto tcpip.NetworkProtocolNumber, pkt *stack.PacketBuffer, forwarded bool) {
	s.mu.Lock()
	s.got = append(s.got, arrival{
		string(contents(pkt)), proto, pkt.PktType, pkt.RXChecksumValidated, pkt.GSOOptions, forwarded, time.Now(),
	})
	s.mu.Unlock()
	if s.hold != nil {
		<-s.hold
	}
}

func (s *station) arrivals() []arrival {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]arrival(nil), s.got...)
}

// frames returns the contents of the arrivals.
func (s *station) frames() []string {
	got := []string{}
	for _, a := range s.arrivals() {
		got = append(got, a.Frame)
	}
	return got
}

// numbers returns what numbered put into the frames.
func (s *station) numbers() []int {
	got := []int{}
	for _, a := range s.arrivals() {
		got = append(got, int(a.Frame[14])<<8|int(a.Frame[15]))
	}
	return got
}

// A port is a station with ForwardFrame.
type port struct{ station }

func (p *port) ForwardFrame(pkt *stack.PacketBuffer) {
	p.take(header.Ethernet(pkt.LinkHeader().Slice()).Type(), pkt, true)
}

func contents(pkt *stack.PacketBuffer) []byte {
	b := []byte{}
	for _, s := range pkt.AsSlices() {
		b = append(b, s...)
	}
	return b
}

// raw returns a frame of size bytes and a protocol that has no checksums.
func raw(dst, src tcpip.LinkAddress, size int) []byte {
	b := make([]byte, size)
	header.Ethernet(b).Encode(&header.EthernetFields{DstAddr: dst, SrcAddr: src, Type: 0x88b5}) // for experiments
	for i := header.EthernetMinimumSize; i < size; i++ {
		b[i] = byte(i)
	}
	return b
}

// numbered returns the frame number n from A to B, 100 bytes long.
func numbered(n int) []byte {
	b := raw(macB, macA, 100)
	b[14], b[15] = byte(n>>8), byte(n)
	return b
}

func count(n int) []int {
	list := []int{}
	for i := range n {
		list = append(list, i)
	}
	return list
}

// packet returns b as a packet that came from a device.
func packet(b []byte) *stack.PacketBuffer {
	pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(b)})
	if len(b) >= header.EthernetMinimumSize {
		pkt.LinkHeader().Consume(header.EthernetMinimumSize)
	}
	return pkt
}

// outgoing returns b as a stack would send it: with headers pushed, and offload.
func outgoing(b []byte, gso stack.GSO) *stack.PacketBuffer {
	pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{
		ReserveHeaderBytes: 64,
		Payload:            buffer.MakeWithData(b[header.EthernetMinimumSize:]),
	})
	copy(pkt.LinkHeader().Push(header.EthernetMinimumSize), b)
	pkt.PktType = tcpip.PacketOutgoing
	pkt.GSOOptions = gso
	return pkt
}

// write sends frames as packets from a device, in one list.
func write(t testing.TB, e *veth.Endpoint, frames ...[]byte) {
	t.Helper()
	pkts := []*stack.PacketBuffer{}
	for _, f := range frames {
		pkts = append(pkts, packet(f))
	}
	writePacket(t, e, pkts...)
}

// writePacket sends and releases packets, in one list.
func writePacket(t testing.TB, e *veth.Endpoint, pkts ...*stack.PacketBuffer) {
	t.Helper()
	var list stack.PacketBufferList
	for _, pkt := range pkts {
		defer pkt.DecRef()
		list.PushBack(pkt)
	}
	n, err := e.WritePackets(list)
	require.Nil(t, err)
	require.Equal(t, len(pkts), n)
}

// pair returns a cable from A to B.
func pair(t testing.TB, opts ...veth.Option) (a, b *veth.Endpoint) {
	t.Helper()
	a, b, err := veth.Pair(append([]veth.Option{veth.WithMAC(macA, macB), veth.WithSeed(1)}, opts...)...)
	require.NoError(t, err)
	return a, b
}

// inBubble runs fn in virtual time.
func inBubble(t *testing.T, fn func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, fn)
}

// conserved checks that every frame is accounted for. Nothing may be in flight, and
// no super-segment cut.
func conserved(t testing.TB, from, to *veth.Endpoint) {
	t.Helper()
	tx, rx := from.Stats(), to.Stats()
	assert.Equal(t, tx.TxPackets, rx.RxPackets+rx.RxDropped+tx.TxLost, "%+v → %+v", tx, rx)
}
