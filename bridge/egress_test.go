package bridge_test

import (
	"bytes"
	"testing"

	"drydock/bridge"
	"drydock/drop"
	internal "drydock/internal/packet"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

const (
	tcpHeaders = header.IPv4MinimumSize + header.TCPMinimumSize
	mss        = 1460
)

// tcpFrame returns a TCP segment from A to dst with size bytes of payload, as a
// stack writes it to a link that offloads checksums; a super-segment if it has
// more than one MSS.
func tcpFrame(dst bridge.MAC, size int) *stack.PacketBuffer {
	ip := make(header.IPv4, tcpHeaders+size)
	ip.Encode(&header.IPv4Fields{
		TotalLength: uint16(len(ip)), TTL: 64, Protocol: uint8(header.TCPProtocolNumber),
		SrcAddr: tcpip.AddrFrom4([4]byte{172, 17, 0, 2}), DstAddr: tcpip.AddrFrom4([4]byte{172, 17, 0, 3}),
	})
	ip.SetChecksum(^ip.CalculateChecksum())
	header.TCP(ip.Payload()).Encode(&header.TCPFields{
		SrcPort: 1234, DstPort: 80, SeqNum: 1, DataOffset: header.TCPMinimumSize, Flags: header.TCPFlagAck, WindowSize: 1000,
	})
	for i := range size {
		ip[tcpHeaders+i] = byte(i >> 3)
	}
	pkt := outgoing(frame{src: macA, dst: dst, payload: ip}.bytes())
	if size > mss {
		pkt.GSOOptions = stack.GSO{
			Type: stack.GSOTCPv4, NeedsCsum: true, CsumOffset: header.TCPChecksumOffset, MSS: mss, L3HdrLen: header.IPv4MinimumSize,
		}
	}
	return pkt
}

// payload returns the joined TCP payload of frames, whose checksums it checks.
func payload(t *testing.T, frames [][]byte) (data []byte) {
	t.Helper()
	for _, b := range frames {
		require.Greater(t, len(b), 14+tcpHeaders)
		pkt := incoming(bytes.Clone(b))
		assert.True(t, internal.Valid(pkt), "checksums")
		pkt.DecRef()
		data = append(data, b[14+tcpHeaders:]...)
	}
	return data
}

// sameFrame demands that got is want alone; it prints neither.
func sameFrame(t *testing.T, want []byte, got [][]byte) {
	t.Helper()
	if assert.Len(t, got, 1) {
		assert.True(t, bytes.Equal(want, got[0]), "%d bytes, want %d", len(got[0]), len(want))
	}
}

func TestSuperSegments(t *testing.T) {
	t.Parallel()
	const size = 60_000
	v := tcpFrame(macB, size).ToView()
	t.Cleanup(v.Release)
	want := v.AsSlice()

	t.Run("go whole to a cable", func(t *testing.T) {
		t.Parallel()
		l := newLab(t, 2)
		l.cables["p1"].forward(tcpFrame(macB, size))
		sameFrame(t, want, l.cables["p2"].received())
		assert.EqualValues(t, 1, l.ports["p2"].Stats().TxPackets)
	})
	t.Run("go whole to an endpoint with GSO, headers parsed", func(t *testing.T) {
		t.Parallel()
		l := newLab(t, 1)
		w := newWire()
		w.gso, w.caps = stack.HostGSOSupported, stack.CapabilityTXChecksumOffload
		l.addWire("tap0", w)
		l.cables["p1"].forward(tcpFrame(macB, size))
		assert.Equal(t, []int{size}, w.data)
		sameFrame(t, want, w.received())
	})
	t.Run("are cut for others", func(t *testing.T) {
		t.Parallel()
		l := newLab(t, 1)
		w := newWire()
		p := l.addWire("tap0", w)
		l.cables["p1"].forward(tcpFrame(macB, size))
		frames := w.received()
		assert.Len(t, frames, (size+mss-1)/mss)
		for _, b := range frames {
			assert.LessOrEqual(t, len(b), 1514)
			assert.Equal(t, want[:14], b[:14])
		}
		assert.True(t, bytes.Equal(want[14+tcpHeaders:], payload(t, frames)))
		assert.EqualValues(t, len(frames), p.Stats().TxPackets)
		assert.Zero(t, p.Stats().Drops.Total())
	})
	t.Run("with nonsense inside are dropped for others", func(t *testing.T) {
		t.Parallel()
		for _, n := range []int{0, 10, 33, 45} {
			l := newLab(t, 1)
			plain, gso := newWire(), newWire()
			gso.gso, gso.caps = stack.HostGSOSupported, stack.CapabilityTXChecksumOffload
			p := l.addWire("tap0", plain)
			l.addWire("tap1", gso)
			pkt := outgoing(want[:14+n])
			pkt.GSOOptions = tcpFrame(macB, size).GSOOptions
			l.cables["p1"].forward(pkt)
			assert.Empty(t, plain.received(), "%d bytes of IP", n)
			assert.EqualValues(t, 1, p.Stats().Drops[drop.Malformed], "%d bytes of IP", n)
			assert.Equal(t, [][]byte{want[:14+n]}, gso.received())
		}
	})
}

func TestChecksums(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		caps stack.LinkEndpointCapabilities
		want bool
	}{
		"completed":               {0, true},
		"left to who offloads it": {stack.CapabilityTXChecksumOffload, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, 1)
			w := newWire()
			w.caps = tt.caps
			l.addWire("tap0", w)
			l.cables["p1"].forward(tcpFrame(macB, 1000))
			frames := w.received()
			require.Len(t, frames, 1)
			assert.Equal(t, tt.want, internal.Valid(incoming(frames[0])))
		})
	}
}

func TestMTU(t *testing.T) {
	t.Parallel()
	l := newLab(t, 3)
	l.cables["p2"].SetMTU(1400)
	w := newWire()
	w.SetMTU(1400)
	tap := l.addWire("tap0", w)
	big := frame{src: macA, dst: broadcast, payload: make([]byte, 1401)}
	l.send("p1", big)
	assert.Empty(t, l.cables["p2"].received())
	assert.Empty(t, w.received())
	assert.Equal(t, [][]byte{big.bytes()}, l.cables["p3"].received())
	assert.EqualValues(t, 1, l.ports["p2"].Stats().Drops[drop.TooBig])
	assert.EqualValues(t, 1, tap.Stats().Drops[drop.TooBig])

	fits := frame{src: macA, dst: broadcast, payload: make([]byte, 1400)}
	l.send("p1", fits)
	assert.Equal(t, [][]byte{fits.bytes()}, l.cables["p2"].received())
	assert.Equal(t, [][]byte{fits.bytes()}, w.received())
}

// An endpoint that writes into what it gets, or pushes headers, does that to
// packets of its own.
func TestEndpointThatChangesPackets(t *testing.T) {
	t.Parallel()
	for form, pack := range forms {
		l := newLab(t, 1)
		first, second := newWire(), newWire()
		first.virtio = 12
		tap := l.addWire("tap0", first)
		l.add("p2")
		l.addWire("tap1", second)
		f := frame{src: macA, dst: broadcast}
		l.cables["p1"].forward(pack(f.bytes()))
		l.cables["p1"].forward(pack(f.bytes()))
		want := [][]byte{f.bytes(), f.bytes()}
		assert.Equal(t, want, first.received(), form)
		assert.Equal(t, want, l.cables["p2"].received(), form)
		assert.Equal(t, want, second.received(), form)
		assert.EqualValues(t, 128, tap.Stats().TxBytes, "what the endpoint pushes does not count")
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	l := newLab(t, 1)
	c := l.add("p2")
	c.capacity = 2
	w := newWire()
	w.capacity = 2
	tap := l.addWire("tap0", w)
	for range 5 {
		l.send("p1", frame{src: macA, dst: broadcast})
	}
	for _, p := range []*bridge.Port{l.ports["p2"], tap} {
		s := p.Stats()
		assert.EqualValues(t, 2, s.TxPackets)
		assert.EqualValues(t, 128, s.TxBytes)
		assert.EqualValues(t, 3, s.Drops[drop.Refused])
	}
}

// An endpoint may deliver frames with a virtio header, which is not forwarded.
func TestVirtioHeaderIsTakenOff(t *testing.T) {
	t.Parallel()
	l := newLab(t, 1)
	w := newWire()
	tap := l.addWire("tap0", w)
	f := frame{src: macB, dst: macA}
	for _, n := range []int{0, 10, 64} {
		b := append(make([]byte, 12), f.bytes()[:n]...)
		pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(b)})
		pkt.VirtioNetHeader().Consume(12)
		pkt.LinkHeader().Consume(header.EthernetMinimumSize)
		w.attached().DeliverNetworkPacket(header.IPv4ProtocolNumber, pkt)
		pkt.DecRef()
	}
	assert.Equal(t, [][]byte{f.bytes()}, l.cables["p1"].received())
	assert.EqualValues(t, 2, tap.Stats().Drops[drop.Malformed])
	assert.EqualValues(t, 64+10, tap.Stats().RxBytes)
}

// What a packet says about itself goes with it into a packet of its own.
func TestMetadata(t *testing.T) {
	t.Parallel()
	l := newLab(t, 1)
	w := newWire()
	w.gso, w.caps = stack.HostGSOSupported, stack.CapabilityTXChecksumOffload
	l.addWire("tap0", w)
	in := tcpFrame(macB, 3000)
	in.Hash, in.RXChecksumValidated = 42, true
	seen := 0
	check := func(pkt *stack.PacketBuffer) {
		seen++
		assert.Equal(t, in.GSOOptions, pkt.GSOOptions)
		assert.True(t, pkt.RXChecksumValidated)
		assert.EqualValues(t, header.IPv4ProtocolNumber, pkt.NetworkProtocolNumber)
	}
	w.see = func(pkt *stack.PacketBuffer) {
		check(pkt)
		assert.Equal(t, in.Hash, pkt.Hash)
		assert.Equal(t, in.PktType, pkt.PktType)
	}
	l.cables["p1"].forward(in)

	// The same with a virtio header in front.
	v := in.ToView()
	b := append(make([]byte, 12), v.AsSlice()...)
	v.Release()
	in = stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(b)})
	in.VirtioNetHeader().Consume(12)
	in.LinkHeader().Consume(header.EthernetMinimumSize)
	in.GSOOptions, in.RXChecksumValidated = tcpFrame(macB, 3000).GSOOptions, true
	w.see = check
	l.cables["p1"].attached().DeliverNetworkPacket(0, in)
	assert.Equal(t, 2, seen)
}
