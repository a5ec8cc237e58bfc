package iptables

import (
	"strings"

	"drydock/nat"
)

var _ = registerMatch(matchKind{name: "length", begin: beginLength}, listLength)

// beginLength reads
//
//	[!] --length N[:N]                         bytes of the IP packet
func beginLength(*scope) *extension {
	var m nat.Length
	return &extension{name: "length", match: func() nat.Match { return m }, options: []option{
		rangeOption("length", "length", 0xffff, func(lo, hi uint64, _ int, not bool) error {
			m = nat.Length{Min: uint16(lo), Max: uint16(hi), Not: not}
			return nil
		}).required().inverted(),
	}}
}

func listLength(m nat.Length, _ column) string {
	not := notValue(m.Not)
	m.Not = false
	return "length " + not + strings.TrimPrefix(m.String(), "-m length --length ")
}
