package iptables

import (
	"fmt"

	"drydock/nat"
)

var _ = registerMatch(matchKind{name: "connlimit", begin: beginConnLimit}, listConnLimit)

// beginConnLimit reads
//
//	[!] --connlimit-upto N, or [!] --connlimit-above N
//	--connlimit-mask LENGTH|MASK               of the address; all of it unless given
//	--connlimit-saddr, --connlimit-daddr       the former unless given
func beginConnLimit(s *scope) *extension {
	m := nat.ConnLimit{Bits: 32}
	if s.v6 {
		m.Bits = 128
	}
	e := &extension{name: "connlimit", match: func() nat.Match { return m }}
	limit := func(name string, above bool) option {
		return numberOption("connlimit", name, 0, 1<<32-1, func(n uint64, not bool) {
			m.Limit, m.Above = uint32(n), above != not
		}).inverted()
	}
	side := func(name string, dst bool) option {
		return option{names: []string{name}, flag: true, set: func(string, bool) error {
			m.Dst = dst
			return nil
		}}
	}
	e.options = []option{
		limit("connlimit-upto", false), limit("connlimit-above", true),
		textOption("connlimit-mask", func(value string, _ bool) error {
			mask, ok := parseMask(value, s.v6)
			if !ok {
				return wrong("connlimit: bad value for option \"--connlimit-mask\", neither a valid network mask nor valid CIDR (%s).\n", value)
			}
			m.Bits = uint8(leadingOnes(mask))
			return nil
		}),
		side("connlimit-saddr", false), side("connlimit-daddr", true),
	}
	e.check = func() error {
		switch {
		case e.seen[0] > 0 && e.seen[1] > 0:
			return wrong("connlimit: option \"--connlimit-upto\" cannot be used together with \"--connlimit-above\".\n")
		case e.seen[0] == 0 && e.seen[1] == 0:
			return wrong("You must specify \"--connlimit-above\" or \"--connlimit-upto\".")
		case e.seen[3] > 0 && e.seen[4] > 0:
			return wrong("connlimit: option \"--connlimit-saddr\" cannot be used together with \"--connlimit-daddr\".\n")
		}
		return nil
	}
	return e
}

func listConnLimit(m nat.ConnLimit, _ column) string {
	side, op := "src", "<="
	if m.Dst {
		side = "dst"
	}
	if m.Above {
		op = ">"
	}
	return fmt.Sprintf("#conn %s/%d %s %d", side, m.Bits, op, m.Limit)
}
