package iptables

import (
	"strings"

	"drydock/nat"
)

var _ = registerMatch(matchKind{name: "state", begin: beginState}, listState)

// beginState reads
//
//	[!] --state INVALID|NEW|RELATED|ESTABLISHED|UNTRACKED,…
//
// It is what -m conntrack replaced, and has no SNAT and DNAT. The real one is conntrack by
// another name, too, but prints as it was given.
func beginState(*scope) *extension {
	var m nat.State
	return &extension{name: "state", match: func() nat.Match { return m }, options: []option{
		{names: []string{"state"}, must: true, not: true, set: func(value string, not bool) (err error) {
			m.Not = not
			if value == "" || strings.HasSuffix(value, ",") {
				return wrong("\"--state\" requires a list of states with no spaces, e.g. ESTABLISHED,RELATED")
			}
			m.States, err = parseStates(value, "state", states)
			return err
		}},
	}}
}

// listState prints "state NEW", where -m conntrack prints "ctstate NEW".
func listState(m nat.State, _ column) string { return notOption(m.Not) + "state " + m.States.String() }
