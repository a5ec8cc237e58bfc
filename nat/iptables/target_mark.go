package iptables

import (
	"fmt"

	"drydock/nat"
)

var _ = registerTarget(targetKind{name: "MARK", begin: beginMark}, listMark)

// beginMark reads one of
//
//	--set-xmark VALUE[/MASK]                   mark &^ MASK ^ VALUE, which all others are written as
//	--set-mark VALUE[/MASK]                    mark &^ MASK | VALUE
//	--and-mark, --or-mark, --xor-mark BITS
//
// iptables-save prints --set-xmark whatever was given.
func beginMark(*scope) *extension {
	var t nat.Mark
	e := &extension{name: "MARK", target: func() nat.Target { return t }}
	add := func(name string, set func(value, mask uint32), masked bool) {
		e.options = append(e.options, markOption("MARK", name, set, masked).exclusive())
	}
	add("set-xmark", func(v, m uint32) { t = nat.Mark{Value: v, Mask: m} }, true)
	add("set-mark", func(v, m uint32) { t = nat.Mark{Value: v, Mask: v | m} }, true)
	add("and-mark", func(v, _ uint32) { t = nat.Mark{Value: 0, Mask: ^v} }, false)
	add("or-mark", func(v, _ uint32) { t = nat.Mark{Value: v, Mask: v} }, false)
	add("xor-mark", func(v, _ uint32) { t = nat.Mark{Value: v, Mask: 0} }, false)
	e.check = e.need("MARK: One of the --set-xmark, --{and,or,xor,set}-mark options is required")
	return e
}

// listMark names the operation that value and mask come from, as iptables guesses it.
func listMark(t nat.Mark, _ column) (name, text string) {
	switch {
	case t.Value == 0:
		return "MARK", fmt.Sprintf("MARK and %#x", ^t.Mask)
	case t.Value == t.Mask:
		return "MARK", fmt.Sprintf("MARK or %#x", t.Value)
	case t.Mask == 0:
		return "MARK", fmt.Sprintf("MARK xor %#x", t.Value)
	case t.Mask == ^uint32(0):
		return "MARK", fmt.Sprintf("MARK set %#x", t.Value)
	}
	return "MARK", fmt.Sprintf("MARK xset %#x/%#x", t.Value, t.Mask)
}
