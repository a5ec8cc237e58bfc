package iptables

import "drydock/nat"

var _ = registerTarget(targetKind{name: "NOTRACK", begin: beginNoTrack},
	func(nat.NoTrack, column) (string, string) { return "CT", "NOTRACK" })

// beginNoTrack reads no options. To the real one NOTRACK is CT --notrack by another name,
// which only its first column in lists tells.
func beginNoTrack(*scope) *extension {
	return &extension{name: "NOTRACK", target: func() nat.Target { return nat.NoTrack{} }}
}
