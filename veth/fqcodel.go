package veth

import (
	"cmp"
	"time"

	"drydock/drop"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// FQCoDel gives each flow a queue of its own with CoDel, and the flows turns by bytes, new ones
// first (RFC 8290). Flows that hash to one queue share it.
type FQCoDel struct {
	Limit       int           // frames that may wait in all queues; 0 means 10240
	Flows       int           // queues; 0 means 1024
	Quantum     int           // bytes of a turn; 0 means 1514, a frame
	Target      time.Duration // 0 means 5 ms
	Interval    time.Duration // 0 means 100 ms
	MemoryLimit int           // bytes that may wait in all queues; 0 means 32 MiB
	DropBatch   int           // frames that are dropped at most when a limit is reached; 0 means 64
	NoECN       bool          // frames are dropped even if they can be marked
}

func (f FQCoDel) validate() error {
	return first(notNegative("FQCoDel.Target", f.Target), notNegative("FQCoDel.Interval", f.Interval),
		within("FQCoDel.Limit", f.Limit, 0, maxLimit), within("FQCoDel.Flows", f.Flows, 0, 65536),
		within("FQCoDel.Quantum", f.Quantum, 0, 1<<20), notNegative("FQCoDel.MemoryLimit", f.MemoryLimit),
		notNegative("FQCoDel.DropBatch", f.DropBatch))
}

// withDefaults returns Linux's values for what is not set.
func (f FQCoDel) withDefaults() FQCoDel {
	f.Limit, f.Flows, f.Quantum = cmp.Or(f.Limit, 10240), cmp.Or(f.Flows, 1024), cmp.Or(f.Quantum, codelFrame)
	f.Target, f.Interval = cmp.Or(f.Target, 5*time.Millisecond), cmp.Or(f.Interval, 100*time.Millisecond)
	f.MemoryLimit, f.DropBatch = cmp.Or(f.MemoryLimit, 32<<20), cmp.Or(f.DropBatch, 64)
	return f
}

func (f FQCoDel) queue(s stream) discipline {
	f = f.withDefaults()
	f.Quantum = max(f.Quantum, 256) // Linux's least
	return &fqCodel{FQCoDel: f, law: controlLaw{f.Target, f.Interval, !f.NoECN}, flows: make([]flow, f.Flows), seed: s.at(initially)}
}

// A flow is a queue with its place in the turns.
type flow struct {
	codel
	deficit int
	next    int32 // flow in the same row, by number from 1
	queued  bool  // it is in a row
}

// A row is flows that wait for their turn.
type row struct{ head, tail int32 }

type fqCodel struct {
	FQCoDel
	law      controlLaw
	seed     uint64
	flows    []flow
	new, old row
	n, bytes int
}

func (q *fqCodel) push(r *row, id int32) {
	q.flows[id-1].next = 0
	if r.tail == 0 {
		r.head = id
	} else {
		q.flows[r.tail-1].next = id
	}
	r.tail = id
}

func (q *fqCodel) pop(r *row) {
	if r.head = q.flows[r.head-1].next; r.head == 0 {
		r.tail = 0
	}
}

func (q *fqCodel) length(r row) (n int) {
	for id := r.head; id != 0; id = q.flows[id-1].next {
		n++
	}
	return n
}

func (q *fqCodel) put(m *medium, id int32, _ tcpip.MonotonicTime) {
	n := m.arena.node(id)
	number := int32(n.flow(q.seed)%uint64(len(q.flows))) + 1
	f := &q.flows[number-1]
	f.push(m, id)
	q.n++
	q.bytes += int(n.bytes)
	m.counts.MaxPacket = max(m.counts.MaxPacket, int(n.bytes))
	if !f.queued {
		f.queued, f.deficit = true, q.Quantum
		q.push(&q.new, number)
		m.counts.NewFlows++
	}
	if q.n > q.Limit || q.bytes > q.MemoryLimit {
		q.dropFattest(m)
	}
}

// dropFattest drops up to half of what waits in the longest queue, from the front.
func (q *fqCodel) dropFattest(m *medium) {
	fattest := &q.flows[0]
	for i := range q.flows {
		if q.flows[i].codel.bytes > fattest.codel.bytes {
			fattest = &q.flows[i]
		}
	}
	threshold, dropped := fattest.codel.bytes/2, 0
	for n := 0; n < q.DropBatch && fattest.codel.n > 0; n++ {
		id := fattest.list.pop(&m.arena)
		size := int(m.arena.node(id).bytes)
		fattest.codel.n--
		fattest.codel.bytes -= size
		q.n--
		q.bytes -= size
		m.shaping.gone(size)
		m.counts.DropOverlimit++
		m.dropNode(drop.Limit, id)
		if dropped += size; dropped >= threshold {
			return
		}
	}
}

func (q *fqCodel) take(m *medium, now tcpip.MonotonicTime) int32 {
	for {
		r := &q.new
		if r.head == 0 {
			r = &q.old
		}
		if r.head == 0 {
			return 0
		}
		number := r.head
		f := &q.flows[number-1]
		if f.deficit <= 0 {
			f.deficit += q.Quantum
			q.pop(r)
			q.push(&q.old, number)
			continue
		}
		n, bytes := f.codel.n, f.codel.bytes
		id := f.codel.take(m, &q.law, now)
		q.n -= n - f.codel.n
		q.bytes -= bytes - f.codel.bytes
		if id != 0 {
			f.deficit -= int(m.arena.node(id).bytes)
			return id
		}
		q.pop(r)
		if r == &q.new && q.old.head != 0 { // it must not stay new by having little
			q.push(&q.old, number)
		} else {
			f.queued = false
		}
	}
}
