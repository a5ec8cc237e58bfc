package iptables

import "drydock/nat"

var _ = registerTarget(targetKind{name: "TRACE", begin: beginTrace}, func(nat.Trace, column) (string, string) { return "TRACE", "" })

// beginTrace reads no options.
func beginTrace(*scope) *extension {
	return &extension{name: "TRACE", target: func() nat.Target { return nat.Trace{} }}
}
