package iptables

import (
	"strings"

	"drydock/nat"
)

var _ = registerMatch(matchKind{name: "tcpmss", begin: beginTCPMSSMatch}, listTCPMSSMatch)

// beginTCPMSSMatch reads
//
//	[!] --mss N[:N]                            the option of a SYN; needs -p tcp
func beginTCPMSSMatch(*scope) *extension {
	var m nat.TCPMSSMatch
	return &extension{name: "tcpmss", match: func() nat.Match { return m }, options: []option{
		rangeOption("tcpmss", "mss", 0xffff, func(lo, hi uint64, given int, not bool) error {
			if given == 2 && hi < lo {
				return wrong("tcpmss: invalid range given")
			}
			m = nat.TCPMSSMatch{Min: uint16(lo), Max: uint16(hi), Not: not}
			return nil
		}).required().inverted(),
	}}
}

func listTCPMSSMatch(m nat.TCPMSSMatch, _ column) string {
	not := notValue(m.Not)
	m.Not = false
	return "tcpmss match " + not + strings.TrimPrefix(m.String(), "-m tcpmss --mss ")
}
