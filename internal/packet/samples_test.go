package packet_test

import (
	"slices"
	"testing"

	"drydock/internal/packet"
	"drydock/internal/packet/samples"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// framed returns the frame with an IP packet.
func framed(ip []byte) *stack.PacketBuffer {
	proto := header.IPv4ProtocolNumber
	if ip[0]>>4 == 6 {
		proto = header.IPv6ProtocolNumber
	}
	eth := make([]byte, header.EthernetMinimumSize)
	header.Ethernet(eth).Encode(&header.EthernetFields{SrcAddr: "\x02\x42\x00\x00\x00\x01", DstAddr: "\x02\x42\x00\x00\x00\x02", Type: proto})
	return stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(append(eth, ip...))})
}

// offloaded says that a network card computes the checksum of a sample.
func offloaded(s samples.Sample) bool {
	return s.OK && s.Layout.Fragment == packet.Whole && !s.Layout.Routed && s.Tracked &&
		(s.Layout.Protocol == packet.TCP || s.Layout.Protocol == packet.UDP)
}

// Checksums are found, verified and computed behind whatever headers Linux passes.
func TestSamplesSums(t *testing.T) {
	t.Parallel()
	for _, s := range samples.All() {
		pkt := framed(s.Bytes)
		assert.True(t, packet.Valid(pkt), s.Name)
		pkt.DecRef()

		damaged := slices.Clone(s.Bytes)
		damaged[len(damaged)-1]++
		pkt = framed(damaged)
		assert.Equal(t, !offloaded(s) || s.Layout.Size < len(damaged), packet.Valid(pkt), s.Name)
		pkt.DecRef()

		unset := slices.Clone(s.Bytes)
		if offloaded(s) {
			l4 := unset[s.Layout.Transport:]
			if l4 = l4[6:8]; s.Layout.Protocol == packet.TCP {
				l4 = unset[s.Layout.Transport+16:][:2]
			}
			clear(l4)
		}
		pkt = framed(unset)
		pkt.PktType = tcpip.PacketOutgoing
		assert.Equal(t, s.Bytes, packet.Bytes(pkt)[header.EthernetMinimumSize:], s.Name)
		pkt.DecRef()
	}
}

// Super-segments are cut behind whatever headers Linux passes.
func TestSamplesSegment(t *testing.T) {
	t.Parallel()
	for _, s := range samples.All() {
		pkt := framed(s.Bytes)
		pkt.GSOOptions = stack.GSO{Type: stack.GSOTCPv4, MSS: 8}
		frames := packet.Segment(pkt)
		pkt.DecRef()
		if !offloaded(s) || s.Layout.Protocol != packet.TCP {
			assert.Empty(t, frames, s.Name)
			continue
		}
		require.Len(t, frames, 3, s.Name)
		for i, f := range frames {
			b := packet.Bytes(f)[header.EthernetMinimumSize:]
			l, ok := packet.Parse(b, len(b))
			require.True(t, ok, s.Name)
			assert.Equal(t, len(b), l.Size, s.Name)
			assert.Equal(t, s.Layout.Transport, l.Transport, s.Name)
			assert.EqualValues(t, 8*i, header.TCP(b[l.Transport:]).SequenceNumber(), s.Name)
			assert.Equal(t, []int{8, 8, 4}[i], len(b)-l.Transport-header.TCPMinimumSize, s.Name)
			assert.True(t, packet.Valid(f), s.Name)
			assert.True(t, l.Intact(f, header.EthernetMinimumSize, b, b[l.Transport:]), s.Name)
			f.DecRef()
		}
	}
}
