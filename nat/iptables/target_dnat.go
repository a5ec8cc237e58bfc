package iptables

import "drydock/nat"

var _ = registerTarget(targetKind{name: "DNAT", begin: beginDNAT},
	func(t nat.DNAT, _ column) (string, string) { return "DNAT", listRange(t.To) })

func beginDNAT(s *scope) *extension {
	var t nat.DNAT
	return &extension{name: "DNAT", target: func() nat.Target { return t }, options: []option{
		toOption(s, &t.To, "to-destination"),
		flagOption("random", &t.To.Random),
		flagOption("persistent", &t.To.Persistent),
	}}
}
