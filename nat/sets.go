package nat

import (
	"encoding/binary"
	"errors"
	"strings"

	wire "drydock/internal/packet"
	"drydock/nat/ipset"
)

// ErrNoSet is a rule about a set that does not exist, ErrSetFamily about one of the other
// address family. Both come in a *SetError.
var (
	ErrNoSet     = errors.New("does not exist")
	ErrSetFamily = errors.New("is of the other address family")
)

// A SetError is about the set of a rule.
type SetError struct {
	Set string
	V6  bool // that it is one of IPv6
	Err error
}

// Error returns "set blocked: does not exist".
func (e *SetError) Error() string { return "set " + e.Set + ": " + e.Err.Error() }

// Unwrap returns Err.
func (e *SetError) Unwrap() error { return e.Err }

// Sets returns the sets of ipset, which the rules of both families share. Those that rules
// hold are destroyed and renamed by DestroySets and RenameSet only.
func (t *Tables) Sets() *ipset.Table { return t.sets }

// DestroySets destroys sets, all or none, unless a rule or a list holds one. All may be
// destroyed together with the lists that they are in.
func (t *Tables) DestroySets(sets ...*ipset.Set) error {
	defer t.lockRules()()
	return t.sets.Destroy(func(s *ipset.Set) bool { return t.rulesWith(s) > 0 }, sets...)
}

// RenameSet gives a set that no rule and no list holds another name.
func (t *Tables) RenameSet(s *ipset.Set, name string) error {
	defer t.lockRules()()
	return t.sets.Rename(func(s *ipset.Set) bool { return t.rulesWith(s) > 0 }, s, name)
}

// SetReferences returns how many rules and lists hold a set.
func (t *Tables) SetReferences(s *ipset.Set) int { return t.rulesWith(s) + t.sets.References(s) }

// lockRules keeps rules from coming.
func (t *Tables) lockRules() (unlock func()) {
	t.v4.mu.Lock()
	t.v6.mu.Lock()
	return func() {
		t.v6.mu.Unlock()
		t.v4.mu.Unlock()
	}
}

// rulesWith returns how often rules name a set. It does not take the table's lock.
func (t *Tables) rulesWith(s *ipset.Set) (n int) {
	for _, rs := range []*Ruleset{t.v4, t.v6} {
		for _, table := range rs.state.Load().tables {
			for _, c := range table.chains {
				if c == nil {
					continue
				}
				for _, r := range c.all() {
					n += r.holds(s)
				}
			}
		}
	}
	return n
}

// holds counts what of r is about a set.
func (r *rule) holds(s *ipset.Set) (n int) {
	for _, m := range r.rest.matchers {
		if m, ok := m.(*setMatcher); ok && m.set == s {
			n++
		}
	}
	if a, ok := r.applier.(*setApplier); ok {
		for _, held := range [...]*ipset.Set{a.add, a.del} {
			if held == s {
				n++
			}
		}
	}
	return n
}

// SetSides are src and dst for the dimensions of a set: of N, up to 6, those in the bits
// of Dst are destinations, the others sources.
type SetSides struct{ N, Dst uint8 }

// maxSetSides is IPSET_DIM_MAX.
const maxSetSides = 6

// String returns "src,dst".
func (s SetSides) String() string {
	var b strings.Builder
	for i := range s.N {
		if i > 0 {
			b.WriteByte(',')
		}
		if s.Dst>>i&1 != 0 {
			b.WriteString("dst")
		} else {
			b.WriteString("src")
		}
	}
	return b.String()
}

func (s SetSides) check() error {
	if s.N == 0 || s.N > maxSetSides || s.Dst>>s.N != 0 {
		return ErrValue
	}
	return nil
}

// setOf returns a set for a rule. One of the other family would never match.
func (in setting) setOf(name string) (*ipset.Set, error) {
	s := in.on.sets.Find(name)
	if s == nil {
		return nil, &SetError{Set: name, Err: ErrNoSet}
	}
	if spec := s.Spec(); spec.Type.HasAddr() && spec.V6 != in.v6 {
		return nil, &SetError{name, spec.V6, ErrSetFamily}
	}
	return s, nil
}

// setPacket returns what sets are asked about p.
func (p *packet) setPacket() ipset.Packet {
	q := ipset.Packet{V6: p.v6, Src: p.src, Dst: p.dst, Proto: p.proto, Size: p.layout.Size}
	switch p.proto {
	case ianaICMP, ianaICMPv6:
		kind := uint16(p.icmpType)<<8 | uint16(p.icmpCode)
		q.Ports, q.HasPorts = [2]uint16{kind, kind}, p.ports
	case ianaTCP, ianaUDP:
		q.Ports, q.HasPorts, q.TCPUDP = [2]uint16{p.srcPort, p.dstPort}, p.ports, true
	case ianaSCTP, ianaUDPLite:
		if q.HasPorts = p.layout.Fragment != wire.Following && len(p.l4) >= 4; q.HasPorts {
			q.Ports = [2]uint16{binary.BigEndian.Uint16(p.l4), binary.BigEndian.Uint16(p.l4[2:])}
		}
	default: // port 0
		q.HasPorts = true
	}
	return q
}
