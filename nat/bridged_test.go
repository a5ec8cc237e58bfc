package nat

import (
	"testing"

	"drydock/drop"
	wire "drydock/internal/packet"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// framed returns a frame as it crosses a bridge: in pieces as a sending stack made it,
// headers first, if cut is positive.
func framed(packet []byte, cut int) *stack.PacketBuffer {
	eth := make([]byte, header.EthernetMinimumSize)
	proto := header.IPv4ProtocolNumber
	if len(packet) > 0 && packet[0]>>4 == 6 {
		proto = header.IPv6ProtocolNumber
	}
	header.Ethernet(eth).Encode(&header.EthernetFields{SrcAddr: "\x02\x42\x00\x00\x00\x01", DstAddr: "\x02\x42\x00\x00\x00\x02", Type: proto})
	b := append(eth, packet...)
	var data buffer.Buffer
	if cut > 0 {
		data = buffer.MakeWithData(b[:cut])
		data.Append(buffer.NewViewWithData(b[cut:]))
	} else {
		data = buffer.MakeWithData(b)
	}
	pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: data})
	pkt.LinkHeader().Consume(header.EthernetMinimumSize)
	pkt.NetworkProtocolNumber = proto
	return pkt
}

func frameBytes(pkt *stack.PacketBuffer) []byte {
	b := make([]byte, pkt.Size())
	wire.Copy(b, pkt, 0)
	return b
}

// A frame that nothing translates is the caller's own packet again, whatever pieces its
// bytes lie in.
func TestBridgedPasses(t *testing.T) {
	t.Parallel()
	quoted := sample{proto: "udp", src: "172.17.0.3:5", dst: "172.17.0.2:6"}.bytes()
	samples := []sample{
		{src: "172.17.0.2:1", dst: "172.17.0.3:80", flags: syn, data: make([]byte, 2000)},
		{proto: "udp", src: "172.17.0.2:1", dst: "172.17.0.3:80", data: make([]byte, 10)},
		{proto: "icmp", kind: echo4, src: "172.17.0.2", dst: "172.17.0.3"},
		{proto: "icmp", kind: 3, src: "172.17.0.2", dst: "172.17.0.3", data: quoted},
		{src: "[fd17::2]:1", dst: "[fd17::3]:80", flags: syn},
		{proto: "udp", src: "[fd17::2]:1", dst: "[fd17::3]:80", options: make([]byte, 8)},
	}
	for _, s := range samples {
		packet := s.bytes()
		for cut := 0; cut < 14+len(packet); cut++ {
			if cut > 0 && cut < 14 {
				continue // parsing makes a link header lie in one piece
			}
			b := newBedTables(t, "-A FORWARD -m physdev --physdev-in p1 --physdev-out p2 --physdev-is-bridged -j ACCEPT", "-P FORWARD DROP", "-6 -P FORWARD ACCEPT")
			pkt := framed(packet, cut)
			before := frameBytes(pkt)
			require.Same(t, pkt, b.FilterBridged("br0", "p1", "p2", pkt), "%v cut at %d", dissect(packet), cut)
			require.Equal(t, before, frameBytes(pkt))
			require.Nil(t, pkt.Owner)
			pkt.DecRef()
			if cut > 150 {
				cut += 400
			}
		}
	}
}

// newBedTables returns tables without a stack.
func newBedTables(t testing.TB, rules ...string) *Tables {
	tables := New(WithSeed(1))
	for _, r := range rules {
		addRule(t, tables, r)
	}
	return tables
}

func TestBridgedDrops(t *testing.T) {
	t.Parallel()
	whole := sample{src: "172.17.0.2:1", dst: "172.17.0.3:80", flags: syn}.bytes()
	changed := func(at int, x byte) []byte {
		b := append([]byte(nil), whole...)
		b[at] = x
		return b
	}
	tests := []struct {
		name   string
		rules  []string
		packet []byte
		want   Dropped
	}{
		{"rule", []string{"-A FORWARD -p tcp -m physdev --physdev-in p1 -j DROP"}, whole, Dropped{Reason: drop.Rule, Hook: "FORWARD", Chain: "filter/FORWARD", Rule: 1}},
		{"policy", []string{"-P FORWARD DROP"}, whole, Dropped{Reason: drop.Policy, Hook: "FORWARD", Chain: "filter/FORWARD"}},
		{"version", nil, changed(0, 0x55), Dropped{Reason: drop.Malformed, Hook: "PREROUTING"}},
		{"checksum", nil, changed(8, 1), Dropped{Reason: drop.Checksum, Hook: "PREROUTING"}},
		{"cut short", nil, whole[:30], Dropped{Reason: drop.Malformed, Hook: "PREROUTING"}},
		{"nothing", nil, whole[:0:1], Dropped{Reason: drop.Malformed, Hook: "PREROUTING"}},
	}
	for _, tt := range tests {
		var got []Dropped
		tables := New(OnDrop(func(d Dropped) { got = append(got, d) }))
		for _, r := range tt.rules {
			addRule(t, tables, r)
		}
		pkt := framed(append(tt.packet, 0)[:len(tt.packet)], 0)
		assert.Nil(t, tables.FilterBridged("br0", "p1", "p2", pkt), tt.name)
		pkt.DecRef()
		require.Len(t, got, 1, tt.name)
		d := Dropped{Reason: got[0].Reason, Hook: got[0].Hook, Chain: got[0].Chain, Rule: got[0].Rule}
		assert.Equal(t, tt.want, d, tt.name)
		assert.Equal(t, "br0", got[0].In, tt.name)
		assert.Equal(t, "p1", got[0].PhysIn, tt.name)
	}
}

// A translated frame is a packet of its own: the one given stays as it was, and what
// offloads it, its mark and its segments are kept.
func TestBridgedTranslated(t *testing.T) {
	t.Parallel()
	b := newBed(t, "-t nat -A POSTROUTING -p tcp -m tcp --dport 80 -j MASQUERADE")
	b.rules("-t nat -A POSTROUTING -p udp -j SNAT --to-source 172.17.0.1:99")
	for _, cut := range []int{0, 14 + 20, 14 + 40, 14 + 50} {
		packet := sample{src: "172.17.0.2:1", dst: "172.17.0.3:80", flags: syn, data: make([]byte, 3000)}.bytes()
		pkt := framed(packet, cut)
		pkt.PktType = tcpip.PacketOutgoing
		pkt.Hash, pkt.Mark = 5, 7
		before := frameBytes(pkt)
		out := b.tables.FilterBridged("docker0", "p1", "p2", pkt)
		require.NotNil(t, out)
		require.NotSame(t, pkt, out)
		assert.Equal(t, before, frameBytes(pkt))
		got := frameBytes(out)
		assert.Equal(t, before[:14], got[:14])
		assert.Equal(t, "tcp S 172.17.0.1:1 > 172.17.0.3:80", dissect(got[14:]).String())
		assertValid(t, got[14:])
		assert.True(t, wire.Offloaded(out))
		assert.EqualValues(t, 5, out.Hash)
		assert.EqualValues(t, 7, out.Mark)
		assert.EqualValues(t, header.IPv4ProtocolNumber, out.NetworkProtocolNumber)
		out.DecRef()
		pkt.DecRef()
	}
	// What answers it is for the host, not for the bridge; errors that come by it are
	// translated as well.
	pkt := framed(sample{proto: "udp", src: "172.17.0.2:5", dst: "172.17.0.3:6"}.bytes(), 0)
	out := b.tables.FilterBridged("docker0", "p1", "p2", pkt)
	require.NotNil(t, out)
	assert.Equal(t, "udp 172.17.0.1:99 > 172.17.0.3:6", dissect(frameBytes(out)[14:]).String())
	out.DecRef()
	pkt.DecRef()
}

// A frame that would be for somebody else is given to who routes, as it was sent.
func TestBridgedRouted(t *testing.T) {
	t.Parallel()
	rule := "-t nat -A PREROUTING -d 172.17.0.3/32 -j DNAT --to-destination 10.0.0.9"
	packet := sample{proto: "udp", src: "172.17.0.2:5", dst: "172.17.0.3:6"}.bytes()
	tables := newBedTables(t, rule)
	pkt := framed(packet, 0)
	assert.Nil(t, tables.FilterBridged("br0", "p1", "p2", pkt))
	assert.EqualValues(t, 1, tables.Drops()[drop.OffBridge])
	assert.Equal(t, packet, frameBytes(pkt)[14:])

	var routed []string
	tables = New(WithRouter(func(bridge string, pkt *stack.PacketBuffer) {
		routed = append(routed, bridge+": "+dissect(frameBytes(pkt)[14:]).String())
	}))
	addRule(t, tables, rule)
	assert.Nil(t, tables.FilterBridged("br0", "p1", "p2", pkt))
	assert.Equal(t, []string{"br0: udp 172.17.0.2:5 > 172.17.0.3:6"}, routed)
	assert.Zero(t, tables.Drops()[drop.OffBridge])
	pkt.DecRef()
}

// The mark that rules give a frame is gone when it goes to the next port.
func TestBridgedMark(t *testing.T) {
	t.Parallel()
	tables := newBedTables(t, "-t mangle -A FORWARD -m physdev --physdev-out p2 -j MARK --set-xmark 0x1/0xffffffff", "-A FORWARD -m mark --mark 0x1 -j DROP")
	pkt := framed(sample{proto: "udp", src: "172.17.0.2:5", dst: "172.17.0.3:6"}.bytes(), 0)
	defer pkt.DecRef()
	assert.Nil(t, tables.FilterBridged("br0", "p1", "p2", pkt))
	assert.NotNil(t, tables.FilterBridged("br0", "p1", "p3", pkt))
	assert.Zero(t, pkt.Mark)
}

// REJECT answers a bridged frame through the stack that has the bridge, once the sender
// is done with it.
func TestBridgedReject(t *testing.T) {
	t.Parallel()
	b := newBed(t, "-A FORWARD -p udp -j REJECT", "-A FORWARD -p tcp -j REJECT --reject-with tcp-reset")
	for _, s := range []sample{{proto: "udp", src: "172.17.0.2:5", dst: "172.17.0.3:6"}, {src: "172.17.0.2:5", dst: "172.17.0.3:6", flags: syn}} {
		pkt := framed(s.bytes(), 0)
		assert.Nil(t, b.tables.FilterBridged("docker0", "p1", "p2", pkt))
		pkt.DecRef()
	}
	assert.Empty(t, b.out())
	b.clock.Advance(1)
	assert.ElementsMatch(t, []string{
		"docker0: icmp 3/3 172.17.0.1 > 172.17.0.2 [udp 172.17.0.2:5 > 172.17.0.3:6]",
		"docker0: tcp RA 172.17.0.3:6 > 172.17.0.2:5",
	}, b.out())
}

func TestBridgedAllocatesNothing(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector makes pools forget")
	}
	assert.Zero(t, testing.AllocsPerRun(100, bridgedPass(t)))
}

func BenchmarkFilterBridged(b *testing.B) {
	pass := bridgedPass(b)
	b.ReportAllocs()
	for b.Loop() {
		pass()
	}
}

// bridgedPass returns a function that filters a frame of an established connection.
func bridgedPass(t testing.TB) func() {
	tables := newBedTables(t, "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT")
	filter := func(s sample) *stack.PacketBuffer {
		pkt := framed(s.bytes(), 14+40)
		pkt.RXChecksumValidated = true
		require.Same(t, pkt, tables.FilterBridged("br0", "p1", "p2", pkt))
		return pkt
	}
	filter(sample{src: "172.17.0.2:1", dst: "172.17.0.3:80", flags: syn}).DecRef()
	filter(sample{src: "172.17.0.3:80", dst: "172.17.0.2:1", flags: synAck}).DecRef()
	pkt := filter(sample{src: "172.17.0.2:1", dst: "172.17.0.3:80", data: make([]byte, 1000)})
	t.Cleanup(pkt.DecRef)
	return func() {
		if tables.FilterBridged("br0", "p1", "p2", pkt) != pkt {
			t.Fatal("dropped or changed")
		}
	}
}
