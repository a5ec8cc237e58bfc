// Package neigh is the neighbour table of one interface for one family of addresses: ARP's or
// neighbour discovery's, with the states, times and rules of Linux (net/core/neighbour.c,
// net/ipv4/arp.c, net/ipv6/ndisc.c). It sends and receives nothing itself: a Link asks its
// questions, and who receives an answer tells it.
//
// # States
//
//	          Resolve            answered                15 to 45 s
//	nothing ───────────▶ INCOMPLETE ───────▶ REACHABLE ◀───────────┐ confirmed
//	   │ learned           │ asked 3 times    │ not confirmed      │ or answered
//	   ▼                   ▼                  ▼    Resolve         │         5 s
//	 STALE               FAILED             STALE ─────────▶ DELAY ┴────────▶ PROBE
//	                       ▲                                 asked 3 times     │
//	                       └───────────────────────────────────────────────────┘
//
// A packet to a neighbour that is FAILED or unknown makes it INCOMPLETE and waits. Packets for a
// neighbour in DELAY or PROBE go to the MAC that is known. A neighbour that was set is PERMANENT.
//
// # How it differs from Linux
//
// Limits hold for each table, not for the machine. What confirms a neighbour is told by Confirm,
// only while it matters (see there). No questions are left to a program (app_solicit), no
// address is answered for another (proxies), and gratuitous ARP makes no entries (arp_accept).
//
// # Locks
//
// Lookup, which each packet calls, takes none. Table.mu is innermost but for the clock's own:
// no method of the Link is called with it held, so what a Link sends may come back at once.
package neigh

import (
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A Link is the interface of a table. A table keeps no packet after it has called a method with
// it; the Link must take a reference to what it keeps.
type Link interface {
	// Ask sends a question for a neighbour: to mac, or to all if that is empty. The source is
	// local if the interface has it. An error is as good as no answer.
	Ask(a, local tcpip.Address, mac tcpip.LinkAddress) tcpip.Error
	// Send sends a packet that has waited.
	Send(pkt *stack.PacketBuffer, mac tcpip.LinkAddress)
	// Fail tells the sender of a packet that waited that the neighbour does not answer.
	Fail(pkt *stack.PacketBuffer)
	// Lose counts a packet that is dropped because too many wait.
	Lose(pkt *stack.PacketBuffer)
}

// Config is what a table is made with.
type Config struct {
	Link       Link
	Clock      tcpip.Clock
	Retransmit time.Duration // between two questions; 0: a second, as on Linux
	Seed       uint64        // of how long a neighbour is reachable
}

// A Table is a neighbour table. Its methods are safe for concurrent use.
type Table struct {
	link       Link
	clock      tcpip.Clock
	retransmit time.Duration
	index      index
	gateway    atomic.Pointer[entry] // the latest that was asked for as the way to others
	listening  atomic.Int32          // entries that listen

	mu        sync.Mutex // guards what follows and, where it says so, entries
	closed    bool
	timer     tcpip.Timer   // nil: never needed
	armed     time.Duration // when it fires
	made      uint64        // entries, ever
	dynamic   int           // entries that were not set
	waiting   int           // bytes that wait for all entries
	flushed   time.Duration // when room was last made
	swept     time.Duration // when unused entries were last looked for
	reachable time.Duration // how long a neighbour is
	drawn     time.Duration // when that was decided
	rng       rand.PCG
}

// never is later than any instant. Instants are since the zero time of the clock.
const never time.Duration = math.MaxInt64

// New returns an empty table.
func New(c Config) *Table {
	t := &Table{link: c.Link, clock: c.Clock, retransmit: c.Retransmit, armed: never, swept: never, rng: *rand.NewPCG(c.Seed, 0)}
	if t.retransmit == 0 {
		t.retransmit = time.Second
	}
	return t
}

// work is what is to be done when the lock is free again.
type work []func()

func (w *work) add(fn func()) { *w = append(*w, fn) }

// locked calls fn with the lock held, if the table is not closed, and then does what it left.
func (t *Table) locked(fn func(now time.Duration, w *work)) {
	var w work
	func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if !t.closed {
			fn(t.now(), &w)
		}
	}()
	for _, do := range w {
		do()
	}
}

func (t *Table) now() time.Duration { return t.clock.NowMonotonic().Sub(tcpip.MonotonicTime{}) }

// Lookup returns the MAC of a neighbour that packets may be sent to at once. For others it is
// false, and Resolve has to be called.
func (t *Table) Lookup(a tcpip.Address) (tcpip.LinkAddress, bool) {
	if e := t.index.find(a); e != nil {
		if mac := e.ready.Load(); mac != nil {
			return *mac, true
		}
	}
	return "", false
}

// Resolve returns the MAC of a neighbour that a packet is for. If it is empty, and there is no
// error, the packet waits for it; local, its source, then asks. The caller keeps its reference.
// The error is that there is no room for another neighbour. With gateway the neighbour is the
// way to other addresses.
func (t *Table) Resolve(a, local tcpip.Address, gateway bool, pkt *stack.PacketBuffer) (mac tcpip.LinkAddress, err tcpip.Error) {
	t.locked(func(now time.Duration, w *work) {
		e := t.index.find(a)
		if e == nil {
			if e = t.create(a, now); e == nil {
				err = &tcpip.ErrNoBufferSpace{}
				return
			}
		}
		if gateway && t.gateway.Load() != e {
			t.gateway.Store(e)
		}
		if len(e.waiting) == 0 {
			e.local = local
		}
		t.use(e, now, w)
		if p := e.ready.Load(); p != nil {
			mac = *p
			return
		}
		t.wait(e, pkt, w)
	})
	return mac, err
}

// use notes that there is a packet for e, which __neigh_event_send does on Linux. The first question
// is asked at once: a timer would wait for a bubble of testing/synctest to come to rest.
func (t *Table) use(e *entry, now time.Duration, w *work) {
	e.used = now
	switch e.state {
	case Failed, none:
		t.enter(e, Incomplete, now)
		t.ask(e, now, w)
	case Stale:
		t.enter(e, Delay, now)
	}
}

// NotifyFailure has fn called if a neighbour that is being asked for does not answer.
func (t *Table) NotifyFailure(a tcpip.Address, fn func()) {
	const most = 1024 // for one neighbour: a program that sends for three seconds
	t.locked(func(time.Duration, *work) {
		if e := t.index.find(a); e != nil && e.state == Incomplete && len(e.failure) < most {
			e.failure = append(e.failure, fn)
		}
	})
}

// A Neighbour is an entry of a table.
type Neighbour struct {
	Addr  tcpip.Address
	MAC   tcpip.LinkAddress // empty if none is valid
	State State
	Age   time.Duration // since the entry has changed
}

// List returns the neighbours in any order.
func (t *Table) List() []Neighbour {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	var list []Neighbour
	for e := range t.index.all() {
		n := Neighbour{Addr: e.addr, State: e.state, Age: now - e.updated}
		if e.state&valid != 0 {
			n.MAC = *e.mac
		}
		list = append(list, n)
	}
	return list
}

// Set makes a neighbour PERMANENT.
func (t *Table) Set(a tcpip.Address, mac tcpip.LinkAddress) {
	t.locked(func(now time.Duration, w *work) {
		e := t.index.find(a)
		if e == nil {
			e = t.add(a, now)
		}
		e.mac = &mac
		t.enter(e, Permanent, now)
		e.updated = now
		t.release(e, now, w)
	})
}

// Delete forgets a neighbour, which is as if it had not answered. It is false if there is none.
func (t *Table) Delete(a tcpip.Address) (ok bool) {
	t.locked(func(now time.Duration, w *work) {
		if e := t.index.find(a); e != nil {
			ok = true
			t.fail(e, now, w)
			t.remove(e)
		}
	})
	return ok
}

// Flush forgets all neighbours, and what waits for them is lost without a word: the interface
// went down.
func (t *Table) Flush() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.flush()
}

// Close is Flush for good: the table stays empty.
func (t *Table) Close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.flush()
	t.closed = true
	if t.timer != nil {
		t.timer.Stop()
	}
}

func (t *Table) flush() {
	for e := range t.index.all() {
		t.remove(e)
	}
}
