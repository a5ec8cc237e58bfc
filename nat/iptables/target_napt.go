package iptables

import (
	"strings"

	"drydock/nat"
)

var _ = registerTarget(targetKind{name: "NAPT", begin: beginNAPT}, func(t nat.NAPT, _ column) (string, string) {
	return "NAPT", strings.TrimPrefix(strings.ReplaceAll(strings.TrimPrefix(t.String(), "-j NAPT"), " --", " "), " ")
})

// beginNAPT reads
//
//	--mapping, --filtering endpoint-independent|address-dependent|address-and-port-dependent
//	--to-ports PORT[-PORT]                     needs -p tcp, udp or icmp
//	--random, --parity, --hairpin
//
// There is no such target in Debian's iptables.
func beginNAPT(s *scope) *extension {
	var t nat.NAPT
	var to nat.NATRange
	dependence := func(name string, into *nat.Dependence) option {
		return textOption(name, func(value string, _ bool) error {
			d, ok := nat.ParseDependence(value)
			if !ok {
				return wrong("NAPT: Bad value for \"--%s\" option: \"%s\"\n", name, value)
			}
			*into = d
			return nil
		})
	}
	e := &extension{name: "NAPT", options: []option{
		dependence("mapping", &t.Mapping), dependence("filtering", &t.Filtering), toPortsOption(s, &to),
		flagOption("random", &t.Random), flagOption("parity", &t.Parity), flagOption("hairpin", &t.Hairpin),
	}}
	e.target = func() nat.Target {
		t.MinPort, t.MaxPort = to.MinPort, to.MaxPort
		return t
	}
	e.check = func() error {
		if to.Port0 || to.BasePort != 0 {
			return wrong("NAPT: port 0 and shifted ranges are not supported")
		}
		return nil
	}
	return e
}
