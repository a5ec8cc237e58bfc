package veth

import "sync/atomic"

// Stats are the counters of one end since it was made, as "ip -s link" shows them.
// Bytes include the Ethernet header; a super-segment is one packet.
//
// Where both directions are perfect, what one end sent the other received or
// dropped. An impaired direction counts super-segments whole at the sender and in
// pieces, each with headers of its own, at the receiver.
type Stats struct {
	TxPackets, TxBytes uint64 // frames sent to the other end, lost ones included
	TxDropped          uint64 // frames not sent: no carrier, shorter than a header, larger than the other end's MTU
	TxLost             uint64 // wire frames lost on the way: by Loss, a full Queue, loss of carrier
	RxPackets, RxBytes uint64 // frames received
	RxDropped          uint64 // frames that arrived, but were not accepted (queue full, nobody attached) or were lost in the queue
	RxErrors           uint64 // received frames with a wrong checksum, not delivered
}

// stats are the counters outside of the queue.
type stats struct {
	forwarded counter // frames sent that the other end's forwarder took
	impaired  counter // frames sent into the line
	late      counter // frames received from the other end's line
	txDropped atomic.Uint64
	txLost    atomic.Uint64
	rxErrors  atomic.Uint64
}

type tally struct{ packets, bytes uint64 }

func (t *tally) add(size int) {
	t.packets++
	t.bytes += uint64(size)
}

func (t tally) plus(u tally) tally  { return tally{t.packets + u.packets, t.bytes + u.bytes} }
func (t tally) minus(u tally) tally { return tally{t.packets - u.packets, t.bytes - u.bytes} }

// A counter is a tally for several writers.
type counter struct{ packets, bytes atomic.Uint64 }

func (c *counter) add(size int) {
	c.packets.Add(1)
	c.bytes.Add(uint64(size))
}

func (c *counter) load() tally { return tally{c.packets.Load(), c.bytes.Load()} }

// Stats returns the present counters. They are not one consistent snapshot while
// traffic flows.
func (e *Endpoint) Stats() Stats {
	// The queue's own counters cost no atomic operation. As in Linux's veth, one
	// count serves both ends.
	sent, _ := e.peer.queue.tallies()
	received, dropped := e.queue.tallies()
	tx := sent.plus(e.stats.forwarded.load()).plus(e.stats.impaired.load())
	rx := received.plus(e.peer.stats.forwarded.load()).plus(e.stats.late.load()).minus(dropped)
	return Stats{
		TxPackets: tx.packets,
		TxBytes:   tx.bytes,
		TxDropped: e.stats.txDropped.Load(),
		TxLost:    e.stats.txLost.Load(),
		RxPackets: rx.packets,
		RxBytes:   rx.bytes,
		RxDropped: dropped.packets,
		RxErrors:  e.stats.rxErrors.Load(),
	}
}
