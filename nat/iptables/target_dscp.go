package iptables

import (
	"fmt"

	"drydock/nat"
)

var _ = registerTarget(targetKind{name: "DSCP", begin: beginDSCP}, func(t nat.DSCP, _ column) (string, string) {
	return "DSCP", fmt.Sprintf("DSCP set 0x%02x", t.Value)
})

// beginDSCP reads one of
//
//	--set-dscp N, --set-dscp-class NAME        as -m dscp
func beginDSCP(*scope) *extension {
	var t nat.DSCP
	e := &extension{name: "DSCP", target: func() nat.Target { return t }}
	e.options = dscpOptions("DSCP", "set-dscp", func(v uint8, _ bool) { t.Value = v })
	e.check = e.need("DSCP target: Parameter --set-dscp is required")
	return e
}
