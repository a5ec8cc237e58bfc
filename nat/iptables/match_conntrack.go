package iptables

import (
	"strings"

	"drydock/nat"
)

var _ = registerMatch(matchKind{name: "conntrack", begin: beginConntrack}, listConntrack)

// beginConntrack reads
//
//	[!] --ctstate INVALID|NEW|RELATED|ESTABLISHED|UNTRACKED|SNAT|DNAT,…
//
// SNAT and DNAT are no states of a packet but say that its connection is translated.
func beginConntrack(*scope) *extension {
	var m nat.Conntrack
	e := &extension{name: "conntrack", match: func() nat.Match { return m }}
	e.options = []option{{names: []string{"ctstate"}, not: true, set: func(value string, not bool) (err error) {
		m.Not = not
		m.States, err = parseStates(value, "ctstate", append(states, nat.StateSNAT, nat.StateDNAT))
		return err
	}}}
	e.check = e.need("conntrack: At least one option is required")
	return e
}

func listConntrack(m nat.Conntrack, _ column) string {
	return notOption(m.Not) + "ctstate " + m.States.String()
}

// states are those that packets have, in the order in which iptables looks for a
// beginning.
var states = []nat.StateSet{nat.StateInvalid, nat.StateNew, nat.StateRelated, nat.StateEstablished, nat.StateUntracked}

// parseStates reads "RELATED,ESTABLISHED", of each the beginning in either case.
func parseStates(list, option string, known []nat.StateSet) (nat.StateSet, error) {
	var set nat.StateSet
	for name := range strings.SplitSeq(list, ",") {
		bit := nat.StateSet(0)
		for _, s := range known {
			if begins(s.String(), name) {
				bit = s
				break
			}
		}
		if bit == 0 {
			return 0, wrong("Bad %s \"%s\"", option, name)
		}
		set |= bit
	}
	return set, nil
}
