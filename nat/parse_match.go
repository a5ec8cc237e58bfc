package nat

import "strings"

// matchName returns the name of a match that an alias stands for.
func matchName(name string) string {
	if name == "icmpv6" || name == "ipv6-icmp" {
		return "icmp6"
	}
	return name
}

// newMatch returns the match that -m names, or nil.
func newMatch(p *parser, name string) *extension {
	switch matchName(name) {
	case "tcp":
		return newTCP(p)
	case "udp":
		return newUDP(p)
	case "multiport":
		return newMultiport(p)
	case "icmp":
		if !p.v6 {
			return newICMP("icmp", "icmp-type", false)
		}
	case "icmp6":
		if p.v6 {
			return newICMP("icmp6", "icmpv6-type", true)
		}
	case "conntrack":
		return newConntrack()
	case "state":
		return newState()
	case "addrtype":
		return newAddrType()
	case "mark":
		return newMarkMatch()
	case "limit":
		return newLimit()
	case "comment":
		return newComment()
	case "physdev":
		return newPhysdev()
	}
	return nil
}

func newConntrack() *extension {
	var m Conntrack
	e := &extension{name: "conntrack", match: func() Match { return m }}
	e.options = []extOption{{names: []string{"ctstate"}, not: true, set: func(value string, not bool) (err error) {
		m.Not = not
		m.States, err = parseStates(value, "ctstate", StateSNAT|StateDNAT)
		return err
	}}}
	e.check = func() error {
		if !e.any() {
			return wrong("conntrack: At least one option is required")
		}
		return nil
	}
	return e
}

func newState() *extension {
	var m State
	return &extension{name: "state", match: func() Match { return m }, options: []extOption{
		{names: []string{"state"}, must: true, not: true, set: func(value string, not bool) (err error) {
			m.Not = not
			if value == "" || strings.HasSuffix(value, ",") {
				return wrong("\"--state\" requires a list of states with no spaces, e.g. ESTABLISHED,RELATED")
			}
			m.States, err = parseStates(value, "state", 0)
			return err
		}},
	}}
}

// parseStates reads "RELATED,ESTABLISHED", of each the beginning in either case.
func parseStates(list, option string, also StateSet) (StateSet, error) {
	known := StateInvalid | StateNew | StateRelated | StateEstablished | StateUntracked | also
	var states StateSet
	for name := range strings.SplitSeq(list, ",") {
		bit := StateSet(0)
		for _, n := range stateNames {
			if n.bit&known != 0 && name != "" && len(name) <= len(n.name) && strings.EqualFold(n.name[:len(name)], name) {
				bit = n.bit
				break
			}
		}
		if bit == 0 {
			return 0, wrong("Bad %s \"%s\"", option, name)
		}
		states |= bit
	}
	return states, nil
}

func newAddrType() *extension {
	var m AddrType
	e := &extension{name: "addrtype", match: func() Match { return m }}
	option := func(name string, set *AddrTypeSet, inverted *bool) extOption {
		return extOption{names: []string{name}, not: true, set: func(value string, not bool) (err error) {
			*inverted = not
			*set, err = parseAddrTypes(value)
			return err
		}}
	}
	e.options = []extOption{option("src-type", &m.Src, &m.NotSrc), option("dst-type", &m.Dst, &m.NotDst)}
	e.check = func() error {
		if !e.any() {
			return wrong("addrtype: you must specify --src-type or --dst-type")
		}
		return nil
	}
	return e
}

func parseAddrTypes(list string) (AddrTypeSet, error) {
	var set AddrTypeSet
	for name := range strings.SplitSeq(list, ",") {
		bit := AddrTypeSet(0)
		for i, n := range addrTypeNames {
			if name != "" && len(name) <= len(n) && strings.EqualFold(n[:len(name)], name) {
				bit = 1 << i
				break
			}
		}
		if bit == 0 {
			return 0, wrong("addrtype: bad type \"%s\"", name)
		}
		set |= bit
	}
	return set, nil
}

func newMarkMatch() *extension {
	var m MarkMatch
	return &extension{name: "mark", match: func() Match { return m }, options: []extOption{
		{names: []string{"mark"}, must: true, not: true, set: func(value string, not bool) error {
			var ok bool
			if m.Value, m.Mask, ok = parseMarkMask(value); !ok {
				return wrong("mark: bad integer value for option \"--mark\", or out of range.\n")
			}
			m.Not = not
			return nil
		}},
	}}
}

func newComment() *extension {
	var m Comment
	return &extension{name: "comment", match: func() Match { return m }, options: []extOption{
		{names: []string{"comment"}, must: true, set: func(value string, _ bool) error {
			if strings.ContainsAny(value, "\r\n") { // which iptables-save prints and iptables-restore cannot read
				return wrong("Newlines not allowed in --comment")
			}
			m.Text = value[:min(len(value), maxComment)]
			return nil
		}},
	}}
}

// maxComment is XT_MAX_COMMENT_LEN with its closing 0. What is longer is cut.
const maxComment = 255

func newPhysdev() *extension {
	var m Physdev
	e := &extension{name: "physdev", match: func() Match { return m }}
	name := func(option string, into *Interface) {
		e.options = append(e.options, extOption{names: []string{option}, not: true, set: func(value string, not bool) (err error) {
			*into, err = parseInterface(value, not)
			return err
		}})
	}
	flag := func(option string, set, inverted *bool) {
		e.options = append(e.options, extOption{names: []string{option}, flag: true, not: true, set: func(_ string, not bool) error {
			*set, *inverted = true, not
			return nil
		}})
	}
	name("physdev-in", &m.In)
	name("physdev-out", &m.Out)
	flag("physdev-is-in", &m.IsIn, &m.NotIsIn)
	flag("physdev-is-out", &m.IsOut, &m.NotIsOut)
	flag("physdev-is-bridged", &m.IsBridged, &m.NotBridged)
	e.check = func() error {
		if !e.any() {
			return wrong("PHYSDEV: no physdev option specified")
		}
		return nil
	}
	return e
}
