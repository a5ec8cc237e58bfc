package iptables

import (
	"strings"

	"drydock/nat"
)

var _ = registerMatch(matchKind{name: "connmark", begin: beginConnMarkMatch}, listConnMarkMatch)

// beginConnMarkMatch reads
//
//	[!] --mark VALUE[/MASK]                    of the connection
func beginConnMarkMatch(*scope) *extension {
	var m nat.ConnMarkMatch
	return &extension{name: "connmark", match: func() nat.Match { return m }, options: []option{
		textOption("mark", func(value string, not bool) error {
			var ok bool
			if m.Value, m.Mask, ok = parseMarkMask(value); !ok {
				return wrong("connmark: bad integer value for option \"--mark\", or out of range.\n")
			}
			m.Not = not
			return nil
		}).required().inverted(),
	}}
}

// listConnMarkMatch has the two blanks of the real one.
func listConnMarkMatch(m nat.ConnMarkMatch, _ column) string {
	not := notValue(m.Not)
	m.Not = false
	return "connmark match " + not + " " + strings.TrimPrefix(m.String(), "-m connmark --mark ")
}
