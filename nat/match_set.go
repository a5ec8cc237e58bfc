package nat

import (
	"fmt"

	"drydock/nat/internal/words"
	"drydock/nat/ipset"
)

// Set is -m set --match-set: the packet is in the set of a name (see [Tables.Sets]). A set
// with fewer dimensions than Sides looks at the first of them, one with more matches nothing.
type Set struct {
	Name           string
	Sides          SetSides
	Not            bool
	NoMatch        bool // --return-nomatch: an exception of the set counts as a match
	NoCount        bool // ! --update-counters
	NoListCount    bool // ! --update-subcounters
	Packets, Bytes ipset.Comparison
}

// checked wants the set to be there, in this family.
func (m Set) checked(in setting) (Match, error) {
	if _, err := in.setOf(m.Name); err != nil {
		return nil, err
	}
	if err := m.Sides.check(); err != nil {
		return nil, err
	}
	return m, nil
}

func (m Set) String() string { return "-m set" + m.Text(" --") }

// Text returns the options, each behind sep.
func (m Set) Text(sep string) string {
	not := ""
	if m.Not {
		not = " !"
	}
	s := fmt.Sprintf("%s%smatch-set %s %s", not, sep, words.Name(m.Name), m.Sides)
	for _, f := range []struct {
		set  bool
		text string
	}{{m.NoMatch, sep + "return-nomatch"}, {m.NoCount, " !" + sep + "update-counters"}, {m.NoListCount, " !" + sep + "update-subcounters"}} {
		if f.set {
			s += f.text
		}
	}
	return s + comparisonText(sep, "packets", m.Packets) + comparisonText(sep, "bytes", m.Bytes)
}

func comparisonText(sep, what string, c ipset.Comparison) string {
	switch c.Op {
	case ipset.Equal:
		return fmt.Sprintf("%s%s-eq %d", sep, what, c.Value)
	case ipset.Unequal:
		return fmt.Sprintf(" !%s%s-eq %d", sep, what, c.Value)
	case ipset.Less:
		return fmt.Sprintf("%s%s-lt %d", sep, what, c.Value)
	case ipset.Greater:
		return fmt.Sprintf("%s%s-gt %d", sep, what, c.Value)
	}
	return ""
}

// A setMatcher holds its set, whatever its name becomes.
type setMatcher struct {
	set *ipset.Set
	ask ipset.Ask
	not bool
}

func (m Set) compile(a *asking) matcher {
	a.counted = true // entries count packets, and lists by timeouts depend on the moment
	return &setMatcher{set: a.on.sets.Find(m.Name), not: m.Not, ask: ipset.Ask{
		Sides: ipset.Sides(m.Sides.Dst), N: m.Sides.N, NoMatch: m.NoMatch, NoCount: m.NoCount, NoLists: m.NoListCount,
		Packets: m.Packets, Bytes: m.Bytes,
	}}
}

func (m *setMatcher) match(p *packet) bool {
	q := p.setPacket()
	return m.set.Match(&q, &m.ask) != m.not
}
