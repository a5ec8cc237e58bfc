package iptables

import (
	"strings"

	"drydock/nat"
)

var _ = registerTarget(targetKind{name: "MASQUERADE", begin: beginMasquerade}, listMasquerade)

// beginMasquerade reads
//
//	--to-ports PORT[-PORT]                     needs -p tcp, udp, sctp, dccp or icmp
//	--random, --random-fully
//
// The address is that of the interface by which a packet leaves.
func beginMasquerade(s *scope) *extension {
	var t nat.Masquerade
	var to nat.NATRange
	target := func() nat.Target {
		t.MinPort, t.MaxPort, t.Port0 = to.MinPort, to.MaxPort, to.Port0
		return t
	}
	return &extension{name: "MASQUERADE", target: target, check: unshifted(&to), options: []option{
		toPortsOption(s, &to),
		flagOption("random", &t.Random),
		flagOption("random-fully", &t.FullyRandom),
	}}
}

// listMasquerade says "masq ports: ", listRedirect "redir ports ": each extension has its
// own words for --to-ports.
func listMasquerade(t nat.Masquerade, _ column) (name, text string) {
	if t.MinPort != 0 || t.Port0 {
		text = "masq ports: " + natPorts(t.MinPort, t.MaxPort)
	}
	return "MASQUERADE", strings.TrimPrefix(text+listFlags(t.Random, t.FullyRandom, false), " ")
}
