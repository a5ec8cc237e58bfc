package iptables

import (
	"fmt"
	"strings"

	"drydock/nat"
)

var _ = registerTarget(targetKind{name: "CONNMARK", begin: beginConnMark}, listConnMark)

// beginConnMark reads one of
//
//	--set-xmark VALUE[/MASK], --set-mark, --and-mark, --or-mark, --xor-mark
//	--save-mark [--nfmask MASK] [--ctmask MASK]      or --mask for both
//	--restore-mark [--nfmask MASK] [--ctmask MASK]
//
// and for each --left-shift-mark N or --right-shift-mark N.
func beginConnMark(*scope) *extension {
	const all = ^uint32(0)
	t := nat.ConnMark{CTMask: all, NFMask: all}
	e := &extension{name: "CONNMARK", target: func() nat.Target {
		if t.Op == nat.SetConnMark {
			t.NFMask = 0
		}
		t.Right = t.Right && t.Shift > 0
		return t
	}}
	set := func(name string, f func(value, mask uint32), masked bool) {
		e.options = append(e.options, markOption("CONNMARK", name, f, masked).exclusive())
	}
	set("set-xmark", func(v, m uint32) { t.Value, t.CTMask = v, m }, true)
	set("set-mark", func(v, m uint32) { t.Value, t.CTMask = v, v|m }, true)
	set("and-mark", func(v, _ uint32) { t.Value, t.CTMask = 0, ^v }, false)
	set("or-mark", func(v, _ uint32) { t.Value, t.CTMask = v, v }, false)
	set("xor-mark", func(v, _ uint32) { t.Value, t.CTMask = v, 0 }, false)
	op := func(name string, op nat.ConnMarkOp) {
		e.options = append(e.options, option{names: []string{name}, flag: true, only: true, set: func(string, bool) error {
			t.Op = op
			return nil
		}})
	}
	op("save-mark", nat.SaveConnMark)
	op("restore-mark", nat.RestoreConnMark)
	mask := func(name string, into ...*uint32) {
		e.options = append(e.options, numberOption("CONNMARK", name, 0, uint64(all), func(n uint64, _ bool) {
			for _, m := range into {
				*m = uint32(n)
			}
		}))
	}
	var ct, nf, both uint32
	operations := len(e.options)
	mask("ctmask", &ct)
	mask("nfmask", &nf)
	mask("mask", &both)
	for _, right := range []bool{false, true} {
		name := "left-shift-mark"
		if right {
			name = "right-shift-mark"
		}
		e.options = append(e.options, textOption(name, func(value string, _ bool) error {
			n, ok := parseUint(value, 32)
			if !ok {
				return wrong("CONNMARK: bad value for option \"--%s\", or out of range (0-32).\n", name)
			}
			t.Shift, t.Right = uint8(n), right
			return nil
		}))
	}
	e.check = func() error {
		hasCT, hasNF, hasBoth := e.seen[operations] > 0, e.seen[operations+1] > 0, e.seen[operations+2] > 0
		any := false
		for _, n := range e.seen[:operations] {
			any = any || n > 0
		}
		switch {
		case hasBoth && hasCT:
			return wrong("CONNMARK: option \"--ctmask\" cannot be used together with \"--mask\".\n")
		case hasBoth && hasNF:
			return wrong("CONNMARK: option \"--nfmask\" cannot be used together with \"--mask\".\n")
		case !any:
			return wrong("CONNMARK target: No operation specified")
		}
		if hasBoth {
			t.CTMask, t.NFMask = both, both
		}
		if hasCT {
			t.CTMask = ct
		}
		if hasNF {
			t.NFMask = nf
		}
		return nil
	}
	return e
}

// markOption is an option with a mark, with or without a mask.
func markOption(ext, name string, set func(value, mask uint32), masked bool) option {
	return textOption(name, func(s string, _ bool) error {
		value, mask, ok := parseMarkMask(s)
		switch {
		case masked && !ok:
			return wrong("%s: bad integer value for option \"--%s\", or out of range.\n", ext, name)
		case !masked && (!ok || strings.Contains(s, "/")):
			return wrong("%s: bad value for option \"--%s\", or out of range (0-4294967295).\n", ext, name)
		}
		set(value, mask)
		return nil
	})
}

// listConnMark names the operation that value and mask come from, as iptables guesses it.
func listConnMark(t nat.ConnMark, _ column) (name, text string) {
	ct, nf := t.CTMask, t.NFMask
	const all = ^uint32(0)
	switch {
	case t.Op == nat.SetConnMark:
		_, text = listMark(nat.Mark{Value: t.Value, Mask: ct}, column{})
		text = "CONN" + text
	case ct == all && nf == all:
		text = "CONNMARK " + connMarkVerb(t.Op)
	case ct == nf:
		text = fmt.Sprintf("CONNMARK %s mask 0x%x", connMarkVerb(t.Op), ct)
	case t.Op == nat.SaveConnMark:
		text = fmt.Sprintf("CONNMARK save nfmask 0x%x ctmask ~0x%x", nf, ct)
	default:
		text = fmt.Sprintf("CONNMARK restore ctmask 0x%x nfmask ~0x%x", ct, nf)
	}
	return "CONNMARK", text + t.ShiftText(" ")
}

func connMarkVerb(op nat.ConnMarkOp) string {
	if op == nat.SaveConnMark {
		return "save"
	}
	return "restore"
}
