package nat

import (
	"fmt"
	"math"
	"net/netip"
	"strings"
	"sync"
	"time"

	wire "drydock/internal/packet"
)

// HashLimit is -m hashlimit: a Limit for each source, destination, port or combination of
// them. Rules of one family with the same name share their buckets, of which the first rule
// decides. A packet for which there is no room is dropped, as on Linux.
type HashLimit struct {
	V6         bool   // of which lengths of addresses are whole ones
	Above      bool   // matches what is too much, not what is within the limit
	Count      uint32 // packets in Unit, or with Bytes set bytes in a second
	Unit       LimitUnit
	Bytes      bool
	Burst      uint64 // 5 packets unless given; of bytes in rates of a second, 0: none
	Mode       HashMode
	SrcBits    uint8 // how much of the addresses counts
	DstBits    uint8
	Name       string
	Size       uint32 // buckets of the hash, which changes nothing
	Max        uint32 // entries; 0: 65536
	GCInterval uint32 // in milliseconds, 1000 unless given: how often what has expired is deleted
	Expire     uint32 // in milliseconds: when an entry that no packet touched is given up

	// Interval is the seconds for which packets are counted with RateMatch, 1 unless given. What
	// is more than Count and Burst together is too much, as is all after an interval in which more
	// than Count came. Unit is PerSecond then.
	RateMatch bool
	Interval  uint32
}

// A HashMode is what HashLimit keeps apart.
type HashMode uint8

// What HashLimit keeps apart.
const (
	HashDstIP HashMode = 1 << iota
	HashDstPort
	HashSrcIP
	HashSrcPort
)

var hashModes = []struct {
	bit  HashMode
	name string
}{{HashSrcIP, "srcip"}, {HashSrcPort, "srcport"}, {HashDstIP, "dstip"}, {HashDstPort, "dstport"}}

// Text returns the modes with a separator.
func (m HashMode) Text(sep string) string {
	var names []string
	for _, h := range hashModes {
		if m&h.bit != 0 {
			names = append(names, h.name)
		}
	}
	return strings.Join(names, sep)
}

// The limits and defaults of Linux.
const (
	maxHashBurst   = 1000000
	maxHashEntries = 65536
	hashGCInterval = 1000
	maxHashName    = 254
)

func (m HashLimit) checked(in setting) (Match, error) {
	width := m.width()
	if m.Burst == 0 && !m.Bytes {
		m.Burst = limitBurst
	}
	if m.GCInterval == 0 {
		m.GCInterval = hashGCInterval
	}
	if m.Expire == 0 {
		m.Expire = m.DefaultExpire()
	}
	if m.RateMatch && m.Interval == 0 {
		m.Interval = 1
	}
	switch m.Unit {
	case PerSecond, PerMinute, PerHour, PerDay:
	default:
		return nil, ErrValue
	}
	switch {
	case m.V6 != in.v6:
		return nil, ErrFamily
	case m.Count == 0, uint64(m.Count) > uint64(m.Unit)*maxHashBurst && !m.Bytes, m.Burst > maxHashBurst, m.Mode > 15,
		(m.Bytes || m.RateMatch) && m.Unit != PerSecond, m.Interval != 0 && !m.RateMatch, m.Name == "", len(m.Name) > maxHashName, strings.ContainsAny(m.Name, "/ \t\n"),
		m.SrcBits > width || m.DstBits > width:
		return nil, ErrValue
	}
	return m, nil
}

// DefaultExpire is Expire unless it is given.
func (m HashLimit) DefaultExpire() uint32 {
	switch {
	case m.Bytes && m.Burst == 0:
		return 15 * 1000
	case m.Bytes:
		return 60 * 1000
	}
	return uint32(m.Unit) * 1000
}

func (m HashLimit) String() string {
	op := "upto"
	if m.Above {
		op = "above"
	}
	s := fmt.Sprintf("-m hashlimit --hashlimit-%s %s --hashlimit-burst %s", op, m.Rate(), m.BurstText())
	if m.Bytes && m.Burst == 0 {
		s = fmt.Sprintf("-m hashlimit --hashlimit-%s %s", op, m.Rate())
	}
	if m.Mode != 0 {
		s += " --hashlimit-mode " + m.Mode.Text(",")
	}
	s += " --hashlimit-name " + m.Name
	return s + m.Rest(" --hashlimit-", m.DefaultExpire())
}

// width is the length of an address.
func (m HashLimit) width() uint8 {
	if m.V6 {
		return 128
	}
	return 32
}

// Rate returns "5/sec" or "512kb/s".
func (m HashLimit) Rate() string {
	if m.Bytes {
		return byteText(uint64(m.Count)) + "b/s"
	}
	return fmt.Sprintf("%d/%s", m.Count, m.Unit)
}

// BurstText returns the burst in packets or bytes.
func (m HashLimit) BurstText() string {
	if !m.Bytes {
		return fmt.Sprint(m.Burst)
	}
	n := bytesOfCost(costOfBytes(uint64(m.Count))) * m.Burst
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%dmb", n>>20)
	case n >= 1<<10:
		return fmt.Sprintf("%dkb", n>>10)
	}
	return fmt.Sprintf("%db", n)
}

// byteText returns a number of bytes in a unit that divides it.
func byteText(n uint64) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%dm", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%dk", n>>10)
	}
	return fmt.Sprint(n)
}

// Linux keeps a rate of bytes as the cost of a piece of 16 bytes.
func costOfBytes(n uint64) uint64 { return math.MaxUint32 / (n>>4 + 1) }

func bytesOfCost(cost uint64) uint64 { return (math.MaxUint32/max(cost, 1) - 1) << 4 }

// RoundBytes returns the rate that Linux makes of one, 0 if it is too high, and what a burst
// must be at least.
func RoundBytes(rate uint64) (rounded, least uint64) {
	cost := costOfBytes(rate)
	if cost == 0 {
		return 0, 0
	}
	least = bytesOfCost(cost)
	for _, unit := range []uint64{1 << 20, 1 << 10} {
		if shown := least &^ (unit - 1); least >= unit && costOfBytes(shown) == cost {
			return shown, least
		}
	}
	return least, least
}

// Rest returns what is not as it is by default, which of Expire is given, each behind a prefix.
func (m HashLimit) Rest(prefix string, expire uint32) string {
	width := m.width()
	var b strings.Builder
	for _, o := range []struct {
		name       string
		n, usually uint32
	}{
		{"htable-size", m.Size, 0}, {"htable-max", m.Max, 0}, {"htable-gcinterval", m.GCInterval, hashGCInterval},
		{"htable-expire", m.Expire, expire}, {"srcmask", uint32(m.SrcBits), uint32(width)}, {"dstmask", uint32(m.DstBits), uint32(width)},
	} {
		if o.n != o.usually {
			fmt.Fprintf(&b, "%s%s %d", prefix, o.name, o.n)
		}
	}
	if m.RateMatch {
		b.WriteString(prefix + "rate-match")
	}
	if m.Interval > 1 {
		fmt.Fprintf(&b, "%srate-interval %d", prefix, m.Interval)
	}
	return b.String()
}

func (m HashLimit) sharedName(v6 bool) sharedName { return sharedName{"hashlimit", m.Name, v6} }

// A hashKey is what has a bucket.
type hashKey struct {
	src, dst         netip.Addr
	srcPort, dstPort uint16
}

// A hashTable has the buckets of a name.
type hashTable struct {
	HashLimit
	mu   sync.Mutex // guards what follows
	by   map[hashKey]*hashEntry
	last int64 // when the dead were collected: GCInterval after the table was made, and so on
}

// A hashEntry is a bucket, of packets or of bytes.
type hashEntry struct {
	bucket
	refills uint64 // of bytes: how often it may be filled at once
	expires int64
	window  // instead of a bucket with RateMatch
}

// A window counts what has come since a time.
type window struct {
	since   int64
	n       uint64
	tooMany bool // in the window before
}

// A hashMatcher asks a table, which may have been made by another rule.
type hashMatcher struct {
	*hashTable
	above bool
}

func (m HashLimit) compile(a *asking) matcher {
	a.counted = true
	return &hashMatcher{above: m.Above, hashTable: shared(a.on, m.sharedName(a.v6), func() *hashTable {
		return &hashTable{HashLimit: m, by: map[hashKey]*hashEntry{}, last: a.on.nanoseconds()}
	})}
}

func (m *hashMatcher) match(p *packet) bool {
	key, ok := m.key(p)
	if !ok {
		p.hotdrop = true
		return false
	}
	now := p.host.nanoseconds()
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.entry(key, now)
	if e == nil {
		p.hotdrop = true
		return false
	}
	e.expires = now + int64(m.Expire)*int64(time.Millisecond)
	within := false
	switch {
	case m.RateMatch:
		within = m.inWindow(&e.window, now, p.layout.Size)
	case m.Bytes:
		within = e.takeBytes(now, p.layout.Size, m.Count)
	default:
		within = e.take(now, int64(e.cost))
	}
	return within != m.above
}

// key is false for what has no ports where they are asked for.
func (m *hashTable) key(p *packet) (k hashKey, ok bool) {
	if m.Mode&HashSrcIP != 0 {
		prefix, _ := p.src.Prefix(int(m.SrcBits))
		k.src = prefix.Addr()
	}
	if m.Mode&HashDstIP != 0 {
		prefix, _ := p.dst.Prefix(int(m.DstBits))
		k.dst = prefix.Addr()
	}
	if m.Mode&(HashSrcPort|HashDstPort) == 0 {
		return k, true
	}
	src, dst, has := p.bothPorts()
	if m.Mode&HashSrcPort != 0 {
		k.srcPort = src
	}
	if m.Mode&HashDstPort != 0 {
		k.dstPort = dst
	}
	return k, has || p.layout.Fragment != wire.Following && p.proto != ianaTCP && p.proto != ianaUDP
}

// collect deletes what had expired when it was time to for the last time.
func (t *hashTable) collect(now int64) {
	interval := int64(t.GCInterval) * int64(time.Millisecond)
	if now-t.last < interval {
		return
	}
	t.last += (now - t.last) / interval * interval
	for key, e := range t.by {
		if e.expires <= t.last {
			delete(t.by, key)
		}
	}
}

// entry returns the bucket of a key, nil if there is no room for a new one.
func (t *hashTable) entry(k hashKey, now int64) *hashEntry {
	t.collect(now)
	if e := t.by[k]; e != nil {
		return e
	}
	most := t.Max
	if most == 0 || most > maxHashEntries {
		most = maxHashEntries
	}
	if len(t.by) >= int(most) {
		return nil
	}
	cost := time.Duration(t.Unit) * time.Second / time.Duration(t.Count)
	e := &hashEntry{bucket: bucket{cost: cost, size: cost * time.Duration(t.Burst)}, refills: t.Burst}
	if t.Bytes {
		e.size = time.Second
	}
	e.since = now
	t.by[k] = e
	return e
}

// inWindow counts a packet and reports whether it is within the rate.
func (m HashLimit) inWindow(w *window, now int64, size int) bool {
	rate, most, n := uint64(m.Count), m.Burst+uint64(m.Count), uint64(1)
	if m.Bytes {
		rate, n = bytesOfCost(costOfBytes(rate)), uint64(size)
		most = rate * max(m.Burst, 1)
	}
	if interval := int64(m.Interval) * int64(time.Second); now-w.since >= interval {
		// Who is silent for long has come at a lower rate.
		w.tooMany = float64(w.n)*float64(interval) > float64(now-w.since)*float64(rate)
		w.since, w.n = now, 0
	}
	w.n += n
	return !w.tooMany && w.n <= most
}

// takeBytes takes a packet out of a bucket that holds what flows in within a second. Linux
// counts in pieces of 16 bytes.
func (e *hashEntry) takeBytes(now int64, size int, rate uint32) bool {
	pieces := int64(size>>4 + 1)
	cost := min(pieces*16*int64(time.Second)/int64(rate), int64(time.Second))
	if e.take(now, cost) {
		return true
	}
	if e.refills == 0 {
		return false
	}
	e.refills--
	e.full.Store(now)
	return e.take(now, cost)
}
