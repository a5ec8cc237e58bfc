package veth

import (
	"sync/atomic"

	"drydock/drop"
)

// Stats are the counters of one end since it was made, as "ip -s link" shows them.
// Bytes include the Ethernet header; a super-segment is one packet.
//
// Where both directions are perfect, what one end sent the other received or
// dropped. An impaired direction counts super-segments whole at the sender and in
// pieces, each with headers of its own, at the receiver.
type Stats struct {
	TxPackets, TxBytes uint64 // frames sent to the other end, lost ones included
	TxDropped          uint64 // frames not sent: no carrier, shorter than a header, larger than the other end's MTU
	TxLost             uint64 // wire frames lost on the way, by the impairment or loss of carrier: LineStats has the causes
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
	rxErrors  atomic.Uint64
}

// LineStats are the counters of an impaired direction since its end was made. They count
// wire frames, and super-segments that need not be cut.
type LineStats struct {
	Sent, SentBytes uint64 // frames that came through

	// Those that did not, by reason: drop.Loss; drop.Limit, by Queue, Limit or the limit of a
	// queue; drop.AQM, by CoDel or FQCoDel; drop.TooBig, by MTU, or larger than a Shaper ever lets
	// through; drop.NoCarrier and drop.Partitioned, on their way when a plug was pulled or the cable
	// cut; drop.Discarded.
	Drops drop.Counts

	Corrupted  uint64
	Duplicated uint64 // second copies
	Reordered  uint64 // sent ahead
	Marked     uint64 // ECN, instead of a loss

	Overlimits            uint64 // how often a Shaper had too few tokens
	DropOverlimit         uint64 // of drop.Limit, by a CoDel or FQCoDel
	NewFlows              uint64 // that FQCoDel saw begin
	MaxPacket             int    // the largest frame that a CoDel or FQCoDel had
	Waiting, WaitingBytes int    // now
	FlowsNew, FlowsOld    int    // now, of FQCoDel: flows that have a first turn, and others
}

func (s *LineStats) count(size int) {
	s.Sent++
	s.SentBytes += uint64(size)
}

// Since returns what the counters have grown by since they were old. What is not a sum is
// what it is now.
func (s LineStats) Since(old LineStats) LineStats {
	for _, c := range []struct{ to, from *uint64 }{
		{&s.Sent, &old.Sent}, {&s.SentBytes, &old.SentBytes}, {&s.Corrupted, &old.Corrupted},
		{&s.Duplicated, &old.Duplicated}, {&s.Reordered, &old.Reordered}, {&s.Marked, &old.Marked},
		{&s.Overlimits, &old.Overlimits}, {&s.DropOverlimit, &old.DropOverlimit}, {&s.NewFlows, &old.NewFlows},
	} {
		*c.to -= *c.from
	}
	for r, n := range old.Drops {
		s.Drops[r] -= n
	}
	return s
}

func (m *medium) stats() LineStats {
	s := m.counts
	s.Waiting, s.WaitingBytes = m.flight.n, m.flight.bytes
	if m.shaping != nil {
		s.Waiting += m.shaping.n
		s.WaitingBytes += m.shaping.bytes
		if q, ok := m.shaping.queue.(*fqCodel); ok {
			s.FlowsNew, s.FlowsOld = q.length(q.new), q.length(q.old)
		}
	}
	return s
}

// LineStats returns the present counters of the direction that starts at e.
func (e *Endpoint) LineStats() LineStats { return e.line.stats() }

type tally struct{ packets, bytes uint64 }

func (t *tally) add(size int) {
	t.packets++
	t.bytes += uint64(size)
}

func (t tally) plus(u tally) tally  { return tally{t.packets + u.packets, t.bytes + u.bytes} }
func (t tally) minus(u tally) tally { return tally{t.packets - u.packets, t.bytes - u.bytes} }

// A counter is a tally for several writers.
type counter struct{ packets, bytes atomic.Uint64 }

func (c *counter) add(size int) { c.addAll(1, size) }

func (c *counter) addAll(frames, bytes int) {
	c.packets.Add(uint64(frames))
	c.bytes.Add(uint64(bytes))
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
		TxLost:    e.line.stats().Drops.Total(),
		RxPackets: rx.packets,
		RxBytes:   rx.bytes,
		RxDropped: dropped.packets,
		RxErrors:  e.stats.rxErrors.Load(),
	}
}
