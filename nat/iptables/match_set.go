package iptables

import (
	"strings"

	"drydock/nat"
	"drydock/nat/ipset"
)

var _ = registerMatch(matchKind{name: "set", begin: beginSet}, func(m nat.Set, _ column) string { return strings.TrimPrefix(m.Text(" "), " ") })

// beginSet reads
//
//	[!] --match-set NAME src|dst,… [--return-nomatch]
//	! --update-counters, ! --update-subcounters
//	[!] --packets-eq N, --packets-lt N, --packets-gt N
//	[!] --bytes-eq N, --bytes-lt N, --bytes-gt N
//
// The set must exist.
func beginSet(*scope) *extension {
	var m nat.Set
	e := &extension{name: "set", match: func() nat.Match { return m },
		twice: func(option string) error { return wrong("--%s can be specified only once", option) }}
	flag := func(name string, inverted bool, into *bool) {
		e.options = append(e.options, option{names: []string{name}, flag: true, not: inverted, many: true, set: func(_ string, not bool) error {
			*into = not || !inverted
			return nil
		}})
	}
	e.options = []option{{names: []string{"match-set", "set"}, second: true, not: true, set: func(value string, not bool) (err error) {
		m.Not = not
		m.Name, m.Sides, err = parseSet(value)
		return err
	}}}
	flag("return-nomatch", false, &m.NoMatch)
	flag("update-counters", true, &m.NoCount)
	flag("update-subcounters", true, &m.NoListCount)
	e.options = append(e.options, append(counterOptions("packets", &m.Packets), counterOptions("bytes", &m.Bytes)...)...)
	e.check = func() error {
		if e.seen[0] == 0 {
			return wrong("You must specify `--match-set' with proper arguments")
		}
		return nil
	}
	return e
}

// counterOptions are the comparisons of a counter.
func counterOptions(what string, into *ipset.Comparison) (all []option) {
	for _, op := range []ipset.CompareOp{ipset.Equal, ipset.Less, ipset.Greater} {
		name := what + map[ipset.CompareOp]string{ipset.Equal: "-eq", ipset.Less: "-lt", ipset.Greater: "-gt"}[op]
		all = append(all, option{names: []string{name}, not: true, many: true, set: func(value string, not bool) error {
			n, ok := parseUint(value, ^uint64(0))
			switch {
			case into.Op != ipset.None:
				return wrong("only one of the --%s-[eq|lt|gt] is allowed", what)
			case not && op != ipset.Equal:
				return wrong("--%s option cannot be inverted", name)
			case !ok:
				return wrong("Cannot parse %s as a counter value", value)
			}
			*into = ipset.Comparison{Op: op, Value: n}
			if not {
				into.Op = ipset.Unequal
			}
			return nil
		}})
	}
	return all
}

// parseSet reads the name of a set and "src,dst", joined by a 0 byte.
func parseSet(value string) (name string, sides nat.SetSides, err error) {
	name, list, _ := strings.Cut(value, "\x00")
	if len(name) > ipset.MaxName {
		return name, sides, wrong("setname `%s' too long, max %d characters.", name, ipset.MaxName)
	}
	const most = 6 // IPSET_DIM_MAX
	for i, side := range strings.Split(list, ",") {
		switch {
		case i >= most:
			return name, sides, wrong("Can't be more src/dst options than %d.", most)
		case side == "dst":
			sides.Dst |= 1 << i
		case side != "src":
			return name, sides, wrong("You must spefify (the comma separated list of) 'src' or 'dst'.")
		}
		sides.N++
	}
	return name, sides, nil
}
