package iptables

import (
	"fmt"

	"drydock/nat"
)

var (
	_ = registerTarget(targetKind{name: "TTL", family: 4, begin: beginTTL}, listTTL)
	_ = registerTarget(targetKind{name: "HL", family: 6, begin: beginTTL}, listTTL)
)

// beginTTL reads one of
//
//	--ttl-set N, --ttl-dec N, --ttl-inc N      of IPv6 --hl-set, --hl-dec and --hl-inc
func beginTTL(s *scope) *extension {
	t := nat.TTL{V6: s.v6}
	name, upper := "ttl", "TTL"
	if s.v6 {
		name, upper = "hl", "HL"
	}
	e := &extension{name: upper, target: func() nat.Target { return t }}
	add := func(option string, op nat.TTLChange, least uint64) {
		e.options = append(e.options, numberOption(upper, option, least, 255, func(n uint64, _ bool) {
			t.Op, t.Value = op, uint8(n)
		}).exclusive())
	}
	add(name+"-set", nat.TTLSet, 0)
	add(name+"-dec", nat.TTLDec, 1)
	add(name+"-inc", nat.TTLInc, 1)
	e.check = e.need(upper + ": You must specify an action")
	return e
}

func listTTL(t nat.TTL, _ column) (name, text string) {
	name = "TTL"
	if t.V6 {
		name = "HL"
	}
	return name, fmt.Sprintf("%s %s %d", name, [...]string{"set to", "increment by", "decrement by"}[t.Op], t.Value)
}
