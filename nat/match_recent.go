package nat

import (
	"container/list"
	"fmt"
	"math/bits"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// Recent is -m recent: a list of addresses with the times at which their packets came. Rules
// of one family that give the same name share a list.
type Recent struct {
	Op       RecentOp
	Not      bool
	Seconds  uint32 // only packets of so long count; 0: all
	Reap     bool   // older ones are forgotten
	HitCount uint32 // so many must have come, up to 65535; 0: one
	TTL      bool   // with the TTL of this one
	Name     string // "DEFAULT" unless given
	Mask     netip.Addr
	Dst      bool // the destination, not the source
}

// A RecentOp is what Recent does.
type RecentOp uint8

// What Recent does.
const (
	RecentSet    RecentOp = iota + 1 // adds the address, and matches
	RecentCheck                      // matches if it is there
	RecentUpdate                     // as RecentCheck, and adds to it
	RecentRemove                     // as RecentCheck, and deletes it
)

var recentOps = [...]string{RecentSet: "set", RecentCheck: "rcheck", RecentUpdate: "update", RecentRemove: "remove"}

// The limits of Linux 6.18, where older ones have 255 hits: addresses in a list (ip_list_tot), and of each the times
// of as many packets as the next power of 2 from the hit count. Without one it is 32.
const (
	maxRecent     = 100
	recentTimes   = 32
	maxRecentHits = 65535
	maxRecentName = 199
)

func (m Recent) checked(in setting) (Match, error) {
	if m.Name == "" {
		m.Name = "DEFAULT"
	}
	if !m.Mask.IsValid() {
		m.Mask = fullMask(in.v6)
	}
	set := m.Op == RecentSet || m.Op == RecentRemove
	switch {
	case m.Op < RecentSet || m.Op > RecentRemove, m.HitCount > maxRecentHits, len(m.Name) > maxRecentName, strings.ContainsAny(m.Name, "/ \t\n"):
		return nil, ErrValue
	case set && (m.Seconds != 0 || m.HitCount != 0 || m.TTL), m.Reap && m.Seconds == 0:
		return nil, ErrValue
	case m.Mask.Is6() != in.v6:
		return nil, ErrFamily
	}
	return m, nil
}

func (m Recent) String() string {
	var b strings.Builder
	b.WriteString("-m recent " + notOption(m.Not) + "--" + recentOps[m.Op])
	if m.Seconds != 0 {
		fmt.Fprintf(&b, " --seconds %d", m.Seconds)
	}
	if m.Reap {
		b.WriteString(" --reap")
	}
	if m.HitCount != 0 {
		fmt.Fprintf(&b, " --hitcount %d", m.HitCount)
	}
	if m.TTL {
		b.WriteString(" --rttl")
	}
	fmt.Fprintf(&b, " --name %s --mask %s", m.Name, m.Mask)
	if m.Dst {
		return b.String() + " --rdest"
	}
	return b.String() + " --rsource"
}

func (m Recent) sharedName(v6 bool) sharedName { return sharedName{"recent", m.Name, v6} }

// A recents is a list, in which the address that came last is the last.
type recents struct {
	mu    sync.Mutex // guards what follows
	by    map[recentKey]*list.Element
	order list.List // of *recentEntry
	keep  int       // how many times are kept of each
}

// A recentKey is an address with the TTL that its first packet had, or 0.
type recentKey struct{ addr netip.Addr }

// A recentEntry has the last times as a ring.
type recentEntry struct {
	key   recentKey
	ttl   uint8
	times []int64
	next  int
}

// A recentMatcher is a Recent with its list.
type recentMatcher struct {
	Recent
	mask bits128
	*recents
}

func (m Recent) compile(a *asking) matcher {
	a.counted = true
	l := shared(a.on, m.sharedName(a.v6), func() *recents { return &recents{by: map[recentKey]*list.Element{}} })
	l.grow(int(m.HitCount))
	return &recentMatcher{m, bitsOf(m.Mask), l}
}

// grow has room for as many hits. A list whose rings are made larger is emptied, as by Linux.
func (l *recents) grow(hits int) {
	keep := recentTimes
	if hits > 0 {
		keep = 1 << bits.Len(uint(hits-1))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if keep > l.keep {
		l.keep = keep
		clear(l.by)
		l.order.Init()
	}
}

func (m *recentMatcher) match(p *packet) bool {
	addr := p.src
	if m.Dst {
		addr = p.dst
	}
	ttl := *p.ttl()
	if p.hook == output && p.in == "" { // which Linux counts as it will be behind the router
		ttl++
	}
	key := recentKey{maskAddr(addr, m.mask)}
	now := p.host.nanoseconds()
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.find(key, ttl)
	if e == nil {
		if m.Op == RecentSet {
			m.add(key, ttl, now)
			return !m.Not
		}
		return m.Not
	}
	found := false
	switch {
	case m.Op == RecentSet:
		found = true
	case m.Op == RecentRemove:
		m.remove(e)
		found = true
	default:
		found = m.recent(e.Value.(*recentEntry), now)
	}
	if m.Op == RecentSet || m.Op == RecentUpdate && found {
		m.touch(e, ttl, now)
	}
	return found != m.Not
}

// find returns the entry of an address, with that TTL if it is asked for.
func (m *recentMatcher) find(key recentKey, ttl uint8) *list.Element {
	e := m.by[key]
	if e == nil || m.TTL && e.Value.(*recentEntry).ttl != ttl && e.Value.(*recentEntry).ttl != 0 {
		return nil
	}
	return e
}

// recent counts what came within the seconds.
func (m *recentMatcher) recent(e *recentEntry, now int64) bool {
	since := int64(0)
	if m.Seconds != 0 {
		since = now - int64(m.Seconds)*int64(time.Second)
	}
	hits := uint32(0)
	for _, t := range e.times {
		if m.Seconds == 0 || t >= since {
			if hits++; hits >= m.HitCount {
				return true
			}
		}
	}
	if m.Reap {
		m.reap(since)
	}
	return false
}

// reap forgets the oldest address if it is older.
func (l *recents) reap(since int64) {
	front := l.order.Front()
	e := front.Value.(*recentEntry)
	if e.last() < since {
		l.remove(front)
	}
}

func (e *recentEntry) last() int64 { return e.times[(e.next+len(e.times)-1)%len(e.times)] }

func (l *recents) remove(e *list.Element) {
	delete(l.by, e.Value.(*recentEntry).key)
	l.order.Remove(e)
}

// add gives up the address that has been silent longest if there is no room.
func (l *recents) add(key recentKey, ttl uint8, now int64) {
	if len(l.by) >= maxRecent {
		l.remove(l.order.Front())
	}
	l.by[key] = l.order.PushBack(&recentEntry{key: key, ttl: ttl, times: append(make([]int64, 0, 1), now)})
}

// touch remembers a packet.
func (l *recents) touch(at *list.Element, ttl uint8, now int64) {
	e := at.Value.(*recentEntry)
	e.ttl = ttl
	if len(e.times) < l.keep {
		e.times = append(e.times, now)
		e.next = 0
	} else {
		e.times[e.next%len(e.times)] = now
		e.next = (e.next + 1) % len(e.times)
	}
	l.order.MoveToBack(at)
}

// maskAddr returns the bits of an address under a mask.
func maskAddr(a netip.Addr, mask bits128) netip.Addr {
	b := bitsOf(a)
	return addrOf(bits128{b.hi & mask.hi, b.lo & mask.lo}, a.Is4())
}

// String returns the option without its dashes.
func (op RecentOp) String() string { return recentOps[op] }
