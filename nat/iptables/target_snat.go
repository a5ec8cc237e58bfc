package iptables

import "drydock/nat"

var _ = registerTarget(targetKind{name: "SNAT", begin: beginSNAT},
	func(t nat.SNAT, _ column) (string, string) { return "SNAT", listRange(t.To) })

// beginSNAT reads
//
//	--to-source [ADDR[-ADDR]][:PORT[-PORT]]    has to be there; of IPv6 with a port in brackets
//	--random, --random-fully                   a port at random, even if that of the packet is free
//	--persistent                               one address of a range for each client
func beginSNAT(s *scope) *extension {
	var t nat.SNAT
	return &extension{name: "SNAT", target: func() nat.Target { return t }, check: unshifted(&t.To), options: []option{
		toOption(s, &t.To, "to-source"),
		flagOption("random", &t.To.Random),
		flagOption("random-fully", &t.To.FullyRandom),
		flagOption("persistent", &t.To.Persistent),
	}}
}
