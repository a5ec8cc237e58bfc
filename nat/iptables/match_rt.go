package iptables

import (
	"fmt"
	"math"
	"strings"

	"drydock/nat"
)

var _ = registerMatch(matchKind{name: "rt", family: 6, begin: beginRT}, listRT)

// beginRT reads
//
//	[!] --rt-type N, [!] --rt-segsleft N[:N], [!] --rt-len N
//	--rt-0-res, --rt-0-addrs ADDR,… [--rt-0-not-strict]    behind --rt-type 0
func beginRT(*scope) *extension {
	m := nat.RT{MaxSegs: math.MaxUint32}
	e := &extension{name: "rt", match: func() nat.Match { return m }}
	zero := func(option string) error {
		if !m.HasType || m.Type != 0 || m.NotType {
			return wrong("`--rt-type 0' required before `--%s'", option)
		}
		return nil
	}
	e.options = []option{
		numberOption("rt", "rt-type", 0, math.MaxUint32, func(n uint64, not bool) { m.Type, m.HasType, m.NotType = uint32(n), true, not }).inverted(),
		rangeOption("rt", "rt-segsleft", math.MaxUint32, func(lo, hi uint64, _ int, not bool) error {
			m.MinSegs, m.MaxSegs, m.NotSegs = uint32(lo), uint32(hi), not
			return nil
		}).inverted(),
		numberOption("rt", "rt-len", 0, math.MaxUint32, func(n uint64, not bool) { m.Length, m.HasLength, m.NotLength = uint32(n), true, not }).inverted(),
		{names: []string{"rt-0-res"}, flag: true, set: func(string, bool) error {
			m.Reserved = true
			return zero("rt-0-res")
		}},
		textOption("rt-0-addrs", func(value string, _ bool) error {
			if err := zero("rt-0-addrs"); err != nil {
				return err
			}
			m.HasAddrs = true
			for s := range strings.SplitSeq(value, ",") {
				addr, ok := parseAddr(s, true)
				switch {
				case int(m.NAddrs) == len(m.Addrs):
					return wrong("too many addresses specified")
				case !ok:
					return wrong("bad address: %s", s)
				}
				m.Addrs[m.NAddrs] = addr
				m.NAddrs++
			}
			return nil
		}),
		{names: []string{"rt-0-not-strict"}, flag: true, set: func(string, bool) error {
			if m.Loose = true; !m.HasAddrs {
				return wrong("`--rt-0-addr ...' required before `--rt-0-not-strict'")
			}
			return nil
		}},
	}
	return e
}

func listRT(m nat.RT, _ column) string {
	s := "rt"
	if m.HasType {
		s += fmt.Sprintf(" type:%s%d", notValue(m.NotType), m.Type)
	}
	if m.MinSegs != 0 || m.MaxSegs != math.MaxUint32 || m.NotSegs {
		plural := ""
		if m.MinSegs != m.MaxSegs {
			plural = "s"
		}
		s += " segsleft" + plural + ":" + notValue(m.NotSegs) + m.SegsText()
	}
	if m.HasLength {
		s += fmt.Sprintf(" length:%s%d", notValue(m.NotLength), m.Length)
	}
	if m.Reserved {
		s += " reserved"
	}
	if m.HasAddrs {
		s += " 0-addrs " + m.AddrsText()
	}
	if m.Loose {
		s += " 0-not-strict"
	}
	return s
}
