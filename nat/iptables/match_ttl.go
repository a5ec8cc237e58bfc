package iptables

import (
	"fmt"

	"drydock/nat"
)

var (
	_ = registerMatch(matchKind{name: "ttl", family: 4, begin: beginTTLMatch}, listTTLMatch)
	_ = registerMatch(matchKind{name: "hl", family: 6, begin: beginTTLMatch}, listTTLMatch)
)

// beginTTLMatch reads one of
//
//	[!] --ttl-eq N, --ttl-lt N, --ttl-gt N     of IPv6 --hl-eq, --hl-lt and --hl-gt
func beginTTLMatch(s *scope) *extension {
	m := nat.TTLMatch{V6: s.v6}
	name, upper, quote := "ttl", "TTL", ""
	if s.v6 {
		name, upper, quote = "hl", "HL", "'"
	}
	e := &extension{name: name, match: func() nat.Match { return m }}
	add := func(option string, op nat.TTLOp) {
		o := numberOption(name, option, 0, 255, func(n uint64, not bool) {
			if m.Op, m.Value = op, uint8(n); not {
				m.Op = nat.TTLUnequal
			}
		}).exclusive()
		o.not = op == nat.TTLEqual
		if o.not {
			o.names = append(o.names, name)
		}
		e.options = append(e.options, o)
	}
	add(name+"-lt", nat.TTLLess)
	add(name+"-gt", nat.TTLGreater)
	add(name+"-eq", nat.TTLEqual)
	// The quote that does not end is that of the real one.
	e.check = e.need(fmt.Sprintf("%s match: You must specify one of `--%s-eq', `--%[2]s-lt', `--%[2]s-gt%s", upper, name, quote))
	return e
}

func listTTLMatch(m nat.TTLMatch, _ column) string {
	name := "TTL"
	if m.V6 {
		name = "HL"
	}
	return fmt.Sprintf("%s match %s %s %d", name, name, [...]string{"==", "!=", "<", ">"}[m.Op], m.Value)
}
