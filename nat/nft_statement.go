package nat

import (
	"drydock/nat/conntrack"
)

// A Statement is a part of a rule of nft: a Compare, Lookup, *Count, *RateLimit, *Quota, LogTo, SetKey, Untrack,
// Verdict, VerdictMap, Rejection or Translate. A rule goes through its statements in their order, up to the first
// that does not hold or that decides.
type Statement interface {
	// families are those whose packets it may hold for.
	families() uint8
	// prepared returns the statement with what it remembers, for one rule of a table, or why it
	// cannot be there.
	prepared(on *nfTable) (Statement, error)
	// build adds to a compiled rule what the statement does.
	build(r *rule, on *nfTable)
}

// An Op is how a value is compared.
type Op uint8

const (
	Equal   Op = iota
	Unequal    // !=
	Less
	Greater
	LessEqual
	GreaterEqual
	In     // the range from Value to Last
	NotIn  // not in it
	AnyOf  // has some bit of Value
	NoneOf // has none of them
	numOps
)

// A Compare holds for packets whose value, under Mask, compares to Value. The zero Mask is all bits.
type Compare struct {
	Key         Key
	Op          Op
	Mask, Value Word
	Last        Word // of In and NotIn
}

func (m Compare) families() uint8 { return families(m.Key) }

func families(keys ...Key) uint8 {
	c := concatOf(keys)
	return c.families()
}

func (m Compare) prepared(*nfTable) (Statement, error) {
	if m.Key == 0 || m.Key >= numKeys || m.Op >= numOps {
		return nil, ErrValue
	}
	return m, nil
}

// build has the digest tell what it can. A value that it knows a part of is asked about, too.
func (m Compare) build(r *rule, _ *nfTable) {
	if m.Op == Equal && m.Mask != (Word{}) && m.Value.And(m.Mask) != m.Value { // "ip saddr & 255.0.0.0 == 10.0.0.1"
		if !r.asks.counted {
			r.never()
		}
		r.rest.matchers = append(r.rest.matchers, m)
		return
	}
	if r.asks.counted || !m.digest(&r.asks) {
		r.rest.matchers = append(r.rest.matchers, m)
	}
}

// digest is false if m must be asked, though the digest may spare it most packets.
func (m Compare) digest(a *asking) (all bool) {
	var want, mask digest
	plain := m.Op == Equal && m.Mask == Word{}
	switch shift, nic := m.Key.interfaceShift(); {
	case nic && plain:
		want.nics, mask.nics = nicDigest(m.Value.Name())<<shift, 0xffffffff<<shift
	case m.Key == CTState && m.Op == AnyOf:
		mask.transport, all = uint64(trackedStates&^states(m.Value.Lo))<<stateShift, true
	case m.Op != Equal:
		return false
	case (m.Key == IPSaddr || m.Key == IPDaddr) && !a.v6:
		bits, shift := m.Mask.Lo, 0
		if m.Mask == (Word{}) {
			bits = 0xffffffff
		}
		if m.Key == IPSaddr {
			shift = 32
		}
		want.addrs, mask.addrs, all = m.Value.Lo<<shift, bits<<shift, true
	case m.Key == IP6Daddr && a.v6 && plain:
		want.addrs, mask.addrs = m.Value.Lo, ^uint64(0)
	case (m.Key == MetaL4Proto || m.Key == IPProtocol && !a.v6) && plain:
		want.transport, mask.transport, all = m.Value.Lo<<protoShift, 0xff<<protoShift, true
	case m.Key == TCPDport || m.Key == TCPSport || m.Key == UDPDport || m.Key == UDPSport:
		if !plain {
			return false
		}
		shift := 0
		if m.Key == TCPSport || m.Key == UDPSport {
			shift = srcPortShift
		}
		proto := uint64(protoOf[m.Key]) << protoShift
		want.transport, all = m.Value.Lo<<shift|proto|portsKnown, true
		mask.transport = 0xffff<<shift | 0xff<<protoShift | portsKnown
	default:
		return false
	}
	return a.add(want, mask) && all
}

// add wants bits. It is false if the rule wants others of them already.
func (a *asking) add(want, mask digest) bool {
	both := a.mask.under(&mask)
	if a.want.under(&both) != want.under(&both) {
		return false
	}
	a.want = digest{a.want.addrs | want.addrs, a.want.transport | want.transport, a.want.nics | want.nics}
	a.mask = digest{a.mask.addrs | mask.addrs, a.mask.transport | mask.transport, a.mask.nics | mask.nics}
	return true
}

func (m Compare) match(p *packet) bool {
	v, ok := m.Key.load(p)
	return ok && m.holds(v)
}

func (m *Compare) holds(v Word) bool {
	if m.Mask != (Word{}) {
		v = v.And(m.Mask)
	}
	c := v.Compare(m.Value)
	switch m.Op {
	case Equal:
		return c == 0
	case Unequal:
		return c != 0
	case Less:
		return c < 0
	case Greater:
		return c > 0
	case LessEqual:
		return c <= 0
	case GreaterEqual:
		return c >= 0
	case In:
		return c >= 0 && v.Compare(m.Last) <= 0
	case NotIn:
		return c < 0 || v.Compare(m.Last) > 0
	case AnyOf:
		return v.And(m.Value) != Word{}
	case NoneOf:
		return v.And(m.Value) == Word{}
	}
	return false
}

// A Count counts the packets that come to it, or has a named counter of the table do so.
type Count struct {
	Name  string // "": one of its own
	Start Counters
	count *counter
}

// Counters returns what it has counted.
func (s *Count) Counters() Counters {
	if s.count == nil {
		return s.Start
	}
	return s.count.load()
}

func (*Count) families() uint8 { return 3 }

func (s *Count) prepared(on *nfTable) (Statement, error) {
	if s.Name != "" {
		o := on.object(ObjectCounter, s.Name)
		if o == nil {
			return nil, ErrNotThere
		}
		return &Count{Name: s.Name, count: o.count}, nil
	}
	return &Count{Start: s.Start, count: newCounter(s.Counters())}, nil
}

// build makes the counter that of the rule where nothing is asked behind it.
func (s *Count) build(r *rule, _ *nfTable) {
	if r.final && r.count == nil {
		r.count, r.asks.counted = s.count, true
		return
	}
	r.behind(s)
}

func (s *Count) match(p *packet) bool {
	s.count.add(p.layout.Size)
	return true
}

// A LogTo writes the packet to the logger of the tables, as [Log] does, or with HasGroup as [NFLog].
type LogTo struct {
	Prefix   string
	Level    uint8 // syslog's: 0 is emerg, 4 warning, which nft has unless another is given
	HasGroup bool
	Group    uint16
	SnapLen  uint32 // changes nothing, nor does Queue
	Queue    uint16
	Flags    LogFlags
}

// LogFlags are what a LogTo writes besides.
type LogFlags uint8

const (
	LogTCPSeq LogFlags = 1 << iota
	LogTCPOpts
	LogIPOpts
	LogUID
	_
	LogEther // which is written in any case
)

func (LogTo) families() uint8 { return 3 }

func (s LogTo) prepared(*nfTable) (Statement, error) {
	if len(s.Prefix) > maxNFLogPrefix || s.Level > 7 {
		return nil, ErrValue
	}
	return s, nil
}

func (s LogTo) build(r *rule, _ *nfTable) { r.behind(s) }

func (s LogTo) match(p *packet) bool {
	if s.HasGroup {
		NFLog{Group: s.Group, Prefix: s.Prefix}.apply(p.host, p)
		return true
	}
	Log{Level: s.Level, Prefix: s.Prefix, TCPSeq: s.Flags&LogTCPSeq != 0, TCPOpts: s.Flags&LogTCPOpts != 0,
		IPOpts: s.Flags&LogIPOpts != 0, UID: s.Flags&LogUID != 0}.apply(p.host, p)
	return true
}

// A SetKey changes the mark of the packet (MetaMark) or of its connection (CTMark) to what From has,
// or to the bits of it in And, turned over by Xor. Without From it is Xor.
type SetKey struct {
	Key      Key
	From     Key
	And, Xor uint32
}

func (s SetKey) families() uint8 { return families(s.From) }

func (s SetKey) prepared(*nfTable) (Statement, error) {
	if s.Key != MetaMark && s.Key != CTMark || s.From >= numKeys {
		return nil, ErrValue
	}
	return s, nil
}

func (s SetKey) build(r *rule, _ *nfTable) { r.behind(s) }

func (s SetKey) match(p *packet) bool {
	v := s.Xor
	if s.From != 0 {
		from, ok := s.From.load(p)
		if !ok {
			return false
		}
		v ^= uint32(from.Lo) & s.And
	}
	switch {
	case s.Key == MetaMark && p.pkt != nil:
		p.pkt.Mark = v
	case s.Key == CTMark && p.conn != nil:
		p.conn.SetMark(v)
	}
	return true
}

// Untrack keeps the packet out of connection tracking, before that, as [NoTrack] does.
type Untrack struct{}

func (Untrack) families() uint8                        { return 3 }
func (s Untrack) prepared(*nfTable) (Statement, error) { return s, nil }
func (s Untrack) build(r *rule, _ *nfTable)            { r.behind(s) }

func (Untrack) match(p *packet) bool {
	if p.conn == nil {
		p.setRef(conntrack.Untracked)
		p.stale = true
	}
	return true
}
