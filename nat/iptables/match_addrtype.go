package iptables

import (
	"strings"

	"drydock/nat"
)

var _ = registerMatch(matchKind{name: "addrtype", begin: beginAddrType}, listAddrType)

// beginAddrType reads
//
//	[!] --src-type UNSPEC|UNICAST|LOCAL|BROADCAST|ANYCAST|MULTICAST|BLACKHOLE|…,…
//	[!] --dst-type …
//
// and of a type its beginning. --limit-iface-in and --limit-iface-out are not here. Docker
// writes --dst-type LOCAL in nat, so that published ports are those of any address of the
// host.
func beginAddrType(*scope) *extension {
	var m nat.AddrType
	e := &extension{name: "addrtype", match: func() nat.Match { return m }}
	add := func(name string, set *nat.AddrTypeSet, inverted *bool) {
		e.options = append(e.options, option{names: []string{name}, not: true, set: func(value string, not bool) (err error) {
			*inverted = not
			*set, err = parseAddrTypes(value)
			return err
		}})
	}
	add("src-type", &m.Src, &m.NotSrc)
	add("dst-type", &m.Dst, &m.NotDst)
	e.check = e.need("addrtype: you must specify --src-type or --dst-type")
	return e
}

// parseAddrTypes reads "LOCAL,BROADCAST", of each the beginning in either case.
func parseAddrTypes(list string) (nat.AddrTypeSet, error) {
	var set nat.AddrTypeSet
	for name := range strings.SplitSeq(list, ",") {
		bit := nat.AddrUnspec
		for ; bit <= nat.AddrProhibit && !begins(bit.String(), name); bit <<= 1 {
		}
		if bit > nat.AddrProhibit {
			return 0, wrong("addrtype: bad type \"%s\"", name)
		}
		set |= bit
	}
	return set, nil
}

// listAddrType prints the type by name with and without -n.
func listAddrType(m nat.AddrType, _ column) string {
	s := "ADDRTYPE match"
	if m.Src != 0 {
		s += " src-type " + notValue(m.NotSrc) + m.Src.String()
	}
	if m.Dst != 0 {
		s += " dst-type " + notValue(m.NotDst) + m.Dst.String()
	}
	return s
}
