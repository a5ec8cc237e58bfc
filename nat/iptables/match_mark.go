package iptables

import (
	"strings"

	"drydock/nat"
)

var _ = registerMatch(matchKind{name: "mark", begin: beginMarkMatch}, listMarkMatch)

// beginMarkMatch reads
//
//	[!] --mark VALUE[/MASK]                    in base 8, 10 or 16
//
// The mark is the one that the target MARK sets; a packet begins with 0.
func beginMarkMatch(*scope) *extension {
	var m nat.MarkMatch
	return &extension{name: "mark", match: func() nat.Match { return m }, options: []option{
		{names: []string{"mark"}, must: true, not: true, set: func(value string, not bool) error {
			var ok bool
			if m.Value, m.Mask, ok = parseMarkMask(value); !ok {
				return wrong("mark: bad integer value for option \"--mark\", or out of range.\n")
			}
			m.Not = not
			return nil
		}},
	}}
}

// listMarkMatch prints the value as the option has it.
func listMarkMatch(m nat.MarkMatch, _ column) string {
	not := m.Not
	m.Not = false
	return "mark match " + notOption(not) + strings.TrimPrefix(m.String(), "-m mark --mark ")
}
