package iptables

import "drydock/nat"

var _ = registerTarget(targetKind{name: "CHECKSUM", begin: beginChecksum}, func(nat.Checksum, column) (string, string) {
	return "CHECKSUM", "CHECKSUM fill"
})

// beginChecksum reads
//
//	--checksum-fill
func beginChecksum(*scope) *extension {
	e := &extension{name: "CHECKSUM", target: func() nat.Target { return nat.Checksum{} }, options: []option{flagOption("checksum-fill", new(bool)).required()}}
	return e
}
