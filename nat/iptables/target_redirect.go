package iptables

import (
	"strings"

	"drydock/nat"
)

var _ = registerTarget(targetKind{name: "REDIRECT", begin: beginRedirect}, listRedirect)

// beginRedirect reads
//
//	--to-ports PORT[-PORT]                     needs a protocol with ports
//	--random
//
// The address is the machine's own, so there is none to give.
func beginRedirect(s *scope) *extension {
	var t nat.Redirect
	var to nat.NATRange
	target := func() nat.Target {
		t.MinPort, t.MaxPort, t.Port0 = to.MinPort, to.MaxPort, to.Port0
		return t
	}
	return &extension{name: "REDIRECT", target: target, check: unshifted(&to), options: []option{
		toPortsOption(s, &to),
		flagOption("random", &t.Random),
	}}
}

// listRedirect begins with no blank where there are only flags, which listFlags puts
// behind one.
func listRedirect(t nat.Redirect, _ column) (name, text string) {
	if t.MinPort != 0 || t.Port0 {
		text = "redir ports " + natPorts(t.MinPort, t.MaxPort)
	}
	return "REDIRECT", strings.TrimPrefix(text+listFlags(t.Random, false, false), " ")
}
