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
			m.Value, m.Mask, err = parseTOS("tos", "tos", value, 0xff)
			return err
		}).required().inverted(),
	}}
}

var tosNames = []struct {
	name  string
	value uint8
}{{"Minimize-Delay", 0x10}, {"Maximize-Throughput", 0x08}, {"Maximize-Reliability", 0x04}, {"Minimize-Cost", 0x02}, {"Normal-Service", 0x00}}

// parseTOS reads a name, of which the beginning is enough, or a value with a mask, which is
// mask unless given.
func parseTOS(ext, option, s string, mask uint8) (value, m uint8, err error) {
	for _, n := range tosNames {
		if begins(n.name, s) && (len(s) == len(n.name) || tosUnique(s)) {
			return n.value, 0x3f, nil
		}
	}
	v, k, masked := strings.Cut(s, "/")
	n, ok := parseUint(v, 255)
	l := uint64(mask)
	if masked && ok {
		l, ok = parseUint(k, 255)
	}
	if !ok {
		return 0, 0, wrong("%s: bad value for option \"--%s\", or out of range (0-255).\n", ext, option)
	}
	return uint8(n), uint8(l), nil
}

// tosUnique reports whether one name alone begins with s.
func tosUnique(s string) bool {
	n := 0
	for _, t := range tosNames {
		if begins(t.name, s) {
			n++
		}
	}
	return n == 1
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
