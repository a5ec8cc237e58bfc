package bridge_test

import (
	"encoding/hex"
	"fmt"
	"sync"
	"testing"

	"drydock/bridge"
	"drydock/drop"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A wire is an Ethernet endpoint that keeps the frames written to it. As stacks
// allow a link endpoint to do, it changes the packets that it gets.
type wire struct {
	mtu       uint32
	caps      stack.LinkEndpointCapabilities
	gso       stack.SupportedGSO
	virtio    int // bytes of a header that it pushes before the link header
	notEther  bool
	capacity  int // how many frames it takes, if not 0
	discard   bool
	attaching func() // called by Attach
	see       func(*stack.PacketBuffer)

	mu         sync.Mutex // guards what follows
	dispatcher stack.NetworkDispatcher
	frames     [][]byte
	data       []int // sizes of their payloads
}

// A cable is a wire that takes frames as they are, one by one, as a veth does.
type cable struct {
	wire
	bursts []int // frames of each WriteFrames
}

func newWire() *wire   { return &wire{mtu: 1500} }
func newCable() *cable { return &cable{wire: wire{mtu: 1500}} }

func (w *wire) take(pkt *stack.PacketBuffer) tcpip.Error {
	if w.discard {
		return nil
	}
	if w.see != nil {
		w.see(pkt)
	}
	v := pkt.ToView()
	defer v.Release()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.capacity > 0 && len(w.frames) >= w.capacity {
		return &tcpip.ErrNoBufferSpace{}
	}
	w.frames = append(w.frames, append([]byte(nil), v.AsSlice()...))
	w.data = append(w.data, pkt.Data().Size())
	return nil
}

func (c *cable) WritePacket(pkt *stack.PacketBuffer) tcpip.Error { return c.take(pkt) }

func (c *cable) WriteFrames(pkts []*stack.PacketBuffer) (int, tcpip.Error) {
	c.bursts = append(c.bursts, len(pkts))
	for i, pkt := range pkts {
		if err := c.take(pkt); err != nil {
			return i, err
		}
	}
	return len(pkts), nil
}

func (w *wire) WritePackets(pkts stack.PacketBufferList) (int, tcpip.Error) {
	for i, pkt := range pkts.AsSlice() {
		if err := w.take(pkt); err != nil {
			return i, nil
		}
		if w.virtio > 0 {
			clear(pkt.VirtioNetHeader().Push(w.virtio))
		}
		clear(pkt.LinkHeader().Slice())
	}
	return pkts.Len(), nil
}

// received returns the frames written since the last call.
func (w *wire) received() [][]byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	frames := w.frames
	w.frames, w.data = nil, nil
	return frames
}

func (w *wire) Attach(d stack.NetworkDispatcher) {
	if w.attaching != nil {
		w.attaching()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dispatcher = d
}

func (w *wire) attached() stack.NetworkDispatcher {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.dispatcher
}

// forward hands pkt to the bridge as a veth does.
func (w *wire) forward(pkt *stack.PacketBuffer) {
	if d := w.attached(); d != nil {
		d.(interface{ ForwardFrame(*stack.PacketBuffer) }).ForwardFrame(pkt)
	}
}

func (w *wire) ARPHardwareType() header.ARPHardwareType {
	if w.notEther {
		return header.ARPHardwareNone
	}
	return header.ARPHardwareEther
}

func (w *wire) AddHeader(pkt *stack.PacketBuffer) {
	header.Ethernet(pkt.LinkHeader().Push(header.EthernetMinimumSize)).Encode(&header.EthernetFields{
		SrcAddr: pkt.EgressRoute.LocalLinkAddress,
		DstAddr: pkt.EgressRoute.RemoteLinkAddress,
		Type:    pkt.NetworkProtocolNumber,
	})
}

func (w *wire) MTU() uint32                                  { return w.mtu }
func (w *wire) SetMTU(mtu uint32)                            { w.mtu = mtu }
func (w *wire) MaxHeaderLength() uint16                      { return uint16(header.EthernetMinimumSize + w.virtio) }
func (w *wire) LinkAddress() tcpip.LinkAddress               { return "" }
func (w *wire) SetLinkAddress(tcpip.LinkAddress)             {}
func (w *wire) Capabilities() stack.LinkEndpointCapabilities { return w.caps }
func (w *wire) IsAttached() bool                             { return w.attached() != nil }
func (w *wire) Wait()                                        {}
func (w *wire) Close()                                       {}
func (w *wire) SetOnCloseAction(func())                      {}
func (w *wire) GSOMaxSize() uint32                           { return 65536 }
func (w *wire) SupportedGSO() stack.SupportedGSO             { return w.gso }
func (w *wire) ParseHeader(pkt *stack.PacketBuffer) bool {
	_, ok := pkt.LinkHeader().Consume(header.EthernetMinimumSize)
	return ok
}

// Stations and other addresses of the tests.
var (
	macA      = bridge.MAC{0x02, 0x42, 0xac, 0x11, 0, 0x02}
	macB      = bridge.MAC{0x02, 0x42, 0xac, 0x11, 0, 0x03}
	macC      = bridge.MAC{0x02, 0x42, 0xac, 0x11, 0, 0x04}
	macBridge = bridge.MAC{0x02, 0x42, 0x6b, 0x67, 0x1f, 0xab}
	broadcast = bridge.MAC{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	multicast = bridge.MAC{0x01, 0x00, 0x5e, 0x00, 0x00, 0xfb}
)

func station(n int) bridge.MAC {
	return bridge.MAC{2, 0, 0, byte(n >> 16), byte(n >> 8), byte(n)}
}

// A frame is what the tests send: 64 bytes unless a payload is given.
type frame struct {
	src, dst bridge.MAC
	proto    tcpip.NetworkProtocolNumber // IPv4 if 0
	payload  []byte
}

func (f frame) bytes() []byte {
	if f.proto == 0 {
		f.proto = header.IPv4ProtocolNumber
	}
	if f.payload == nil {
		f.payload = make([]byte, 50)
	}
	b := make(header.Ethernet, header.EthernetMinimumSize)
	b.Encode(&header.EthernetFields{
		SrcAddr: tcpip.LinkAddress(f.src[:]), DstAddr: tcpip.LinkAddress(f.dst[:]), Type: f.proto,
	})
	return append(b, f.payload...)
}

// incoming returns b as a packet that a stack receives: one run of bytes of which
// the link header was consumed.
func incoming(b []byte) *stack.PacketBuffer {
	pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(b)})
	pkt.LinkHeader().Consume(header.EthernetMinimumSize)
	return pkt
}

// outgoing returns b as a packet that a stack sends: the link header was pushed
// into memory of its own. It needs 14 bytes.
func outgoing(b []byte) *stack.PacketBuffer {
	pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{
		ReserveHeaderBytes: 40, Payload: buffer.MakeWithData(b[header.EthernetMinimumSize:]),
	})
	copy(pkt.LinkHeader().Push(header.EthernetMinimumSize), b)
	pkt.PktType = tcpip.PacketOutgoing
	return pkt
}

// forms are the two forms of a packet.
var forms = map[string]func([]byte) *stack.PacketBuffer{"incoming": incoming, "outgoing": outgoing}

// A lab is a bridge whose ports are cables.
type lab struct {
	tb     testing.TB
	bridge *bridge.Bridge
	cables map[string]*cable
	ports  map[string]*bridge.Port
}

// newLab makes a bridge br0 with ports p1, p2 … pn.
func newLab(tb testing.TB, n int, opts ...bridge.Option) *lab {
	tb.Helper()
	var told drop.Counters
	br, err := bridge.New("br0", append(opts, bridge.OnDrop(func(d bridge.Dropped) { told.Add(d.Reason, 1) }))...)
	require.NoError(tb, err)
	tb.Cleanup(func() {
		var counted drop.Counts
		for _, p := range br.Ports() {
			counted = counted.Plus(p.Stats().Drops)
		}
		if len(br.Ports()) > 0 { // a closed bridge has none left to ask
			assert.Equal(tb, counted, told.Load(), "every drop is told")
		}
		br.Close()
	})
	l := &lab{tb: tb, bridge: br, cables: map[string]*cable{}, ports: map[string]*bridge.Port{}}
	for i := range n {
		l.add(fmt.Sprint("p", i+1))
	}
	return l
}

func (l *lab) add(name string, opts ...bridge.PortOption) *cable {
	l.tb.Helper()
	c := newCable()
	p, err := l.bridge.AddPort(name, c, opts...)
	require.NoError(l.tb, err)
	l.cables[name], l.ports[name] = c, p
	return c
}

// addWire adds a port made of an endpoint that is no cable.
func (l *lab) addWire(name string, w *wire, opts ...bridge.PortOption) *bridge.Port {
	l.tb.Helper()
	p, err := l.bridge.AddPort(name, w, opts...)
	require.NoError(l.tb, err)
	return p
}

// send lets f enter by the port in.
func (l *lab) send(in string, f frame) {
	pkt := incoming(f.bytes())
	defer pkt.DecRef()
	l.cables[in].forward(pkt)
}

// received returns what left by each port since the last call.
func (l *lab) received() map[string][]string {
	out := map[string][]string{}
	for name, c := range l.cables {
		for _, b := range c.received() {
			out[name] = append(out[name], hex.EncodeToString(b))
		}
	}
	return out
}

// port returns the port that leads to mac, "" if it is unknown.
func (l *lab) port(mac bridge.MAC) string {
	if p, ok := l.bridge.Lookup(mac); ok {
		return p.Name()
	}
	return ""
}

// table returns the forwarding table as text.
func (l *lab) table() []string {
	lines := []string{}
	for e := range l.bridge.Entries() {
		lines = append(lines, e.String())
	}
	return lines
}
