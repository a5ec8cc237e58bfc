package frame

import (
	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// Segment cuts the TCP super-segment pkt into the frames that would cross a wire,
// with checksums, as TSO does: sequence numbers and IP ids count up, FIN and PSH
// stay with the last segment and CWR with the first. A packet that needs no
// cutting comes back whole. The result is empty if pkt is no TCP segment that can
// be cut. The caller owns the frames; pkt is not changed.
func Segment(pkt *stack.PacketBuffer) []*stack.PacketBuffer {
	if pkt.GSOOptions.Type == stack.GSONone {
		return []*stack.PacketBuffer{Complete(pkt)}
	}
	v := pkt.ToView()
	defer v.Release()
	l, ok := parse(v.AsSlice())
	if !ok || l.transport == 0 || l.proto != header.TCPProtocolNumber {
		return nil
	}
	tcp := header.TCP(l.b[l.transport:])
	offset, mss := int(tcp.DataOffset()), int(pkt.GSOOptions.MSS)
	if offset < header.TCPMinimumSize || offset > len(tcp) || mss == 0 {
		return nil
	}
	data := tcp[offset:]
	var frames []*stack.PacketBuffer
	for at := 0; at == 0 || at < len(data); at += mss {
		end := min(at+mss, len(data))
		frames = append(frames, l.cut(l.transport+offset, at, end, end == len(data), len(frames)))
	}
	return frames
}

// cut returns the frame that carries data[at:end], the nth of the super-segment;
// headers is the length of all headers.
func (l *layout) cut(headers, at, end int, last bool, nth int) *stack.PacketBuffer {
	v := buffer.NewViewSize(headers + end - at)
	b := v.AsSlice()
	copy(b, l.b[:headers])
	copy(b[headers:], l.b[headers+at:headers+end])

	s := *l
	s.b = b
	if s.v6 {
		s.ip6().SetPayloadLength(uint16(len(b) - s.network - header.IPv6MinimumSize))
	} else {
		ip := s.ip4()
		ip.SetTotalLength(uint16(len(b) - s.network))
		ip.SetID(ip.ID() + uint16(nth))
		ip.SetChecksum(0)
		ip.SetChecksum(^ip.CalculateChecksum())
	}
	tcp := header.TCP(b[s.transport:])
	tcp.SetSequenceNumber(tcp.SequenceNumber() + uint32(at))
	flags := tcp.Flags()
	if !last {
		flags &^= header.TCPFlagFin | header.TCPFlagPsh
	}
	if at > 0 {
		flags &^= header.TCPFlagCwr
	}
	tcp.SetFlags(uint8(flags))
	s.complete()
	return wrap(v)
}
