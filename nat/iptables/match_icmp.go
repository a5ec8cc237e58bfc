package iptables

import (
	"fmt"
	"strings"

	"drydock/nat"
)

var (
	_ = registerMatch(matchKind{name: "icmp", family: 4, proto: ianaICMP, begin: beginICMP}, listICMP)
	_ = registerMatch(matchKind{name: "icmp6", aliases: []string{"icmpv6", "ipv6-icmp"}, family: 6, proto: ianaICMPv6, begin: beginICMPv6}, listICMP)
)

// beginICMP and beginICMPv6 read
//
//	[!] --icmp-type TYPE[/CODE], --icmpv6-type TYPE[/CODE]
//
// where TYPE is a number or a name, and a name may stand for a type and a code: "port-
// unreachable" is 3/3. The option has to be there, and only the kernel asks for -p icmp.
func beginICMP(*scope) *extension   { return icmpExtension("icmp", "icmp-type", false) }
func beginICMPv6(*scope) *extension { return icmpExtension("icmp6", "icmpv6-type", true) }

func icmpExtension(name, typeOption string, v6 bool) *extension {
	var m nat.ICMP
	return &extension{name: name, match: func() nat.Match { return m }, options: []option{
		{names: []string{typeOption}, must: true, not: true, set: func(value string, not bool) (err error) {
			m, err = parseICMP(value, v6)
			m.Not = not
			return err
		}},
	}}
}

// parseICMP reads "echo-request", "8", "3/4" or "3/0:4". Of a name its beginning is
// enough if nothing else begins so.
func parseICMP(s string, v6 bool) (nat.ICMP, error) {
	what := "ICMP"
	if v6 {
		what = "ICMPv6"
	}
	var found *icmpName
	names := icmpNamesOf(v6)
	for i, n := range names {
		if s != "" && !begins(n.name, s) {
			continue
		}
		if found != nil {
			return nat.ICMP{}, wrong("Ambiguous %s type `%s': `%s' or `%s'?", what, s, found.name, n.name)
		}
		found = &names[i]
	}
	if found != nil {
		any := found.kind == 255
		if any {
			return nat.ICMP{V6: v6, Any: true, MaxCode: 255}, nil
		}
		return nat.ICMP{V6: v6, Type: found.kind, MinCode: found.minCode, MaxCode: found.maxCode}, nil
	}
	// Numbers, of which a type is one and codes may be a range.
	kind, codes, hasCode := strings.Cut(s, "/")
	n, rest, ok := leadingUint(kind)
	switch {
	case ok && strings.HasPrefix(rest, ":"):
		return nat.ICMP{}, wrong("%s type range not supported", what)
	case !ok || rest != "" || n > 255:
		return nat.ICMP{}, wrong("Unknown %s type `%s'", what, kind)
	}
	m := nat.ICMP{V6: v6, Type: uint8(n), MaxCode: 255}
	if hasCode {
		first, last, isRange := strings.Cut(codes, ":")
		lo, ok := parseUint(first, 255)
		hi := lo
		if isRange && ok {
			hi, ok = parseUint(last, 255)
		}
		if !ok {
			return nat.ICMP{}, wrong("Unknown %s code `%s'", what, s)
		}
		m.MinCode, m.MaxCode = uint8(lo), uint8(hi)
	}
	if m.Type == 255 && !v6 { // the kernel's way to say any, whatever the codes
		m.Any, m.Type = true, 0
	}
	return m, nil
}

// listICMP prints a name if there is one that is exactly this type and these codes, and
// numbers with -n. That "!" sticks to "type" is how iptables prints it.
func listICMP(m nat.ICMP, c column) string {
	proto := "icmp"
	if m.V6 {
		proto = "ipv6-icmp"
	}
	if m.Any {
		m.Type = 255
	}
	if name, ok := icmpNameOf(m); ok && !c.numeric {
		return proto + " " + notValue(m.Not) + name
	}
	s := proto
	if m.Not {
		s += " !"
	}
	s += fmt.Sprintf("type %d", m.Type)
	switch {
	case m.MinCode == m.MaxCode:
		s += fmt.Sprintf(" code %d", m.MinCode)
	case m.MinCode != 0 || m.MaxCode != 255:
		s += fmt.Sprintf(" codes %d-%d", m.MinCode, m.MaxCode)
	}
	return s
}
