package iptables

import (
	"strings"

	"drydock/nat"
)

var _ = registerTarget(targetKind{name: "REDIRECT", begin: beginRedirect}, listRedirect)

func beginRedirect(s *scope) *extension {
	var t nat.Redirect
	return &extension{name: "REDIRECT", target: func() nat.Target { return t }, options: []option{
		toPortsOption(s, &t.MinPort, &t.MaxPort),
		flagOption("random", &t.Random),
	}}
}

func listRedirect(t nat.Redirect, _ column) (name, text string) {
	if t.MinPort != 0 {
		text = "redir ports " + natPorts(t.MinPort, t.MaxPort)
	}
	return "REDIRECT", strings.TrimPrefix(text+listFlags(t.Random, false, false), " ")
}
