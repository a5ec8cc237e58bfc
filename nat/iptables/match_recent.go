package iptables

import (
	"fmt"
	"strings"

	"drydock/nat"
)

var _ = registerMatch(matchKind{name: "recent", begin: beginRecent}, listRecent)

// beginRecent reads one of
//
//	[!] --set, [!] --rcheck, [!] --update, [!] --remove
//
// with
//
//	--seconds N [--reap], --hitcount N, --rttl of --rcheck and --update
//	--name NAME, --mask MASK, --rsource, --rdest
func beginRecent(s *scope) *extension {
	m := nat.Recent{Name: "DEFAULT", Mask: onesMask(s.v6, -1)}
	e := &extension{name: "recent", match: func() nat.Match { return m }}
	for _, op := range []nat.RecentOp{nat.RecentSet, nat.RecentCheck, nat.RecentUpdate, nat.RecentRemove} {
		e.options = append(e.options, option{names: []string{op.String()}, flag: true, not: true, only: true, set: func(_ string, not bool) error {
			m.Op, m.Not = op, m.Not || not
			return nil
		}})
	}
	side := func(name string, dst bool) option {
		return option{names: []string{name}, flag: true, set: func(string, bool) error {
			m.Dst = dst
			return nil
		}}
	}
	e.options = append(e.options,
		numberOption("recent", "seconds", 1, 1<<32-1, func(n uint64, _ bool) { m.Seconds = uint32(n) }),
		flagOption("reap", &m.Reap),
		numberOption("recent", "hitcount", 0, 1<<32-1, func(n uint64, _ bool) { m.HitCount = uint32(n) }),
		flagOption("rttl", &m.TTL),
		textOption("name", func(value string, _ bool) error {
			m.Name = value[:min(len(value), 199)]
			return nil
		}),
		side("rsource", false), side("rdest", true),
		textOption("mask", func(value string, _ bool) error {
			mask, ok := parseAddr(value, s.v6)
			if !ok {
				return wrong("The address \"%s\" could not be resolved", value)
			}
			m.Mask = mask
			return nil
		}))
	e.check = func() error {
		switch {
		case m.Op == 0:
			return wrong("recent: you must specify one of `--set', `--rcheck' `--update' or `--remove'")
		case m.TTL && m.Op == nat.RecentSet:
			return wrong("recent: option \"--rttl\" cannot be used together with \"--set\".\n")
		case m.TTL && m.Op == nat.RecentRemove:
			return wrong("recent: option \"--rttl\" cannot be used together with \"--remove\".\n")
		case m.Reap && m.Seconds == 0:
			return wrong("recent: option \"--reap\" also requires \"--seconds\".\n")
		}
		return nil
	}
	return e
}

func listRecent(m nat.Recent, _ column) string {
	var b strings.Builder
	b.WriteString(notOption(m.Not) + "recent: " + [...]string{"SET", "CHECK", "UPDATE", "REMOVE"}[m.Op-nat.RecentSet])
	if m.Seconds != 0 {
		fmt.Fprintf(&b, " seconds: %d", m.Seconds)
	}
	if m.Reap {
		b.WriteString(" reap")
	}
	if m.HitCount != 0 {
		fmt.Fprintf(&b, " hit_count: %d", m.HitCount)
	}
	if m.TTL {
		b.WriteString(" TTL-Match")
	}
	side := "source"
	if m.Dst {
		side = "dest"
	}
	fmt.Fprintf(&b, " name: %s side: %s mask: %s", m.Name, side, m.Mask)
	return b.String()
}
