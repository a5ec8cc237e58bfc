package nat

// A Translate translates an end of a connection, in chains of type nat, and accepts the packet.
type Translate struct {
	Kind        Translation
	Addr, Port  Operand // of SourceNAT and DestinationNAT the address; both may be left out
	Random      bool
	FullyRandom bool
	Persistent  bool
}

// A Translation is what a Translate does.
type Translation uint8

const (
	SourceNAT      Translation = iota
	DestinationNAT             // before routing
	MasqueradeNAT              // the source becomes the address of the outgoing interface
	RedirectNAT                // the destination becomes the machine itself
)

// An Operand is a value or a range, or with Keys what a map has for the values of the packet. The
// zero Operand is none.
type Operand struct {
	Given    bool
	V6       bool // an address of IPv6
	Min, Max Word
	Keys     []Key
	Set      string // map of the table; "": Anon
	Anon     *Elements
	Pair     bool // the map has an address and a port
}

func (o *Operand) check(on *nfTable) error {
	switch {
	case len(o.Keys) == 0:
		return nil
	case o.Set == "" && o.Anon == nil, o.Set != "" && on.set(o.Set) == nil:
		return ErrNotThere
	}
	return checkKeys(o.Keys)
}

func (s Translate) families() uint8 {
	set := families(s.Addr.Keys...) & families(s.Port.Keys...)
	switch {
	case !s.Addr.Given:
	case s.Addr.V6:
		set &= 2
	default:
		set &= 1
	}
	return set
}

func (s Translate) prepared(on *nfTable) (Statement, error) {
	if s.Kind > RedirectNAT || s.Addr.Given && s.Kind >= MasqueradeNAT {
		return nil, ErrValue
	}
	if err := s.Addr.check(on); err != nil {
		return nil, err
	}
	return s, s.Port.check(on)
}

// hooks are those where such a rule may be met.
func (s Translate) hooks() hookSet {
	switch s.Kind {
	case SourceNAT:
		return atInput | atPostrouting
	case MasqueradeNAT:
		return atPostrouting
	}
	return atPrerouting | atOutput
}

func (s Translate) build(r *rule, on *nfTable) {
	r.verdict = applies
	t := &translator{Translate: s}
	if len(s.Addr.Keys) > 0 {
		t.addr = newLookup(s.Addr.Keys, s.Addr.Set, s.Addr.Anon, on)
	}
	if len(s.Port.Keys) > 0 {
		t.port = newLookup(s.Port.Keys, s.Port.Set, s.Port.Anon, on)
	}
	r.applier = t
}

type translator struct {
	Translate
	addr, port lookup
}

// apply goes on with the next rule where a map has nothing for the packet.
func (t *translator) apply(h *host, p *packet) verdict {
	if t.Addr.Given && t.Addr.V6 != p.v6 {
		return carryOn
	}
	r := NATRange{Random: t.Random, FullyRandom: t.FullyRandom, Persistent: t.Persistent}
	lo, hi := t.Port.Min.Lo, t.Port.Max.Lo
	if t.Addr.Given {
		first, last := t.Addr.Min, t.Addr.Max
		if t.addr.n > 0 {
			e := t.addr.find(p)
			if e == nil {
				return carryOn
			}
			first, last = e.Data[0], e.Data[0]
			if t.Addr.Pair {
				lo, hi = e.Data[1].Lo, e.Data[1].Lo
			}
		}
		r.MinAddr, r.MaxAddr = first.Addr(p.v6), last.Addr(p.v6)
	}
	if t.port.n > 0 {
		e := t.port.find(p)
		if e == nil {
			return carryOn
		}
		lo, hi = e.Data[0].Lo, e.Data[0].Lo
	}
	r.MinPort, r.MaxPort = uint16(lo), uint16(hi)
	return t.decide(h, p, r)
}

// decide does what the targets of iptables do. A translation of no address and no port leaves both.
func (t *translator) decide(h *host, p *packet, r NATRange) verdict {
	switch {
	case p.conn == nil:
		return accept
	case t.Kind == MasqueradeNAT:
		return Masquerade{MinPort: r.MinPort, MaxPort: r.MaxPort, Random: r.Random, FullyRandom: r.FullyRandom}.apply(h, p)
	case t.Kind == RedirectNAT:
		return Redirect{MinPort: r.MinPort, MaxPort: r.MaxPort, Random: r.Random || r.FullyRandom}.apply(h, p)
	}
	m := source
	if t.Kind == DestinationNAT {
		m = destination
	}
	h.bind(p, m, r)
	return accept
}

// A Rejection drops the packet and answers its sender, in chains of INPUT, FORWARD and OUTPUT: With of its family, the
// default of which is that the port is unreachable.
type Rejection struct{ With4, With6 RejectWith }

func (s Rejection) families() uint8 { return 3 }

func (s Rejection) prepared(*nfTable) (Statement, error) {
	for _, w := range []RejectWith{s.With4, s.With6} {
		if _, known := rejections[w]; !known && w != "" && w != TCPReset {
			return nil, ErrValue
		}
	}
	return s, nil
}

func (s Rejection) build(r *rule, on *nfTable) {
	r.verdict = applies
	with := s.With4
	if r.asks.v6 {
		with = s.With6
	}
	if with == TCPReset {
		Compare{Key: MetaL4Proto, Value: NumberWord(ianaTCP)}.build(r, on)
	}
	r.applier = Reject{With: with}
}
