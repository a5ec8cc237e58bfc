package packet

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

func seeds() [][]byte {
	return [][]byte{
		nil,
		make([]byte, 13),
		make([]byte, 14),
		ethernet(header.ARPProtocolNumber, make([]byte, 28)),
		ip4(1, 0, []byte{8, 0, 1, 2, 3, 4, 5, 6}),
		ip4(6, 0, tcp(header.TCPFlagAck, 0, 0)),
		ip4(6, 10, tcp(header.TCPFlagAck|header.TCPFlagPsh|header.TCPFlagFin|header.TCPFlagCwr, 10, 300)),
		summed(ip4(6, 0, tcp(header.TCPFlagAck, 3, 99)), 0),
		ip4(17, 0, udp(1, 2, 3)),
		summed(ip4(17, 0, udp(zeroSum4()...)), 0),
		ip6(6, tcp(header.TCPFlagAck|header.TCPFlagFin, 3, 300)),
		summed(ip6(17, udp(1, 2, 3)), 0),
		ip6(0, append([]byte{6, 0, 1, 4, 0, 0, 0, 0}, tcp(header.TCPFlagAck, 0, 0)...)),
	}
}

// FuzzSegment: what is cut adds up to the original in valid frames.
func FuzzSegment(f *testing.F) {
	for _, s := range seeds() {
		f.Add(s, uint8(stack.GSOTCPv4), uint16(100))
		f.Add(s, uint8(stack.GSONone), uint16(0))
	}
	f.Fuzz(func(t *testing.T, b []byte, gso uint8, mss uint16) {
		if len(b) > 65600 || len(b)/max(int(mss), 1) > 100 {
			return // long, not interesting
		}
		for _, pkt := range packets(b) {
			pkt.GSOOptions = stack.GSO{Type: stack.GSOType(gso % 4), MSS: mss}
			frames := Segment(pkt)
			require.Equal(t, string(b), string(contents(pkt)), "changed")
			if pkt.GSOOptions.Type != stack.GSONone && len(frames) > 0 {
				requireSegments(t, b, frames)
			} else if len(frames) > 0 {
				require.Len(t, frames, 1)
				require.Len(t, contents(frames[0]), len(b))
				frames[0].DecRef()
			}
			pkt.DecRef()
		}
	})
}

// FuzzComplete: only the checksum changes, to what a computation from scratch and
// gVisor find.
func FuzzComplete(f *testing.F) {
	for _, s := range seeds() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, pkt := range packets(b) {
			pkt.PktType = tcpip.PacketOutgoing
			out := Complete(pkt)
			got := contents(out)
			require.Equal(t, string(b), string(contents(pkt)), "changed")
			require.Equal(t, string(got), string(Bytes(pkt)))
			if l, ok := locate(slices.Clone(got)); ok {
				want := recomputed(l)
				require.Equal(t, string(want.b), string(got[:len(want.b)]))
				require.Equal(t, string(b[len(want.b):]), string(got[len(want.b):]), "padding")
			} else {
				require.Same(t, pkt, out)
			}
			out.DecRef()
			pkt.DecRef()
		}
	})
}

// recomputed sets the checksum twice, with the code of this test and with gVisor's,
// which must agree.
func recomputed(l located) located {
	var ip header.Network = header.IPv4(l.b[header.EthernetMinimumSize:])
	if l.v6 {
		ip = header.IPv6(l.b[header.EthernetMinimumSize:])
	}
	segment := l.b[l.transport:]
	pseudo := header.PseudoHeaderChecksum(l.proto, ip.SourceAddress(), ip.DestinationAddress(), uint16(len(segment)))
	field := l.field()
	clear(field)
	src, dst := addr(ip.SourceAddress()), addr(ip.DestinationAddress())
	mine := transportChecksum(src, dst, byte(l.proto), segment)
	theirs := ^header.UDP(segment[:8]).CalculateChecksum(checksumOf(segment[8:], pseudo))
	if l.proto == header.UDPProtocolNumber && mine == 0 {
		mine = 0xffff
	}
	if l.proto == header.UDPProtocolNumber && theirs == 0 {
		theirs = 0xffff
	}
	if mine != theirs {
		panic("the test's own checksum disagrees with gVisor's")
	}
	field[0], field[1] = byte(mine>>8), byte(mine)
	return l
}

// FuzzValid: the verdict does not depend on how a frame lies in memory, and a
// single wrong bit of what is summed changes it.
func FuzzValid(f *testing.F) {
	for _, s := range seeds() {
		f.Add(s, uint16(3))
		f.Add(s, uint16(1001))
	}
	f.Fuzz(func(t *testing.T, b []byte, bit uint16) {
		verdict := -1
		for _, pkt := range packets(b) {
			v := 0
			if Valid(pkt) {
				v = 1
			}
			require.True(t, verdict < 0 || verdict == v)
			verdict = v
			pkt.DecRef()
		}
		l, ok := locate(b)
		if verdict == 0 || !ok || l.field()[0]|l.field()[1] == 0 {
			return
		}
		// Of the segment, without what parse goes by: the length of a datagram and
		// the checksum field, in which 0 is special.
		at := l.transport + 8 + int(bit/8)%max(len(l.b)-l.transport-8, 1)
		if l.proto == header.TCPProtocolNumber {
			at = l.transport + int(bit/8)%16
		}
		if at >= len(l.b) {
			return
		}
		damaged := slices.Clone(b)
		damaged[at] ^= 1 << (bit % 8)
		pkt := packet(damaged)
		defer pkt.DecRef()
		require.False(t, Valid(pkt), "byte %d", at)
	})
}
