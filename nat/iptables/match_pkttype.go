package iptables

import (
	"strings"

	"drydock/nat"
)

var _ = registerMatch(matchKind{name: "pkttype", begin: beginPktType}, func(m nat.PktType, _ column) string {
	return "PKTTYPE " + notValue(m.Not) + "= " + string(m.Type)
})

// beginPktType reads
//
//	[!] --pkt-type unicast|broadcast|multicast|otherhost
func beginPktType(*scope) *extension {
	var m nat.PktType
	types := map[string]nat.LinkType{"unicast": nat.Unicast, "broadcast": nat.Broadcast, "multicast": nat.Multicast,
		"otherhost": nat.OtherHost, "host": nat.Unicast, "bcast": nat.Broadcast, "mcast": nat.Multicast}
	return &extension{name: "pkttype", match: func() nat.Match { return m }, options: []option{
		textOption("pkt-type", func(value string, not bool) error {
			t, ok := types[strings.ToLower(value)]
			if !ok {
				return wrong("Bad packet type '%s'", value)
			}
			m = nat.PktType{Type: t, Not: not}
			return nil
		}).required().inverted(),
	}}
}
