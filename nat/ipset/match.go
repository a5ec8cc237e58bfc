package ipset

import "net/netip"

// A Packet is what sets may be asked about.
type Packet struct {
	V6       bool
	Src, Dst netip.Addr
	Proto    uint8
	Ports    [2]uint16 // source and destination; of ICMP type and code in both
	HasPorts bool      // false for fragments without a header
	TCPUDP   bool      // that the ports are those of TCP or UDP
	Size     int
}

// Sides say for each dimension of a set which end of a packet it is: src, unless the bit
// is set.
type Sides uint8

// An Ask is a question about a packet.
type Ask struct {
	Sides   Sides
	N       uint8 // how many sides there are: of fewer than the set has, none matches
	NoMatch bool  // what matches is an entry with NoMatch
	NoCount bool  // a match is not counted
	NoLists bool  // nor in the list by which the set is met
	Packets Comparison
	Bytes   Comparison
}

// A Comparison is a condition about a counter.
type Comparison struct {
	Op    CompareOp
	Value uint64
}

// A CompareOp is how a counter is compared, as Linux numbers it.
type CompareOp uint8

// The comparisons, of which None is always true.
const (
	None CompareOp = iota
	Equal
	Unequal
	Less
	Greater
)

func (c Comparison) holds(n uint64) bool {
	switch c.Op {
	case Equal:
		return n == c.Value
	case Unequal:
		return n != c.Value
	case Less:
		return n < c.Value
	case Greater:
		return n > c.Value
	}
	return true
}

// key returns what a set of a type sees of a packet. It is false if that is nothing.
func (s *Spec) key(p *Packet, sides Sides) (k Key, ok bool) {
	if s.Type == BitmapPort {
		k.Port = p.Ports[sides&1]
		return k, p.TCPUDP && p.HasPorts && s.From <= k.Port && k.Port <= s.To
	}
	if p.V6 != s.V6 {
		return k, false
	}
	addr := p.Src
	if sides&1 != 0 {
		addr = p.Dst
	}
	bits := s.width()
	if s.Netmask != 0 {
		bits = int(s.Netmask)
	}
	k.Net, _ = addr.Prefix(bits)
	if s.Type.HasPort() {
		k.Proto, k.Port = p.Proto, p.Ports[sides>>1&1]
		return k, p.HasPorts
	}
	return k, true
}

// Match reports whether a packet is in the set.
func (s *Set) Match(p *Packet, ask *Ask) bool {
	b := s.body.Load()
	if b.spec.Type != ListSet {
		return b.match(p, ask, s.table.now())
	}
	b.mu.RLock()
	list := b.list // which a change copies
	b.mu.RUnlock()
	now := s.table.now()
	for _, m := range list {
		if m.alive(now) && m.set.body.Load().match(p, ask, now) && m.counted(&b.spec, p, ask, ask.NoLists) {
			return true
		}
	}
	return false
}

func (b *body) match(p *Packet, ask *Ask, now int64) bool {
	k, ok := b.spec.key(p, ask.Sides)
	if !ok || int(ask.N) < b.spec.Type.Dimensions() {
		return false
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	e := b.find(&k, now)
	return e != nil && e.nomatch == ask.NoMatch && e.counted(&b.spec, p, ask, false)
}

// counted compares the counters before it adds the packet to them.
func (e *element) counted(s *Spec, p *Packet, ask *Ask, skip bool) bool {
	if !s.Counters {
		return true
	}
	ok := ask.Packets.holds(e.packets.Load()) && ask.Bytes.holds(e.bytes.Load())
	if ok && !ask.NoCount && !skip {
		e.packets.Add(1)
		e.bytes.Add(uint64(p.Size))
	}
	return ok
}

// AddPacket adds what the set sees of a packet, as SET --add-set does; a list adds it to
// the first of its sets that takes it. e has the timeout.
func (s *Set) AddPacket(p *Packet, ask *Ask, e Entry, exist bool) {
	s.change(p, ask, func(set *Set, k Key) error {
		e.Key = set.body.Load().narrowest(k)
		return set.Add(e, exist)
	})
}

// DeletePacket is AddPacket for SET --del-set.
func (s *Set) DeletePacket(p *Packet, ask *Ask) {
	s.change(p, ask, func(set *Set, k Key) error { return set.Delete(Entry{Key: set.body.Load().narrowest(k)}) })
}

// narrowest gives a network that is added the longest length that there is, as Linux does.
func (b *body) narrowest(k Key) Key {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if len(b.bits) > 0 {
		k.Net, _ = k.Net.Addr().Prefix(b.bits[0])
	}
	return k
}

func (s *Set) change(p *Packet, ask *Ask, f func(*Set, Key) error) {
	b := s.body.Load()
	if b.spec.Type != ListSet {
		if k, ok := b.spec.key(p, ask.Sides); ok && int(ask.N) >= b.spec.Type.Dimensions() {
			f(s, k)
		}
		return
	}
	b.mu.RLock()
	list := b.list
	b.mu.RUnlock()
	for _, m := range list {
		spec := m.set.Spec()
		if k, ok := spec.key(p, ask.Sides); ok && int(ask.N) >= spec.Type.Dimensions() && f(m.set, k) == nil {
			return
		}
	}
}
