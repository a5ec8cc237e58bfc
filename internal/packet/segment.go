package packet

import (
	"iter"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A Cut is a piece of the data of a TCP super-segment that crosses a wire in one packet,
// as TSO cuts it.
type Cut struct {
	At, Size int  // in bytes of the data
	N        int  // of pieces before it
	Last     bool // none comes after it
}

// Cuts returns the pieces of size bytes of data, each of mss bytes but for the last. Of no
// data there is one that is empty. mss must be positive.
func Cuts(size, mss int) iter.Seq[Cut] {
	return func(yield func(Cut) bool) {
		for c := (Cut{Size: min(mss, size)}); ; c.N++ {
			if c.Last = c.At+mss >= size; !yield(c) || c.Last {
				return
			}
			c.At += mss
			c.Size = min(mss, size-c.At)
		}
	}
}

// SetHeaders makes copies of a super-segment's headers, ip with extension headers, those
// of the piece: sequence numbers and IPv4 ids count up, FIN and PSH stay with the last
// piece and CWR with the first. It does not compute the checksum of TCP.
func (c *Cut) SetHeaders(ip, tcp []byte) {
	setLength(ip, len(ip)+len(tcp)+c.Size, uint16(c.N))
	t := header.TCP(tcp)
	t.SetSequenceNumber(t.SequenceNumber() + uint32(c.At))
	flags := t.Flags()
	if !c.Last {
		flags &^= header.TCPFlagFin | header.TCPFlagPsh
	}
	if c.N > 0 {
		flags &^= header.TCPFlagCwr
	}
	t.SetFlags(uint8(flags))
}

// setLength makes ip the header of a packet of size bytes, and adds n to an IPv4 id.
func setLength(ip []byte, size int, n uint16) {
	if ip[0]>>4 == header.IPv6Version {
		header.IPv6(ip).SetPayloadLength(uint16(size - header.IPv6MinimumSize))
		return
	}
	h := header.IPv4(ip)
	h.SetTotalLength(uint16(size))
	h.SetID(h.ID() + n)
	SetHeaderSum(h)
}

// SetHeaderSum computes the checksum of an IPv4 header.
func SetHeaderSum(ip header.IPv4) {
	ip.SetChecksum(0)
	ip.SetChecksum(^ip.CalculateChecksum())
}

// Segment cuts the super-segment pkt, a frame, into the frames that would cross a wire,
// with checksums. A packet that needs no cutting comes back whole. The result is empty if
// pkt is no TCP segment that can be cut. The caller owns the frames; pkt is not changed.
func Segment(pkt *stack.PacketBuffer) (frames []*stack.PacketBuffer) {
	SegmentTo(pkt, func(frame *stack.PacketBuffer) { frames = append(frames, frame) })
	return frames
}

// SegmentTo is Segment that gives the frames to a function, which owns them, and makes no
// list. It is false if there is none.
func SegmentTo(pkt *stack.PacketBuffer, give func(*stack.PacketBuffer)) bool {
	if pkt.GSOOptions.Type == stack.GSONone {
		give(Complete(pkt))
		return true
	}
	v := pkt.ToView()
	defer v.Release()
	b := v.AsSlice()
	l, ok := ParseFrame(b, len(b))
	if !ok {
		return false
	}
	b = b[:header.EthernetMinimumSize+l.Size]
	tcp := b[header.EthernetMinimumSize+l.Transport:]
	headers, mss := l.HeaderSize(tcp), int(pkt.GSOOptions.MSS)
	data := len(tcp) - headers
	// Before a connection has an MSS gVisor has none for its acknowledgements, either.
	if l.Protocol != TCP || !l.offloads(tcp) || headers == 0 || mss == 0 && data > 0 {
		return false
	}
	for c := range Cuts(data, max(mss, 1)) {
		give(l.cut(b, headers, &c))
	}
	return true
}

// cut returns the frame of a piece of the super-segment b, whose TCP header has so many
// bytes.
func (l *Layout) cut(b []byte, tcpSize int, c *Cut) *stack.PacketBuffer {
	headers := header.EthernetMinimumSize + l.Transport + tcpSize
	v := buffer.NewViewSize(headers + c.Size)
	frame := v.AsSlice()
	copy(frame, b[:headers])
	copy(frame[headers:], b[headers+c.At:])

	ip := frame[header.EthernetMinimumSize:]
	c.SetHeaders(ip[:l.Transport], ip[l.Transport:][:tcpSize])
	piece := *l
	piece.Size = len(ip)
	piece.complete(ip)
	return wrap(v)
}
