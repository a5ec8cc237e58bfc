package nat

import (
	"testing"

	wire "drydock/internal/packet"
	"drydock/internal/packet/samples"
	"drydock/nat/conntrack"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// looks are the ways in which tables come by the headers of a packet: as a frame of a
// bridge, in one piece and in many, and as netstack has parsed it, which knows fewer
// extension headers.
var looks = []struct {
	name string
	make func(b []byte) *stack.PacketBuffer
	find func(p *packet) bool
}{
	{"frame", func(b []byte) *stack.PacketBuffer { return framed(b, 0) }, (*packet).parseFrame},
	{"frame in pieces", func(b []byte) *stack.PacketBuffer { return pieces(b, []byte{21, 9, 13, 1, 30}) }, (*packet).parseFrame},
	{"netstack", received, (*packet).parse},
}

// Rules and connection tracking find in all samples what package packet does.
func TestSamples(t *testing.T) {
	t.Parallel()
	for _, s := range samples.All() {
		for _, look := range looks {
			if look.name == "netstack" && !s.OK && s.Bytes[0]>>4 == 4 {
				continue // netstack drops it before any hook
			}
			t.Run(s.Name+"/"+look.name, func(t *testing.T) {
				t.Parallel()
				tables := newBedTables(t)
				pkt := look.make(s.Bytes)
				defer pkt.DecRef()
				p := tables.newPacket(prerouting, pkt)
				defer p.release()
				require.Equal(t, s.OK, look.find(p))
				if !s.OK {
					return
				}
				size := p.layout.Size
				p.layout.Size = s.Layout.Size // netstack has cut the padding
				assert.LessOrEqual(t, size, len(s.Bytes))
				assert.Equal(t, s.Layout, p.layout)
				assert.Equal(t, s.Layout.Protocol, p.proto)
				src, dst := wire.Addrs(s.Bytes)
				assert.Equal(t, src, p.src)
				assert.Equal(t, dst, p.dst)
				if s.Layout.Fragment == wire.Following {
					return
				}
				checkTracking(t, tables, p, s)
			})
		}
	}
}

func checkTracking(t *testing.T, tables *Tables, p *packet, s samples.Sample) {
	require.True(t, tables.track(p))
	if !s.Tracked {
		assert.Equal(t, StateInvalid, p.state)
		return
	}
	require.Equal(t, StateNew, p.state)
	tuple := p.conn.Tuple(conntrack.Original)
	assert.Equal(t, s.Layout.Protocol, tuple.Proto)
	assert.Equal(t, p.src, tuple.Src)
	assert.Equal(t, p.dst, tuple.Dst)
	switch s.Layout.Protocol {
	case wire.TCP, wire.UDP:
		assert.EqualValues(t, samples.SrcPort, tuple.SrcPort)
		assert.EqualValues(t, samples.DstPort, tuple.DstPort)
		assert.EqualValues(t, samples.DstPort, p.dstPort)
	case wire.ICMP, wire.ICMPv6:
		assert.EqualValues(t, 9, tuple.SrcPort)
		assert.NotZero(t, tuple.Type)
	default:
		assert.Zero(t, tuple.SrcPort)
	}
}

// A packet passes a firewall that accepts its protocol and nothing else, and one that is
// translated has right checksums afterwards.
func TestSamplesPass(t *testing.T) {
	t.Parallel()
	for _, s := range samples.All() {
		rule := Rule{Proto: Protocol{Number: s.Layout.Protocol}, Target: Accept{}}
		if s.OK && s.Layout.Fragment == wire.Whole {
			switch s.Layout.Protocol {
			case wire.TCP:
				rule.Matches = []Match{TCP{Dst: onePort(samples.DstPort)}}
			case wire.UDP:
				rule.Matches = []Match{UDP{Dst: onePort(samples.DstPort)}}
			}
		}
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			b := newBed(t, "-P FORWARD DROP", "-6 -P FORWARD DROP",
				"-t nat -A POSTROUTING -j SNAT --to-source 10.0.0.66", "-6 -t nat -A POSTROUTING -j SNAT --to-source fd00::66")
			rs, source := b.tables.IPv4(), "10.0.0.66"
			if s.Bytes[0]>>4 == 6 {
				rs, source = b.tables.IPv6(), "fd00::66"
			}
			require.NoError(t, rs.Append("filter/FORWARD", rule))
			pkt := framed(s.Bytes, 0)
			defer pkt.DecRef()
			out := b.tables.FilterBridged("br0", "p1", "p2", pkt)
			short := s.Layout.HeaderSize(s.Bytes[min(s.Layout.Transport, len(s.Bytes)):]) == 0 && len(rule.Matches) > 0
			if !s.OK || s.Layout.Fragment == wire.Following || short {
				require.Nil(t, out)
				return
			}
			require.NotNil(t, out, "%v", b.drops)
			got := frameBytes(out)[14:][:s.Layout.Size]
			if out != pkt {
				defer out.DecRef()
			}
			assert.Equal(t, got, b.passed(bedDocker0, s.Bytes), "through netstack's hooks")
			if s.Tracked {
				src, _ := wire.Addrs(got)
				assert.Equal(t, source, src.String())
				if s.Layout.Fragment == wire.Whole {
					assert.True(t, intactPacket(got))
				}
			}
		})
	}
}

// An ICMP error about a packet is of its connection, whatever headers that had.
func TestSamplesQuoted(t *testing.T) {
	t.Parallel()
	for _, s := range samples.All() {
		if !s.Tracked || s.Layout.Transport > maxQuote-8 {
			continue
		}
		b := newBed(t)
		pkt := framed(s.Bytes, 0)
		out := b.tables.FilterBridged("br0", "p1", "p2", pkt)
		require.NotNil(t, out, s.Name)
		pkt.DecRef()

		src, dst := wire.Addrs(s.Bytes)
		e := sample{proto: "icmp", kind: 3, code: 1, src: dst.String(), dst: src.String(), data: s.Bytes}
		if s.Layout.V6 {
			e.kind, e.code = 1, 3
		}
		pkt = framed(e.bytes(), 0)
		p := b.tables.newPacket(prerouting, pkt)
		require.True(t, p.parseFrame(), s.Name)
		b.tables.track(p)
		assert.Equal(t, StateRelated, p.state, s.Name)
		p.release()
		pkt.DecRef()
	}
}
