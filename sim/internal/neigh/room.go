package neigh

import (
	"math/bits"
	"slices"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// Limits of Linux to how many entries there are, but for those that were set.
const (
	thresh1  = 128              // gc_thresh1: fewer are never swept
	thresh2  = 512              // gc_thresh2: as many are there for 5 seconds at most
	thresh3  = 1024             // gc_thresh3: there are no more
	settled  = 5 * time.Second  // an entry that has not changed for as long may have to go
	unused   = 60 * time.Second // gc_stale_time: one that is not used is swept
	sweeping = baseReachable / 2
)

// create returns a new entry, or nil if there is no room.
func (t *Table) create(a tcpip.Address, now time.Duration) *entry {
	if t.dynamic >= thresh3 || t.dynamic >= thresh2 && now > t.flushed+settled {
		t.makeRoom(now)
		if t.dynamic >= thresh3 {
			return nil
		}
	}
	if t.dynamic+1 == thresh1 {
		t.swept = now
		t.arm(now + sweeping)
	}
	return t.add(a, now)
}

func (t *Table) add(a tcpip.Address, now time.Duration) *entry {
	t.made++
	e := &entry{addr: a, made: t.made, updated: now, confirmed: now - 2*baseReachable, used: now, deadline: never}
	t.index.insert(e)
	t.count(e, 1)
	return e
}

// count adds e to the entries that were not set, if it is one.
func (t *Table) count(e *entry, n int) {
	if e.state != Permanent {
		t.dynamic += n
	}
}

// remove forgets e, and what waits for it.
func (t *Table) remove(e *entry) {
	t.count(e, -1)
	t.index.remove(e)
	t.listen(e, false)
	e.ready.Store(nil)
	e.state, e.deadline = none, never
	t.gateway.CompareAndSwap(e, nil)
	for _, pkt := range t.takeWaiting(e) {
		pkt.DecRef()
	}
}

// makeRoom removes the oldest entries that have failed or settled: Linux's neigh_forced_gc.
func (t *Table) makeRoom(now time.Duration) {
	t.flushed = now
	var list []*entry
	for e := range t.index.all() {
		if e.state == Failed || e.state != Permanent && now > e.updated+settled {
			list = append(list, e)
		}
	}
	slices.SortFunc(list, func(a, b *entry) int { return int(int64(a.made) - int64(b.made)) })
	for _, e := range list[:min(len(list), max(t.dynamic-thresh2, 1))] {
		t.remove(e)
	}
}

// sweep removes the entries that nobody has used for a minute, if there are many:
// neigh_periodic_work. It returns when it is to be called again.
func (t *Table) sweep(now time.Duration) time.Duration {
	if t.dynamic < thresh1 {
		return never
	}
	if next := t.swept + sweeping; now < next {
		return next
	}
	t.swept = now
	for e := range t.index.all() {
		e.used = max(e.used, e.confirmed)
		if e.state == Failed || e.state == Stale && now > e.used+unused {
			t.remove(e)
		}
	}
	return now + sweeping
}

// wait has a packet wait for the MAC of e. The oldest have to go if too many do.
func (t *Table) wait(e *entry, pkt *stack.PacketBuffer, w *work) {
	size := trueSize(pkt.Size())
	for len(e.waiting) > 0 && (e.bytes+size > waitingBytes || t.waiting+size > waitingInTable) {
		old := e.waiting[0]
		e.waiting[0], e.waiting = nil, e.waiting[1:]
		t.account(e, -trueSize(old.Size()))
		w.add(func() {
			t.link.Lose(old)
			old.DecRef()
		})
	}
	if t.waiting+size > waitingInTable {
		w.add(func() { t.link.Lose(pkt) })
		return
	}
	e.waiting = append(e.waiting, pkt.Clone())
	t.account(e, size)
}

func (t *Table) account(e *entry, size int) {
	e.bytes += size
	t.waiting += size
}

// takeWaiting returns the packets that wait for e. The caller has their references. Who is to be
// told of a failure is not any more.
func (t *Table) takeWaiting(e *entry) []*stack.PacketBuffer {
	packets := e.waiting
	t.account(e, -e.bytes)
	e.waiting, e.failure = nil, nil
	return packets
}

// release has the packets sent that wait for e, if its MAC is known now.
func (t *Table) release(e *entry, now time.Duration, w *work) {
	if e.state&valid == 0 {
		return
	}
	packets := t.takeWaiting(e)
	if len(packets) == 0 {
		return
	}
	t.use(e, now, w)
	mac := *e.mac
	w.add(func() {
		for _, pkt := range packets {
			t.link.Send(pkt, mac)
			pkt.DecRef()
		}
	})
}

// trueSize is what Linux takes a packet to occupy (skb->truesize): a struct sk_buff, and a
// buffer with room for the link header and the skb_shared_info, of 576 bytes or a power of two.
// Measured with Linux 6.18, 256 datagrams of up to 100 bytes wait, 166 of 200 to 500, and 92 of
// 1000 or 1400. The bulk of what is larger lies in pages.
func trueSize(size int) int {
	const buff, headroom, shared, small, linear = 256, 32, 320, 576, 2048
	switch size += headroom + shared; {
	case size <= small:
		return buff + small
	case size <= linear:
		return buff + 1<<bits.Len(uint(size-1))
	}
	return buff + size
}
