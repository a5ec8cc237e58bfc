package iptables

import "drydock/nat"

var _ = registerMatch(matchKind{name: "u32", begin: beginU32}, func(m nat.U32, _ column) string {
	return "u32 " + notOption(m.Not) + `"` + m.Tests + `"`
})

// beginU32 reads
//
//	[!] --u32 "LOCATION=VALUE[:VALUE],…&&…"     as in 0>>22&0x3C@4=0x29
func beginU32(*scope) *extension {
	var m nat.U32
	return &extension{name: "u32", match: func() nat.Match { return m }, options: []option{
		textOption("u32", func(value string, not bool) (err error) {
			if m, err = nat.ParseU32(value); err != nil {
				return wrong("%v", err)
			}
			m.Not = not
			return nil
		}).required().inverted(),
	}}
}
