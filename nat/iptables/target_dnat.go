package iptables

import "drydock/nat"

var _ = registerTarget(targetKind{name: "DNAT", begin: beginDNAT},
	func(t nat.DNAT, _ column) (string, string) { return "DNAT", listRange(t.To) })

// beginDNAT reads
//
//	--to-destination [ADDR[-ADDR]][:PORT[-PORT[/BASE]]]
//	--random, --persistent                     as for SNAT
//
// A rule without address, ":8080", changes the port alone. A range with BASE is shifted: port
// BASE becomes the first one, and so on.
func beginDNAT(s *scope) *extension {
	var t nat.DNAT
	return &extension{name: "DNAT", target: func() nat.Target { return t }, options: []option{
		toOption(s, &t.To, "to-destination"),
		flagOption("random", &t.To.Random),
		flagOption("persistent", &t.To.Persistent),
	}}
}
