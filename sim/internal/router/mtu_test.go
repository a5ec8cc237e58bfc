package router_test

import (
	"slices"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/channel"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// Packets from host a on a cable of MTU 9000 to one of a smaller MTU.
func TestMTU(t *testing.T) {
	t.Parallel()
	small, narrow6 := [2]int{9000, 1000}, [2]int{9000, 1400}
	ip4 := packet{src: "10.1.0.99", dst: "10.2.0.99", proto: 17, id: 7}
	ip6 := packet{src: "fd01::99", dst: "fd02::99", proto: 17}
	with := func(p packet, edit func(*packet)) packet { edit(&p); return p }
	for _, tt := range []struct {
		name string
		mtu  [2]int
		in   packet
		want check
	}{
		{"fits, DF", small, with(ip4, func(p *packet) { p.df, p.body = true, udp(972) }), one(out(1), size(1000))},
		{"one byte more, DF", small, with(ip4, func(p *packet) { p.df, p.body = true, udp(973) }), icmpError("10.1.0.1", 3, 4, 1000)},
		{"one byte more", small, with(ip4, func(p *packet) { p.body = udp(973) }), fragments(996, 25)},
		{"4000 bytes", small, with(ip4, func(p *packet) { p.body = udp(3992) }), fragments(996, 996, 996, 996, 116)},
		{"a first fragment", small, with(ip4, func(p *packet) { p.body, p.more = udp(1992), true }), fragments(996, 996, 68)},
		{"a last fragment", small, with(ip4, func(p *packet) { p.body, p.offset = udp(1992), 8000 }), fragments(996, 996, 68)},
		{"a fragment at the end of the world", small, with(ip4, func(p *packet) { p.body, p.offset = udp(1992), 65528 }), none},
		{"options", small, with(ip4, func(p *packet) {
			p.body = udp(1000)
			p.options = []byte{0x88, 4, 1, 2, 7, 7, 4, 0, 0, 0, 0, 0} // stream id, to be copied; record route, not
		}), fragments(1000, 72)},
		{"IPv6", narrow6, with(ip6, func(p *packet) { p.body = udp(1353) }), icmpError("fd01::1", 2, 0, 1400)},
		{"IPv6, fits", narrow6, with(ip6, func(p *packet) { p.body = udp(1352) }), one(out(1), size(1400))},
		{"IPv6, MTU below the least", small, with(ip6, func(p *packet) { p.body = udp(1300) }), icmpError("fd01::1", 2, 0, 1280)},

		{"super-segment", small, with(ip4, func(p *packet) { p.df, p.proto, p.body, p.mss = true, 6, tcp(60000), 960 }), one(out(1), size(60040), body(tcp(60000)))},
		{"super-segment, no DF", small, with(ip4, func(p *packet) { p.proto, p.body, p.mss = 6, tcp(60000), 960 }), one(out(1), size(60040))},
		{"super-segment of too large segments, DF", small, with(ip4, func(p *packet) { p.df, p.proto, p.body, p.mss = true, 6, tcp(60000), 961 }), icmpError("10.1.0.1", 3, 4, 1000)},
		{"super-segment of too large segments", small, with(ip4, func(p *packet) { p.proto, p.body, p.mss = 6, tcp(3000), 1460 }), segments(3000, 1460)},
		{"super-segment that fits whole", small, with(ip4, func(p *packet) { p.df, p.proto, p.body, p.mss = true, 6, tcp(100), 1460 }), one(out(1), size(140))},
		{"super-segment, IPv6", narrow6, with(ip6, func(p *packet) { p.proto, p.body, p.mss = 6, tcp(60000), 1340 }), one(out(1), size(60060))},
		{"super-segment of too large segments, IPv6", narrow6, with(ip6, func(p *packet) { p.proto, p.body, p.mss = 6, tcp(60000), 1341 }), icmpError("fd01::1", 2, 0, 1400)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				f := new(netfilter)
				top := plan{virtual: true, filter: f, mtu: tt.mtu}.build(t)
				top.acquaint(t)
				c := top.capture()
				top.inject(t, 0, tt.in)
				synctest.Wait()
				tt.want(t, tt.in, c.take())
			})
		})
	}
}

// fragments is that the router sent fragments of these sizes, which add up to the
// packet.
func fragments(sizes ...int) check {
	return func(t *testing.T, in packet, got []seen) {
		require.NotEmpty(t, got)
		data, more := reassemble(t, got, in.offset)
		assert.Equal(t, in.more, more)
		b := slices.Clone(in.body)
		copy(b[6:8], data[6:8]) // UDP checksum, which the router computed
		assert.Equal(t, b, data)
		var sent []int
		for _, s := range got {
			out(1)(t, s)
			intact(t, s)
			assert.EqualValues(t, in.id, s.ip4().ID())
			assert.EqualValues(t, 63, s.ip4().TTL())
			sent = append(sent, len(s.ip))
		}
		assert.Equal(t, sizes, sent)
		checkOptions(t, in, got)
	}
}

// reassemble puts fragments in order together and reports whether more follow.
func reassemble(t *testing.T, got []seen, offset uint16) (data []byte, more bool) {
	for i, s := range got {
		assert.EqualValues(t, int(offset)+len(data), s.ip4().FragmentOffset())
		if more = s.ip4().More(); i < len(got)-1 {
			assert.True(t, more)
		}
		data = append(data, s.body()...)
	}
	return data, more
}

func checkOptions(t *testing.T, in packet, got []seen) {
	for i, s := range got {
		want := in.options
		if i > 0 && len(want) > 0 {
			want = []byte{0x88, 4, 1, 2, 1, 1, 1, 1, 1, 1, 1, 0}
		}
		assert.Equal(t, string(want), string(s.ip4().Options()), "options of fragment %d", i)
	}
}

// segments is that the router sent the segments of a super-segment of so many bytes,
// each in fragments.
func segments(size, mss int) check {
	return func(t *testing.T, in packet, got []seen) {
		byID := make(map[uint16][]seen)
		for _, s := range got {
			out(1)(t, s)
			intact(t, s)
			assert.LessOrEqual(t, len(s.ip), 1000)
			byID[s.ip4().ID()] = append(byID[s.ip4().ID()], s)
		}
		n := (size + mss - 1) / mss
		require.Len(t, byID, n)
		for i := range n {
			b, more := reassemble(t, byID[in.id+uint16(i)], 0)
			assert.False(t, more)
			checkSegment(t, in.body, b, i*mss, min(mss, size-i*mss))
			sum := header.PseudoHeaderChecksum(6, got[0].ip4().SourceAddress(), got[0].ip4().DestinationAddress(), uint16(len(b)))
			assert.EqualValues(t, 0xffff, checksum.Checksum(b, sum), "checksum of segment %d", i)
		}
	}
}

// checkSegment checks a segment with the bytes from at of a super-segment.
func checkSegment(t *testing.T, whole, b []byte, at, size int) {
	t.Helper()
	h := header.TCP(b)
	assert.EqualValues(t, 1<<30+at, h.SequenceNumber())
	assert.Equal(t, whole[20+at:20+at+size], []byte(h.Payload()))
	want := header.TCPFlagAck
	if at == 0 {
		want |= header.TCPFlagCwr
	}
	if 20+at+size == len(whole) {
		want |= header.TCPFlagPsh | header.TCPFlagFin
	}
	assert.Equal(t, want, h.Flags())
}

// A device that neither cuts super-segments nor computes checksums gets what goes on
// a wire.
func TestPlainDevice(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		in   packet
		n    int
	}{
		{"UDP", packet{src: "10.1.0.99", dst: "10.3.0.9", proto: 17, body: udp(100)}, 1},
		{"TCP", packet{src: "10.1.0.99", dst: "10.3.0.9", proto: 6, body: tcp(100)}, 1},
		{"super-segment", packet{src: "10.1.0.99", dst: "10.3.0.9", df: true, proto: 6, body: tcp(5000), mss: 1400}, 4},
		{"super-segment, IPv6", packet{src: "fd01::99", dst: "fd03::9", proto: 6, body: tcp(5000), mss: 1400}, 4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				top := plan{virtual: true}.build(t)
				dev := channel.New(100, 1500, "")
				require.NoError(t, top.router.AddNIC(9, "tun0", dev))
				require.NoError(t, top.router.AddAddr(9, net(2, 1)))
				require.NoError(t, top.router.AddAddr(9, net6(2, 1)))
				top.inject(t, 0, tt.in)
				synctest.Wait()
				require.Equal(t, tt.n, dev.NumQueued())
				for i := range tt.n {
					pkt := dev.Read()
					s := seen{1, stack.PayloadSince(pkt.NetworkHeader()).AsSlice()}
					pkt.DecRef()
					intact(t, s)
					checkSum(t, s)
					if tt.in.mss > 0 {
						checkSegment(t, tt.in.body, s.body(), i*1400, min(1400, 5000-i*1400))
					}
				}
			})
		})
	}
}

func checkSum(t *testing.T, s seen) {
	t.Helper()
	src, dst := tcpip.Address{}, tcpip.Address{}
	if s.v6() {
		src, dst = s.ip6().SourceAddress(), s.ip6().DestinationAddress()
	} else {
		src, dst = s.ip4().SourceAddress(), s.ip4().DestinationAddress()
	}
	sum := header.PseudoHeaderChecksum(tcpip.TransportProtocolNumber(s.proto()), src, dst, uint16(len(s.body())))
	assert.EqualValues(t, 0xffff, checksum.Checksum(s.body(), sum), "checksum")
}
