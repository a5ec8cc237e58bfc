package iptables

import (
	"fmt"
	"strings"

	"drydock/nat"
)

var _ = registerMatch(matchKind{name: "dscp", begin: beginDSCPMatch}, func(m nat.DSCPMatch, _ column) string {
	return fmt.Sprintf("DSCP match %s0x%02x", notValue(m.Not), m.Value)
})

// beginDSCPMatch reads one of
//
//	[!] --dscp N                               up to 0x3f
//	[!] --dscp-class NAME                      EF, BE, CS1, AF11 …
func beginDSCPMatch(*scope) *extension {
	var m nat.DSCPMatch
	e := &extension{name: "dscp", match: func() nat.Match { return m }}
	e.options = dscpOptions("dscp", "dscp", func(v uint8, not bool) { m = nat.DSCPMatch{Value: v, Not: not} })
	for i := range e.options {
		e.options[i].not = true
	}
	e.check = e.need("DSCP match: Parameter --dscp is required")
	return e
}

// dscpOptions are an option with a number and one with a class.
func dscpOptions(ext, name string, set func(v uint8, not bool)) []option {
	return []option{
		numberOption(ext, name, 0, 0x3f, func(n uint64, not bool) { set(uint8(n), not) }).exclusive(),
		textOption(name+"-class", func(value string, not bool) error {
			for _, c := range dscpClasses {
				if len(value) >= len(c.name) && strings.EqualFold(value[:len(c.name)], c.name) {
					set(c.dscp, not)
					return nil
				}
			}
			return wrong("Invalid DSCP value `%s'", value)
		}).exclusive(),
	}
}

// dscpClasses are those of RFC 2474, 2597 and 2598.
var dscpClasses = []struct {
	name string
	dscp uint8
}{
	{"CS0", 0x00}, {"CS1", 0x08}, {"CS2", 0x10}, {"CS3", 0x18}, {"CS4", 0x20}, {"CS5", 0x28}, {"CS6", 0x30}, {"CS7", 0x38},
	{"BE", 0x00}, {"AF11", 0x0a}, {"AF12", 0x0c}, {"AF13", 0x0e}, {"AF21", 0x12}, {"AF22", 0x14}, {"AF23", 0x16},
	{"AF31", 0x1a}, {"AF32", 0x1c}, {"AF33", 0x1e}, {"AF41", 0x22}, {"AF42", 0x24}, {"AF43", 0x26}, {"EF", 0x2e},
}
