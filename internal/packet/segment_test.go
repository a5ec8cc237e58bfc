package packet

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

func TestSegment(t *testing.T) {
	t.Parallel()
	const ack, psh, fin, cwr, ece = header.TCPFlagAck, header.TCPFlagPsh, header.TCPFlagFin, header.TCPFlagCwr, header.TCPFlagEce
	four := func(flags header.TCPFlags, data int) []byte { return ip4(6, 0, tcp(flags, 3, data)) }
	six := func(flags header.TCPFlags, data int) []byte { return ip6(6, tcp(flags, 3, data)) }
	tests := []struct {
		name  string
		frame []byte
		mss   uint16
		data  []int // of each segment
		flags []header.TCPFlags
	}{
		{"no data", four(ack, 0), 1448, []int{0}, []header.TCPFlags{ack}},
		{"one byte", four(ack|psh, 1), 1448, []int{1}, []header.TCPFlags{ack | psh}},
		{"exactly one", four(ack|psh, 1448), 1448, []int{1448}, []header.TCPFlags{ack | psh}},
		{"one byte more", four(ack|psh, 1449), 1448, []int{1448, 1}, []header.TCPFlags{ack, ack | psh}},
		{"exactly three", four(ack, 3*1448), 1448, []int{1448, 1448, 1448}, []header.TCPFlags{ack, ack, ack}},
		{"FIN and PSH last, CWR first, ECE everywhere", four(ack|psh|fin|cwr|ece, 3000), 1448,
			[]int{1448, 1448, 104}, []header.TCPFlags{ack | cwr | ece, ack | ece, ack | psh | fin | ece}},
		{"IPv6", six(ack|psh|fin|cwr, 3000), 1428,
			[]int{1428, 1428, 144}, []header.TCPFlags{ack | cwr, ack, ack | psh | fin}},
		{"behind options", behind(six(ack|psh, 2000), 60, 0, 0, 1, 4, 0, 0, 0, 0), 1420, []int{1420, 580}, []header.TCPFlags{ack, ack | psh}},
		{"options of IP and TCP", ip4(6, 10, tcp(ack|psh, 10, 2000)), 1400, []int{1400, 600}, []header.TCPFlags{ack, ack | psh}},
		{"Ethernet padding is no data", append(four(ack, 3), 0, 0, 0), 2, []int{2, 1}, []header.TCPFlags{ack, ack}},
		{"largest", four(ack, 65535-20-32), 32767, []int{32767, 32716}, []header.TCPFlags{ack, ack}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for build, pkt := range packets(tt.frame) {
				pkt.GSOOptions = stack.GSO{Type: stack.GSOTCPv4, MSS: tt.mss}
				frames := Segment(pkt)
				assert.Equal(t, tt.frame, contents(pkt), "%s: changed", build)
				pkt.DecRef()

				var data []int
				var flags []header.TCPFlags
				for _, f := range frames {
					_, _, _, segment := dissect(contents(f))
					data = append(data, len(header.TCP(segment).Payload()))
					flags = append(flags, header.TCP(segment).Flags())
				}
				assert.Equal(t, tt.data, data, build)
				assert.Equal(t, tt.flags, flags, build)
				requireSegments(t, tt.frame, frames)
			}
		})
	}
}

// requireSegments checks that frames are wire frames that add up to the
// super-segment f, and releases them.
func requireSegments(t *testing.T, f []byte, frames []*stack.PacketBuffer) {
	t.Helper()
	whole, _, _ := headersAndData(f)
	_, _, want := headersAndData(f)
	var got []byte
	for n, pkt := range frames {
		b := contents(pkt)
		requireValid(t, b)
		headers, l, data := headersAndData(b)
		require.True(t, pkt.RXChecksumValidated)
		require.Equal(t, stack.GSO{}, pkt.GSOOptions)
		require.Equal(t, b[:14], pkt.LinkHeader().Slice())
		require.Equal(t, header.Ethernet(b).Type(), pkt.NetworkProtocolNumber)
		require.Len(t, b, len(headers)+len(data), "IP length")

		// Apart from what counts, headers are those of the super-segment.
		tcp, first := header.TCP(headers[l.transport:]), header.TCP(whole[l.transport:])
		require.Equal(t, first.SequenceNumber()+uint32(len(got)), tcp.SequenceNumber())
		tcp.SetSequenceNumber(first.SequenceNumber())
		tcp.SetChecksum(first.Checksum())
		tcp.SetFlags(uint8(first.Flags()))
		if l.v6 {
			header.IPv6(headers[14:]).SetPayloadLength(header.IPv6(whole[14:]).PayloadLength())
		} else {
			ip, first := header.IPv4(headers[14:]), header.IPv4(whole[14:])
			require.Equal(t, first.ID()+uint16(n), ip.ID())
			ip.SetID(first.ID())
			ip.SetTotalLength(first.TotalLength())
			ip.SetChecksum(first.Checksum())
		}
		require.Equal(t, whole, headers)
		got = append(got, data...)
		pkt.DecRef()
	}
	require.Equal(t, string(want), string(got))
}

func headersAndData(f []byte) (headers []byte, l located, data []byte) {
	l, ok := locate(f)
	if !ok {
		return nil, l, nil
	}
	end := l.transport + int(header.TCP(l.b[l.transport:]).DataOffset())
	return append([]byte(nil), l.b[:end]...), l, l.b[end:]
}

func TestSegmentWithoutCutting(t *testing.T) {
	t.Parallel()
	pkt := packet(ip4(6, 0, tcp(header.TCPFlagAck, 3, 100)))
	defer pkt.DecRef()

	frames := Segment(pkt)
	require.Equal(t, []*stack.PacketBuffer{pkt}, frames)
	frames[0].DecRef()

	pkt.PktType = tcpip.PacketOutgoing
	frames = Segment(pkt)
	require.Len(t, frames, 1)
	requireValid(t, contents(frames[0]))
	frames[0].DecRef()
}

func TestSegmentMalformed(t *testing.T) {
	t.Parallel()
	shortOffset, longOffset := ip4(6, 0, tcp(0, 0, 50)), ip4(6, 0, tcp(0, 0, 0))
	shortOffset[14+20+12] = 4 << 4
	longOffset[14+20+12] = 6 << 4
	tests := []struct {
		name  string
		frame []byte
		mss   uint16
	}{
		{"no MSS", ip4(6, 0, tcp(0, 0, 3000)), 0},
		{"UDP", ip4(17, 0, udp(make([]byte, 3000)...)), 1472},
		{"ARP", ethernet(header.ARPProtocolNumber, make([]byte, 28)), 1460},
		{"TCP header cut short", ip4(6, 0, tcp(0, 0, 0)[:19]), 1460},
		{"data offset within the header", shortOffset, 10},
		{"data offset beyond the segment", longOffset, 10},
		{"IP cut short", ip4(6, 0, tcp(0, 0, 3000))[:3000], 1460},
		{"runt", []byte{1, 2, 3}, 1460},
	}
	for _, tt := range tests {
		pkt := packet(tt.frame)
		pkt.GSOOptions = stack.GSO{Type: stack.GSOTCPv4, MSS: tt.mss}
		assert.Empty(t, Segment(pkt), tt.name)
		pkt.DecRef()
	}
}
