package iptables

import (
	"strings"

	"drydock/nat"
)

var _ = registerMatch(matchKind{name: "physdev", begin: beginPhysdev}, listPhysdev)

// beginPhysdev reads
//
//	[!] --physdev-in NAME, --physdev-out NAME  ports of a bridge; "veth+" is all that begin so
//	[!] --physdev-is-in, --physdev-is-out      that the frame came by, or leaves by, a port
//	[!] --physdev-is-bridged                   that it goes from one port to another and is not routed
//
// Where a chain has packets that are not bridged, --physdev-out alone matches none of
// them.
func beginPhysdev(*scope) *extension {
	var m nat.Physdev
	e := &extension{name: "physdev", match: func() nat.Match { return m }}
	name := func(name string, into *nat.Interface) {
		e.options = append(e.options, option{names: []string{name}, not: true, set: func(value string, not bool) (err error) {
			*into, err = parseInterface(value, not)
			return err
		}})
	}
	flag := func(name string, set, inverted *bool) {
		e.options = append(e.options, option{names: []string{name}, flag: true, not: true, set: func(_ string, not bool) error {
			*set, *inverted = true, not
			return nil
		}})
	}
	name("physdev-in", &m.In)
	name("physdev-out", &m.Out)
	flag("physdev-is-in", &m.IsIn, &m.NotIsIn)
	flag("physdev-is-out", &m.IsOut, &m.NotIsOut)
	flag("physdev-is-bridged", &m.IsBridged, &m.NotBridged)
	e.check = e.need("PHYSDEV: no physdev option specified")
	return e
}

// listPhysdev prints the options as iptables-save does.
func listPhysdev(m nat.Physdev, _ column) string {
	return "PHYSDEV match" + strings.TrimPrefix(m.String(), "-m physdev")
}
