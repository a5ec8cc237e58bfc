package iptables

import "drydock/nat"

// The targets without options, and the jumps, which have the name of their chain. A word
// behind -j that no target has is that of a chain, so that these must be known before.
var (
	_ = registerTarget(verdict("ACCEPT", nat.Accept{}), func(nat.Accept, column) (string, string) { return "ACCEPT", "" })
	_ = registerTarget(verdict("DROP", nat.Drop{}), func(nat.Drop, column) (string, string) { return "DROP", "" })
	_ = registerTarget(verdict("RETURN", nat.Return{}), func(nat.Return, column) (string, string) { return "RETURN", "" })
	_ = registerList(func(t nat.Jump, _ column) (string, string) { return t.Chain, "" })
	_ = registerList(func(t nat.Goto, _ column) (string, string) { return t.Chain, "" })
)

// verdict is a target that takes no options. QUEUE, which iptables knows as well, is not
// here: nobody could read from the queue.
func verdict(name string, t nat.Target) targetKind {
	return targetKind{name: name, begin: func(*scope) *extension {
		return &extension{name: name, target: func() nat.Target { return t }}
	}}
}
