package packet

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

var (
	src4, dst4 = netip.MustParseAddr("172.17.0.2"), netip.MustParseAddr("172.17.0.3")
	src6, dst6 = netip.MustParseAddr("fd00::2"), netip.MustParseAddr("fd00::3")
)

// internetChecksum is RFC 1071, section 4.1, word by word.
func internetChecksum(parts ...[]byte) uint16 {
	var all []byte
	for _, p := range parts {
		all = append(all, p...)
	}
	if len(all)%2 == 1 {
		all = append(all, 0)
	}
	var sum uint32
	for i := 0; i < len(all); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(all[i:]))
		sum = sum&0xffff + sum>>16
	}
	return ^uint16(sum)
}

// transportChecksum computes what the checksum field of segment should hold,
// which must be zero.
func transportChecksum(src, dst netip.Addr, proto byte, segment []byte) uint16 {
	var tail []byte
	if src.Is4() {
		tail = []byte{0, proto, byte(len(segment) >> 8), byte(len(segment))}
	} else {
		tail = []byte{0, 0, byte(len(segment) >> 8), byte(len(segment)), 0, 0, 0, proto}
	}
	return internetChecksum(src.AsSlice(), dst.AsSlice(), tail, segment)
}

func ethernet(proto tcpip.NetworkProtocolNumber, payload []byte) []byte {
	b := make([]byte, header.EthernetMinimumSize, header.EthernetMinimumSize+len(payload))
	header.Ethernet(b).Encode(&header.EthernetFields{
		SrcAddr: "\x02\x42\xac\x11\x00\x02", DstAddr: "\x02\x42\xac\x11\x00\x03", Type: proto,
	})
	return append(b, payload...)
}

// ip4 returns a frame with the given payload and options of four bytes each.
func ip4(proto byte, options int, payload []byte) []byte {
	b := make([]byte, header.IPv4MinimumSize+4*options)
	b[0], b[1] = 4<<4|byte(len(b)/4), 0
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)+len(payload)))
	binary.BigEndian.PutUint16(b[4:], 0xfffe) // so that the id of the third segment is 0
	b[6], b[8], b[9] = 0x40, 64, proto
	copy(b[12:], src4.AsSlice())
	copy(b[16:], dst4.AsSlice())
	for i := header.IPv4MinimumSize; i < len(b); i++ {
		b[i] = 1 // no operation
	}
	binary.BigEndian.PutUint16(b[10:], internetChecksum(b))
	return ethernet(header.IPv4ProtocolNumber, append(b, payload...))
}

func ip6(proto byte, payload []byte) []byte {
	b := make([]byte, header.IPv6MinimumSize)
	b[0], b[6], b[7] = 6<<4, proto, 64
	binary.BigEndian.PutUint16(b[4:], uint16(len(payload)))
	copy(b[8:], src6.AsSlice())
	copy(b[24:], dst6.AsSlice())
	return ethernet(header.IPv6ProtocolNumber, append(b, payload...))
}

// tcp returns a segment with options of four bytes each and no checksum.
func tcp(flags header.TCPFlags, options, data int) []byte {
	b := make([]byte, header.TCPMinimumSize+4*options+data)
	binary.BigEndian.PutUint16(b[0:], 40000)
	binary.BigEndian.PutUint16(b[2:], 80)
	binary.BigEndian.PutUint32(b[4:], 0xffffff00) // wraps around
	binary.BigEndian.PutUint32(b[8:], 12345)
	b[12], b[13] = byte(header.TCPMinimumSize/4+options)<<4, byte(flags)
	for i := range data {
		b[len(b)-data+i] = byte(i ^ i>>8)
	}
	return b
}

// udp returns a datagram without checksum.
func udp(data ...byte) []byte {
	b := make([]byte, header.UDPMinimumSize, header.UDPMinimumSize+len(data))
	binary.BigEndian.PutUint16(b[0:], 40000)
	binary.BigEndian.PutUint16(b[2:], 53)
	binary.BigEndian.PutUint16(b[4:], uint16(len(b)+len(data)))
	return append(b, data...)
}

// summed puts the right checksum, plus wrong, into the segment of a frame.
func summed(f []byte, wrong uint16) []byte {
	src, dst, proto, segment := dissect(f)
	at := 16
	if proto == 17 {
		at = 6
	}
	clear(segment[at : at+2])
	sum := transportChecksum(src, dst, proto, segment)
	if sum == 0 && proto == 17 {
		sum = 0xffff
	}
	binary.BigEndian.PutUint16(segment[at:], sum+wrong)
	return f
}

// dissect returns the parts of a well-formed IP frame.
func dissect(f []byte) (src, dst netip.Addr, proto byte, segment []byte) {
	b := f[14:]
	if b[0]>>4 == 4 {
		src, dst = netip.AddrFrom4([4]byte(b[12:])), netip.AddrFrom4([4]byte(b[16:]))
		return src, dst, b[9], b[4*(b[0]&15) : binary.BigEndian.Uint16(b[2:])]
	}
	src, dst = netip.AddrFrom16([16]byte(b[8:])), netip.AddrFrom16([16]byte(b[24:]))
	proto, segment = b[6], b[40:][:binary.BigEndian.Uint16(b[4:])]
	for proto == 0 || proto == 43 || proto == 60 || proto == 51 {
		n := 8 + 8*int(segment[1])
		if proto == 51 {
			n = 8 + 4*int(segment[1])
		}
		proto, segment = segment[0], segment[n:]
	}
	return src, dst, proto, segment
}

// behind puts an extension header h of type kind before what an IPv6 frame carries, and
// sets the next header fields.
func behind(f []byte, kind byte, h ...byte) []byte {
	h[0] = f[14+6]
	f[14+6] = kind
	binary.BigEndian.PutUint16(f[14+4:], binary.BigEndian.Uint16(f[14+4:])+uint16(len(h)))
	return slices.Insert(f, 14+40, h...)
}

// packets returns f as packets of different build: received, received in small
// pieces, and sent, with headers pushed.
func packets(f []byte) map[string]*stack.PacketBuffer {
	received := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(f)})
	Ethernet(received)

	var pieces buffer.Buffer
	for rest := f; len(rest) > 0; {
		n := min(len(rest), 1+len(rest)/3)
		piece := buffer.MakeWithData(rest[:n])
		pieces.Merge(&piece)
		rest = rest[n:]
	}
	split := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: pieces})

	sent := received.IncRef()
	if len(f) > 34 {
		sent.DecRef()
		sent = stack.NewPacketBuffer(stack.PacketBufferOptions{
			ReserveHeaderBytes: 100,
			Payload:            buffer.MakeWithData(f[34:]),
		})
		copy(sent.NetworkHeader().Push(20), f[14:])
		copy(sent.LinkHeader().Push(14), f)
	}
	return map[string]*stack.PacketBuffer{"received": received, "split": split, "sent": sent}
}

func packet(f []byte) *stack.PacketBuffer {
	return stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(f)})
}

func contents(pkt *stack.PacketBuffer) []byte {
	var b []byte
	for _, s := range pkt.AsSlices() {
		b = append(b, s...)
	}
	return b
}

// requireValid recomputes every checksum of a TCP or UDP frame from scratch.
func requireValid(t *testing.T, f []byte) {
	t.Helper()
	if ip := f[14:]; ip[0]>>4 == 4 {
		require.Zero(t, internetChecksum(ip[:4*(ip[0]&15)]), "IP header checksum")
	}
	src, dst, proto, segment := dissect(f)
	require.Zero(t, transportChecksum(src, dst, proto, segment), "transport checksum")
}

func addr(a tcpip.Address) netip.Addr {
	out, _ := netip.AddrFromSlice(a.AsSlice())
	return out
}

func checksumOf(b []byte, initial uint16) uint16 { return checksum.Checksum(b, initial) }

// A located frame is one with a checksum to compute.
type located struct {
	b         []byte // up to the end of what is summed
	transport int    // offset in b
	proto     tcpip.TransportProtocolNumber
	v6        bool
}

// locate is false for what is malformed or has nothing to compute.
func locate(f []byte) (located, bool) {
	l, ok := ParseFrame(f, len(f))
	if !ok {
		return located{}, false
	}
	at := header.EthernetMinimumSize + l.Transport
	if !l.offloads(f[at : header.EthernetMinimumSize+l.Size]) {
		return located{}, false
	}
	return located{f[:at+l.summed(f[at:])], at, tcpip.TransportProtocolNumber(l.Protocol), l.V6}, true
}

func (l located) field() []byte {
	at, _, _ := sumField(uint8(l.proto))
	return l.b[l.transport+at:][:2]
}
