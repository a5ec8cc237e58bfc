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
//	--limit-iface-in, --limit-iface-out        an address is local only on this interface
//
// and of a type its beginning. Docker writes --dst-type LOCAL in nat, so that published ports
// are those of any address of the host.
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
	limits := []option{flagOption("limit-iface-in", &m.LimitIn), flagOption("limit-iface-out", &m.LimitOut)}
	for i := range limits {
		limits[i].only = true
	}
	e.options = append(e.options, limits...)
	e.check = func() error {
		if m.Src == 0 && m.Dst == 0 {
			return wrong("addrtype: you must specify --src-type or --dst-type")
		}
		return nil
	}
	return e
}

// parseAddrTypes reads "LOCAL,BROADCAST", of each the beginning in either case.
func parseAddrTypes(list string) (nat.AddrTypeSet, error) {
	var set nat.AddrTypeSet
	bad, ok := eachName(list, func(name string) bool {
		bit := nat.AddrUnspec
		for ; bit <= nat.AddrXResolve && !begins(bit.String(), name); bit <<= 1 {
		}
		set |= bit
		return bit <= nat.AddrXResolve
	})
	switch {
	case ok:
		return set, nil
	case strings.Contains(bad, ","):
		return 0, wrong("addrtype: bad type `%s'", bad)
	}
	return 0, wrong("addrtype: bad type \"%s\"", bad)
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
	if m.LimitIn {
		s += " limit-in"
	}
	if m.LimitOut {
		s += " limit-out"
	}
	return s
}
