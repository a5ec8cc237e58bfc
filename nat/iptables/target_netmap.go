package iptables

import "drydock/nat"

var _ = registerTarget(targetKind{name: "NETMAP", begin: beginNetmap}, func(t nat.Netmap, _ column) (string, string) {
	return "NETMAP", "to:" + t.Text()
})

// beginNetmap reads
//
//	--to ADDR[/MASK]
func beginNetmap(s *scope) *extension {
	var t nat.Netmap
	return &extension{name: "NETMAP", target: func() nat.Target { return t }, options: []option{
		textOption("to", func(value string, _ bool) (err error) {
			t.To, err = parseNetwork(value, s.v6)
			return err
		}).required(),
	}}
}
