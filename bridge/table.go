package bridge

import (
	"bytes"
	"cmp"
	"fmt"
	"iter"
	"math/bits"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A table is a forwarding database: it knows which port leads to which station.
//
// It is a hash table whose chains are read without a lock, since every frame takes
// two look-ups: 2 to 3 ns each, where xsync.Map takes 6 to 10 and a map behind a
// read lock 18. A reader that stands on an entry when it is removed still finds the
// rest of the chain behind it.
type table struct {
	aging   int64 // ns of silence after which a station is forgotten
	limit   int   // of learned entries
	buckets []atomic.Pointer[entry]
	mult    uint64 // random, so that nobody can choose addresses that share a chain
	shift   int

	mu      sync.Mutex // guards changes of the chains and of entries' ports, and what follows
	learned int        // entries that were learned, expired ones included
	births  uint64     // entries made so far

	// ranked[next:] are the learned entries in the order in which they go, as of
	// the last time that the table was full and none was ranked. Sorting all of
	// them once serves as many evictions: 4096 take 0.5 ms, 120 ns each.
	ranked []ranked
	next   int
}

// An entry is one station. All its fields but the atomic ones are constant.
type entry struct {
	addr addr
	kind kind
	born uint64 // decides which of two goes first that were last heard at the same time
	next atomic.Pointer[entry]
	port atomic.Pointer[Port]
	seen atomic.Int64 // when the station was last heard, in ns of the bridge's clock
	dead bool         // not in the table; guarded by table.mu
}

// A kind tells where an entry comes from.
type kind uint8

const (
	learned kind = iota // moves, ages, makes room
	static              // WithStation
	local               // Local
)

// A ranked entry is one that had last been heard at seen when it was ranked.
type ranked struct {
	entry *entry
	seen  int64
}

func (t *table) init(aging time.Duration, limit int) {
	t.aging, t.limit = int64(aging), limit
	// Chains of a full table are four entries long on average. The default table
	// has 1024 buckets, 8 KiB.
	n := bits.Len(uint(min(max(limit/4, 16), 1<<20) - 1))
	t.buckets = make([]atomic.Pointer[entry], 1<<n)
	t.mult, t.shift = rand.Uint64()|1, 64-n
}

func (t *table) bucket(a addr) *atomic.Pointer[entry] {
	return &t.buckets[uint64(a)*t.mult>>t.shift]
}

// find returns the entry of a, which may have expired, or nil.
func (t *table) find(a addr) *entry {
	for e := t.bucket(a).Load(); e != nil; e = e.next.Load() {
		if e.addr == a {
			return e
		}
	}
	return nil
}

// expired reports whether the station of e has been silent for the ageing time.
func (t *table) expired(e *entry, now int64) bool {
	return e.kind == learned && now-e.seen.Load() >= t.aging
}

// lookup returns the port that leads to a, nil if it is unknown.
func (t *table) lookup(a addr, now int64) *Port {
	if e := t.find(a); e != nil && !t.expired(e, now) {
		return e.port.Load()
	}
	return nil
}

// hear notes that a frame from a entered by p.
func (t *table) hear(a addr, p *Port, now int64) {
	e := t.find(a)
	switch {
	case e == nil:
		t.learn(a, p, now)
	case e.kind != learned:
	case e.port.Load() != p:
		t.learn(a, p, now)
	case e.seen.Load() != now: // once a tick, so that the entry stays in the caches of those who look it up
		e.seen.Store(now)
	}
}

// learn makes or moves the entry of a, unless it is not a learned one.
func (t *table) learn(a addr, p *Port, now int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !p.attached.Load() {
		return // it came in before RemovePort, whose sweep is over
	}
	if e := t.find(a); e != nil {
		if e.kind == learned {
			e.port.Store(p)
			e.seen.Store(now)
		}
		return
	}
	if t.learned >= t.limit {
		t.evict()
	}
	t.insert(a, p, learned, now)
}

// pin makes the entries of p's own stations, in place of learned ones. It fails
// with ErrStation if one is pinned to another port.
func (t *table) pin(p *Port) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, a := range p.stations {
		if e := t.find(a); e != nil && e.kind != learned {
			return fmt.Errorf("%v: %w", a.mac(), ErrStation)
		}
	}
	for _, a := range p.stations {
		if e := t.find(a); e != nil {
			t.remove(e)
		}
		k := static
		if p.local && a == p.own {
			k = local
		}
		t.insert(a, p, k, 0)
	}
	return nil
}

// +checklocks:t.mu
func (t *table) insert(a addr, p *Port, k kind, now int64) {
	e := &entry{addr: a, kind: k, born: t.births}
	t.births++
	if k == learned {
		t.learned++
	}
	e.port.Store(p)
	e.seen.Store(now)
	head := t.bucket(a)
	e.next.Store(head.Load())
	head.Store(e)
}

// +checklocks:t.mu
func (t *table) remove(e *entry) {
	link := t.bucket(e.addr)
	for link.Load() != e {
		link = &link.Load().next
	}
	link.Store(e.next.Load())
	e.dead = true
	if e.kind == learned {
		t.learned--
	}
}

// evict removes the learned entry that was last heard longest ago. Ranked entries
// go in their order but for those that were heard since; all that are not ranked
// are younger.
// +checklocks:t.mu
func (t *table) evict() {
	for ; t.next < len(t.ranked); t.next++ {
		if r := t.ranked[t.next]; !r.entry.dead && r.entry.seen.Load() == r.seen {
			t.remove(r.entry)
			return
		}
	}
	t.rank()
	t.remove(t.ranked[0].entry)
	t.next = 1
}

// +checklocks:t.mu
func (t *table) rank() {
	t.ranked = t.ranked[:0]
	for e := range t.all() {
		if e.kind == learned {
			t.ranked = append(t.ranked, ranked{e, e.seen.Load()})
		}
	}
	slices.SortFunc(t.ranked, func(x, y ranked) int {
		return cmp.Or(cmp.Compare(x.seen, y.seen), cmp.Compare(x.entry.born, y.entry.born))
	})
}

// all yields every entry; the one it yields may be removed.
func (t *table) all() iter.Seq[*entry] {
	return func(yield func(*entry) bool) {
		for i := range t.buckets {
			for e := t.buckets[i].Load(); e != nil; e = e.next.Load() {
				if !yield(e) {
					return
				}
			}
		}
	}
}

// forget removes the entries of p.
func (t *table) forget(p *Port) {
	t.removeAll(func(e *entry) bool { return e.port.Load() == p })
}

// flush removes the learned entries.
func (t *table) flush() {
	t.removeAll(func(e *entry) bool { return e.kind == learned })
}

func (t *table) removeAll(match func(*entry) bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for e := range t.all() {
		if match(e) {
			t.remove(e)
		}
	}
	t.ranked, t.next = nil, 0 // keep no dead entries and their ports
}

// snapshot returns what the table knows, ordered by address.
func (t *table) snapshot(now int64) []Entry {
	t.mu.Lock()
	defer t.mu.Unlock()
	var entries []Entry
	for e := range t.all() {
		if t.expired(e, now) {
			continue
		}
		x := Entry{MAC: e.addr.mac(), Port: e.port.Load(), Static: e.kind != learned, Local: e.kind == local}
		if e.kind == learned {
			x.Age = max(0, time.Duration(now-e.seen.Load()))
		}
		entries = append(entries, x)
	}
	slices.SortFunc(entries, func(x, y Entry) int { return bytes.Compare(x.MAC[:], y.MAC[:]) })
	return entries
}
