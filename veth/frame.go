package veth

import "drydock/internal/packet"

// headers returns the first bytes of the frame, in room if need be.
func (n *node) headers(room []byte) []byte {
	if n.pkt == nil {
		return n.data[:n.slot.size]
	}
	return room[:packet.Copy(room, n.pkt, 0)]
}

// flow returns the hash of the frame's flow.
func (n *node) flow(seed uint64) uint64 {
	var room [packet.MaxHeaders]byte
	return packet.Flow(n.headers(room[:]), int(n.bytes), seed)
}

// mark marks the frame as having met congestion, and is false if it cannot be.
func (n *node) mark() bool {
	if n.pkt == nil {
		return packet.MarkCE(n.data[:n.slot.size])
	}
	marked := packet.MarkedCE(n.pkt)
	if marked == nil {
		return false
	}
	n.pkt.DecRef()
	n.pkt = marked
	return true
}
