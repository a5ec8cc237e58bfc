package nat

// A Decision is what becomes of a packet.
type Decision uint8

// The decisions. Accepted ends the base chain alone: the chains behind it are asked nevertheless.
const (
	Continue Decision = iota // with the next rule
	Accepted
	Discard
	Returned
	JumpTo
	GoTo
)

// decisions are what traversal calls them.
var decisions = [...]verdict{carryOn, accept, dropped, returned, jumps, goes}

// A Verdict decides about the packet. It is a Statement, and what verdict maps have.
type Verdict struct {
	Decision Decision
	Chain    string // of JumpTo and GoTo
}

func (Verdict) families() uint8 { return 3 }

func (s Verdict) prepared(on *nfTable) (Statement, error) { return s, s.check(on) }

func (s Verdict) check(on *nfTable) error {
	switch {
	case s.Decision > GoTo:
		return ErrValue
	case s.Decision != JumpTo && s.Decision != GoTo:
		return nil
	}
	c := on.chain(s.Chain)
	switch {
	case c == nil:
		return ErrNotThere
	case c.nft.Base != nil:
		return ErrUnsupported
	}
	return nil
}

// build ends the rule.
func (s Verdict) build(r *rule, on *nfTable) {
	r.verdict = decisions[s.Decision]
	if c := on.chain(s.Chain); c != nil && (s.Decision == JumpTo || s.Decision == GoTo) {
		r.to = c.id
	}
}

// A VerdictMap decides by the verdict that a map has for the values of the packet. Without one the
// rule does not match.
type VerdictMap struct {
	Keys []Key
	Set  string // of the table; "": Anon
	Anon *Elements
}

func (s VerdictMap) families() uint8 { return families(s.Keys...) }

func (s VerdictMap) prepared(on *nfTable) (Statement, error) {
	if err := checkKeys(s.Keys); err != nil {
		return nil, err
	}
	if s.Set == "" {
		if s.Anon == nil {
			return nil, ErrNotThere
		}
		s.Anon = s.Anon.fresh()
		return s, s.Anon.checkVerdicts(on)
	}
	if set := on.set(s.Set); set == nil || !set.Verdicts {
		return nil, ErrNotThere
	}
	return s, nil
}

func (s VerdictMap) build(r *rule, on *nfTable) {
	r.verdict = applies
	r.applier = &verdictLookup{lookup: newLookup(s.Keys, s.Set, s.Anon, on)}
	r.mapped(s.Anon)
}

// verdictMap returns the map that a rule is decided by, nil if there is none.
func (r *rule) verdictMap() *verdictLookup {
	if r == nil {
		return nil
	}
	l, _ := r.applier.(*verdictLookup)
	return l
}

// mapped notes the chains that a map of its own leads to.
func (r *rule) mapped(anon *Elements) {
	if anon == nil {
		return
	}
	for e := range anon.All() {
		if e.to != noChain {
			r.also = append(r.also, e.to)
		}
	}
}

type verdictLookup struct {
	lookup
	behind *rule // the statements that follow, for the verdict continue; nil: none
}

func (s *verdictLookup) apply(_ *host, p *packet) verdict {
	e := s.find(p)
	if e == nil {
		return carryOn
	}
	p.to = int32(e.to)
	if e.Verdict.Decision == Continue && s.behind != nil {
		return s.behind.carryOn(p)
	}
	return decisions[e.Verdict.Decision]
}

// carryOn goes through the statements of a rule that are behind another one, and returns what they decide.
func (r *rule) carryOn(p *packet) verdict {
	if !r.rest.match(p) {
		return carryOn
	}
	if r.count != nil {
		r.count.add(p.layout.Size)
	}
	p.to = int32(r.to)
	if r.verdict == applies {
		return r.applier.apply(p.host, p)
	}
	return r.verdict
}

// A Lookup holds for packets whose values are in a set, with Not for those that are not.
type Lookup struct {
	Keys []Key
	Mask Word   // of one key; zero: all bits
	Set  string // of the table; "": Anon
	Anon *Elements
	Not  bool
}

func (s Lookup) families() uint8 { return families(s.Keys...) }

func (s Lookup) prepared(on *nfTable) (Statement, error) {
	if err := checkKeys(s.Keys); err != nil {
		return nil, err
	}
	if s.Set != "" && on.set(s.Set) == nil || s.Set == "" && s.Anon == nil {
		return nil, ErrNotThere
	}
	if s.Set == "" {
		s.Anon = s.Anon.fresh()
	}
	return s, nil
}

func (s Lookup) build(r *rule, on *nfTable) {
	l := newLookup(s.Keys, s.Set, s.Anon, on)
	l.not, l.mask = s.Not, s.Mask
	r.rest.matchers = append(r.rest.matchers, &l)
}

func checkKeys(keys []Key) error {
	if len(keys) == 0 || len(keys) > maxConcat {
		return ErrValue
	}
	for _, k := range keys {
		if k == 0 || k >= numKeys {
			return ErrValue
		}
	}
	return nil
}

// A lookup looks values up, in a set by its place in the table that the packet passes: that may
// change with the table.
type lookup struct {
	concat
	set  int // -1: anon
	anon *Elements
	mask Word
	not  bool
}

func newLookup(keys []Key, set string, anon *Elements, on *nfTable) lookup {
	l := lookup{concat: concatOf(keys), set: -1, anon: anon}
	if set != "" {
		l.set, l.anon = on.setIndex(set), nil
	}
	return l
}

// find returns the element for the values of a packet, which counts, nil if there is none.
func (l *lookup) find(p *packet) *Element {
	var w Words
	if !l.load(p, &w) {
		return nil
	}
	e := l.elements(p).find(&w, l.n)
	if e != nil && e.count != nil {
		e.count.add(p.layout.Size)
	}
	return e
}

func (l *lookup) elements(p *packet) *Elements {
	if l.set < 0 {
		return l.anon
	}
	return p.nft.sets[l.set].elements
}

func (l *lookup) match(p *packet) bool {
	var w Words
	if !l.load(p, &w) {
		return false
	}
	if l.mask != (Word{}) {
		w[0] = w[0].And(l.mask)
	}
	e := l.elements(p).find(&w, l.n)
	if e != nil && e.count != nil && !l.not {
		e.count.add(p.layout.Size)
	}
	return (e != nil) != l.not
}
