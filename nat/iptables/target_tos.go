package iptables

import (
	"fmt"

	"drydock/nat"
)

var _ = registerTarget(targetKind{name: "TOS", begin: beginTOS}, listTOS)

// beginTOS reads one of
//
//	--set-tos N[/MASK], or a name
//	--and-tos BITS, --or-tos BITS, --xor-tos BITS
func beginTOS(*scope) *extension {
	var t nat.TOS
	e := &extension{name: "TOS", target: func() nat.Target { return t }}
	bits := func(name string, set func(b uint8)) option {
		return numberOption("TOS", name, 0, 255, func(n uint64, _ bool) { set(uint8(n)) }).exclusive()
	}
	e.options = []option{
		textOption("set-tos", func(value string, _ bool) (err error) {
			t.Value, t.Mask, err = parseTOS(value)
			return err
		}).exclusive(),
		bits("and-tos", func(b uint8) { t.Value, t.Mask = 0, ^b }),
		bits("or-tos", func(b uint8) { t.Value, t.Mask = b, b }),
		bits("xor-tos", func(b uint8) { t.Value, t.Mask = b, 0 }),
	}
	e.check = e.need("TOS: An action is required")
	return e
}

// listTOS has the blanks of the real one.
func listTOS(t nat.TOS, c column) (name, text string) {
	switch text = tosText(t.Value, t.Mask, c); {
	case text[0] == ' ':
		text = " TOS set" + text[1:]
	case c.numeric:
		text = "TOS set " + text
	case t.Value == 0:
		text = fmt.Sprintf("TOS and 0x%02x", ^t.Mask)
	case t.Value == t.Mask:
		text = fmt.Sprintf("TOS or 0x%02x", t.Value)
	case t.Mask == 0:
		text = fmt.Sprintf("TOS xor 0x%02x", t.Value)
	default:
		text = "TOS set " + text
	}
	return "TOS", text
}
