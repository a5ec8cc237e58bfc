package bridge

import (
	"encoding/binary"

	"drydock/drop"
	"drydock/internal/packet"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A dispatcher is the Port as its endpoint sees it: where frames enter.
type dispatcher Port

var _ stack.NetworkDispatcher = (*dispatcher)(nil)

// maxCables is how many cables between bridges a frame may cross. IEEE 802.1D has seven
// bridges in a row. What has crossed so many is in a loop, which on Linux would be a storm
// without end, and in virtual time a test that never ends.
const maxCables = 32

// A transit is a frame on its way through the bridge, with what its Ethernet header
// says.
type transit struct {
	pkt      *stack.PacketBuffer
	size     int
	dst, src addr
	ip       bool // IPv4 or IPv6
}

// ForwardFrame forwards the frame that pkt holds, its link header at the front.
func (d *dispatcher) ForwardFrame(pkt *stack.PacketBuffer) {
	in := (*Port)(d)
	if !in.attached.Load() {
		return
	}
	f := transit{pkt: pkt, size: pkt.Size()}
	in.rx.add(f.size)
	if !f.parse() {
		in.drop(drop.Malformed, pkt)
		return
	}
	if packet.Cables(pkt) > maxCables {
		in.drop(drop.Loop, pkt)
		return
	}
	in.bridge.forward(in, &f)
}

// DeliverNetworkPacket implements stack.NetworkDispatcher.
func (d *dispatcher) DeliverNetworkPacket(_ tcpip.NetworkProtocolNumber, pkt *stack.PacketBuffer) {
	if n := len(pkt.VirtioNetHeader().Slice()); n > 0 {
		pkt = withoutFront(pkt, n)
		defer pkt.DecRef()
	}
	d.ForwardFrame(pkt)
}

// DeliverLinkPacket implements stack.NetworkDispatcher: it is for packet sockets.
func (*dispatcher) DeliverLinkPacket(tcpip.NetworkProtocolNumber, *stack.PacketBuffer) {}

// withoutFront returns a packet that shares all bytes of pkt but the first n. The
// caller owns it.
func withoutFront(pkt *stack.PacketBuffer, n int) *stack.PacketBuffer {
	payload := pkt.ToBuffer()
	payload.TrimFront(int64(n))
	out := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: payload})
	out.LinkHeader().Consume(header.EthernetMinimumSize)
	out.GSOOptions = pkt.GSOOptions
	out.RXChecksumValidated = pkt.RXChecksumValidated
	return out
}

// parse reads the Ethernet header. It is false if there is none.
func (f *transit) parse() bool {
	eth := ethernetHeader(f.pkt)
	if eth == nil {
		return false
	}
	f.dst, f.src = dstAddr(eth), srcAddr(eth)
	switch tcpip.NetworkProtocolNumber(binary.BigEndian.Uint16(eth[12:])) {
	case header.IPv4ProtocolNumber, header.IPv6ProtocolNumber:
		f.ip = true
	}
	return true
}

// ethernetHeader returns the Ethernet header at the front of pkt, nil if it has
// none. The bytes must not be changed.
//
// It does without LinkHeader().Slice, which takes 20 ns instead of 4 and copies the
// chunk of memory that the header lies in if another packet shares it.
func ethernetHeader(pkt *stack.PacketBuffer) []byte {
	if pkt.HeaderSize() < header.EthernetMinimumSize {
		return nil // no header was parsed or pushed
	}
	views, offset := pkt.AsViewList()
	for v := views.Front(); v != nil; v = v.Next() {
		b := v.AsSlice()
		switch {
		case offset >= len(b):
			offset -= len(b)
		case len(b)-offset >= header.EthernetMinimumSize:
			return b[offset : offset+header.EthernetMinimumSize]
		default:
			return nil // parsing or pushing a header makes it lie in one view
		}
	}
	return nil
}

// forward sends a frame that entered by in where it belongs.
func (b *Bridge) forward(in *Port, f *transit) {
	if !f.src.isStation() {
		in.drop(drop.BadSource, f.pkt)
		return
	}
	now := b.clock.coarse()
	if !in.local { // who sends through the local port is behind the host, or the host
		b.fdb.hear(f.src, in, now)
		if f.dst.isLinkLocal() { // learned from, as Linux does, but not forwarded
			in.drop(drop.LinkLocal, f.pkt)
			return
		}
	}
	if !f.dst.isGroup() {
		if out := b.fdb.lookup(f.dst, now); out != nil {
			b.unicast(in, out, f)
			return
		}
	}
	b.flood(in, f)
}

// unicast sends a frame to the port of its station.
func (b *Bridge) unicast(in, out *Port, f *transit) {
	switch {
	case in == out && !in.hairpin:
		in.drop(drop.SamePort, f.pkt)
	case in.isolated && out.isolated:
		in.drop(drop.Isolated, f.pkt)
	case b.apart(in, out):
		in.drop(drop.Partitioned, f.pkt)
	default:
		b.send(in, out, f)
	}
}

// flood sends a frame to all ports that it may leave by.
func (b *Bridge) flood(in *Port, f *transit) {
	walls := b.walls.Load()
	for out := range b.present() {
		switch {
		case in == out && !in.hairpin:
		case in.isolated && out.isolated:
		case out.local && !f.dst.isGroup():
		case walls != nil && walls.divide(in, out):
			in.drop(drop.Partitioned, f.pkt)
		default:
			b.send(in, out, f)
		}
	}
}

// send passes a frame through the filter and out of port out.
func (b *Bridge) send(in, out *Port, f *transit) {
	filter := b.filter.Load()
	if filter == nil || !f.ip || in.local || out.local {
		out.write(f.pkt, f.size)
		return
	}
	switch pkt := (*filter).FilterBridged(b.name, in.name, out.name, f.pkt); pkt {
	case nil:
		in.drop(drop.Filter, f.pkt)
	case f.pkt:
		out.write(pkt, f.size)
	default:
		out.write(pkt, pkt.Size())
		pkt.DecRef()
	}
}
