package iptables

import (
	"strconv"
	"strings"

	"drydock/nat"
)

var _ = registerMatch(matchKind{name: "mac", begin: beginMAC}, func(m nat.MAC, _ column) string {
	return "MAC " + notOption(m.Not) + m.Text()
})

// beginMAC reads
//
//	[!] --mac-source XX:XX:XX:XX:XX:XX         in PREROUTING, INPUT and FORWARD
func beginMAC(*scope) *extension {
	var m nat.MAC
	return &extension{name: "mac", match: func() nat.Match { return m }, options: []option{
		textOption("mac-source", func(value string, not bool) error {
			parts := strings.Split(value, ":")
			if len(parts) != len(m.Source) {
				return wrong("Invalid MAC address specified.")
			}
			for i, p := range parts {
				n, err := strconv.ParseUint(p, 16, 8)
				if err != nil || len(p) > 2 {
					return wrong("Invalid MAC address specified.")
				}
				m.Source[i] = byte(n)
			}
			m.Not = not
			return nil
		}).required().inverted(),
	}}
}
