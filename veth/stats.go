package veth

import "sync/atomic"

// Stats are the counters of one end since it was made, as "ip -s link" shows them.
// Bytes include the Ethernet header; a super-segment is one packet.
type Stats struct {
	TxPackets, TxBytes uint64 // frames sent to the other end, lost ones included
	TxDropped          uint64 // frames refused: no carrier, larger than the other end's MTU
	TxLost             uint64 // wire frames that the impairment of this end lost: Loss and full Queue
	RxPackets, RxBytes uint64 // frames received
	RxDropped          uint64 // frames that arrived and found the queue full or nobody attached
	RxErrors           uint64 // received frames with a wrong checksum, not delivered
}

type stats struct {
	direct    counter // frames sent that arrived at once
	impaired  counter // frames sent into the line
	late      counter // frames received from the other end's line
	rxDropped counter // frames that arrived and were not accepted
	txDropped atomic.Uint64
	txLost    atomic.Uint64
	rxErrors  atomic.Uint64
}

type counter struct{ packets, bytes atomic.Uint64 }

func (c *counter) add(size int) {
	c.packets.Add(1)
	c.bytes.Add(uint64(size))
}

// Stats returns the present counters. They are not one consistent snapshot while
// traffic flows.
func (e *Endpoint) Stats() Stats {
	s, peer := &e.stats, &e.peer.stats
	dropped, droppedBytes := s.rxDropped.packets.Load(), s.rxDropped.bytes.Load()
	// What one end sent over a perfect line the other received: as in Linux's
	// veth, one count serves both.
	return Stats{
		TxPackets: s.direct.packets.Load() + s.impaired.packets.Load(),
		TxBytes:   s.direct.bytes.Load() + s.impaired.bytes.Load(),
		TxDropped: s.txDropped.Load(),
		TxLost:    s.txLost.Load(),
		RxPackets: peer.direct.packets.Load() + s.late.packets.Load() - dropped,
		RxBytes:   peer.direct.bytes.Load() + s.late.bytes.Load() - droppedBytes,
		RxDropped: dropped,
		RxErrors:  s.rxErrors.Load(),
	}
}
