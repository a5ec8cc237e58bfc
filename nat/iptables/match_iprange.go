package iptables

import (
	"strings"

	"drydock/nat"
)

var _ = registerMatch(matchKind{name: "iprange", begin: beginIPRange}, listIPRange)

// beginIPRange reads
//
//	[!] --src-range ADDR[-ADDR]
//	[!] --dst-range ADDR[-ADDR]
func beginIPRange(s *scope) *extension {
	var m nat.IPRange
	e := &extension{name: "iprange", match: func() nat.Match { return m }}
	add := func(name string, into *nat.AddrRange) {
		e.options = append(e.options, textOption(name, func(value string, not bool) error {
			first, last, isRange := strings.Cut(value, "-")
			if !isRange {
				last = first
			}
			var ok1, ok2 bool
			into.Min, ok1 = parseAddr(first, s.v6)
			into.Max, ok2 = parseAddr(last, s.v6)
			into.Not = not
			switch {
			case !ok1:
				return badValue("iprange", "--"+name, first)
			case !ok2:
				return badValue("iprange", "--"+name, last)
			}
			return nil
		}).inverted())
	}
	add("src-range", &m.Src)
	add("dst-range", &m.Dst)
	e.check = e.need("iprange match: You must specify `--src-range' or `--dst-range'")
	return e
}

func listIPRange(m nat.IPRange, _ column) string {
	var parts []string
	for _, r := range []struct {
		what string
		nat.AddrRange
	}{{"source", m.Src}, {"destination", m.Dst}} {
		if r.Min.IsValid() {
			parts = append(parts, r.what+" IP range "+notOption(r.Not)+r.String())
		}
	}
	return strings.Join(parts, " ")
}
