package iptables

import "drydock/nat"

var _ = registerMatch(matchKind{name: "rpfilter", begin: beginRPFilter}, func(m nat.RPFilter, _ column) string { return "rpfilter" + m.Text(" ") })

// beginRPFilter reads
//
//	--loose, --validmark, --accept-local, --invert
func beginRPFilter(*scope) *extension {
	var m nat.RPFilter
	return &extension{name: "rpfilter", match: func() nat.Match { return m }, options: []option{
		flagOption("loose", &m.Loose), flagOption("validmark", &m.ValidMark),
		flagOption("accept-local", &m.AcceptLocal), flagOption("invert", &m.Invert),
	}}
}
