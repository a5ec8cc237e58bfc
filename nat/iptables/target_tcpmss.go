package iptables

import (
	"fmt"

	"drydock/nat"
)

var _ = registerTarget(targetKind{name: "TCPMSS", begin: beginTCPMSS}, listTCPMSS)

// beginTCPMSS reads one of
//
//	--set-mss N
//	--clamp-mss-to-pmtu                        in FORWARD, OUTPUT and POSTROUTING
func beginTCPMSS(s *scope) *extension {
	var t nat.TCPMSS
	most := uint64(0xffff - 20)
	if s.v6 {
		most = 0xffff - 40
	}
	e := &extension{name: "TCPMSS", target: func() nat.Target { return t }}
	e.options = []option{
		numberOption("TCPMSS", "set-mss", 0, most, func(n uint64, _ bool) { t.Size = uint16(n) }),
		{names: []string{"clamp-mss-to-pmtu"}, flag: true, set: func(string, bool) error {
			t.Size = 0
			return nil
		}},
	}
	e.check = e.need("TCPMSS target: At least one parameter is required")
	return e
}

func listTCPMSS(t nat.TCPMSS, _ column) (name, text string) {
	if t.Size == 0 {
		return "TCPMSS", "TCPMSS clamp to PMTU"
	}
	return "TCPMSS", fmt.Sprintf("TCPMSS set %d", t.Size)
}
