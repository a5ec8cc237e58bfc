package iptables

import (
	"fmt"
	"strings"

	"drydock/nat"
)

var _ = registerMatch(matchKind{name: "tos", begin: beginTOSMatch}, listTOSMatch)

// beginTOSMatch reads
//
//	[!] --tos N[/MASK], or a name              Minimize-Delay and so on, of which the mask is 0x3f
func beginTOSMatch(*scope) *extension {
	var m nat.TOSMatch
	return &extension{name: "tos", match: func() nat.Match { return m }, options: []option{
		textOption("tos", func(value string, not bool) (err error) {
			m.Not = not
			m.Value, m.Mask, err = parseTOS(value)
			return err
		}).required().inverted(),
	}}
}

var tosNames = []struct {
	name  string
	value uint8
}{{"Minimize-Delay", 0x10}, {"Maximize-Throughput", 0x08}, {"Maximize-Reliability", 0x04}, {"Minimize-Cost", 0x02}, {"Normal-Service", 0x00}}

// parseTOS reads a name in any case, or a value with a mask, which is 0xff unless given.
func parseTOS(s string) (value, mask uint8, err error) {
	illegal := wrong("Illegal value: \"%s\"", s)
	if v, rest, ok := leadingUint(s); ok && v <= 255 {
		m := uint64(255)
		if k, masked := strings.CutPrefix(rest, "/"); masked {
			if m, ok = parseUint(k, 255); !ok {
				return 0, 0, illegal
			}
		} else if rest != "" {
			return 0, 0, illegal
		}
		return uint8(v), uint8(m), nil
	}
	for _, n := range tosNames {
		if strings.EqualFold(n.name, s) {
			return n.value, 0x3f, nil
		}
	}
	return 0, 0, wrong("Symbolic name \"%s\" is unknown", s)
}

// tosText returns the name of a value if it has one and -n is not there.
func tosText(value, mask uint8, c column) string {
	for _, n := range tosNames {
		if !c.numeric && mask == 0x3f && n.value == value {
			return " " + n.name
		}
	}
	return fmt.Sprintf("0x%02x/0x%02x", value, mask)
}

func listTOSMatch(m nat.TOSMatch, c column) string {
	return "tos match" + notValue(m.Not) + tosText(m.Value, m.Mask, c)
}
