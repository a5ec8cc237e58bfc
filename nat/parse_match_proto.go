package nat

import "strings"

func portOption(into *PortRange, proto uint8, need func() error, names ...string) extOption {
	return extOption{names: names, not: true, set: func(value string, not bool) (err error) {
		if err = need(); err == nil {
			*into, err = parsePorts(value, proto, not)
		}
		return err
	}}
}

func newTCP(p *parser) *extension {
	var m TCP
	need := func() error {
		if p.rule.Proto.Number != ianaTCP {
			return wrong("TCP match requires '-p tcp'")
		}
		return nil
	}
	flags := 0
	setFlags := func(mask, set string, not bool) error {
		if flags++; flags > 1 {
			return wrong("Only one of `--syn' or `--tcp-flags'  allowed")
		}
		if err := need(); err != nil {
			return err
		}
		var err error
		if m.Flags.Mask, err = parseTCPFlags(mask); err != nil {
			return err
		}
		m.Flags.Set, err = parseTCPFlags(set)
		m.Flags.Not = not
		return err
	}
	return &extension{name: "tcp", match: func() Match { return m },
		complain: func(option string) error { return wrong("Only one `--%s' allowed", option) },
		options: []extOption{
			portOption(&m.Src, ianaTCP, need, "source-port", "sport"),
			portOption(&m.Dst, ianaTCP, need, "destination-port", "dport"),
			{names: []string{"syn"}, flag: true, not: true, many: true, set: func(_ string, not bool) error {
				return setFlags("SYN,RST,ACK,FIN", "SYN", not)
			}},
			{names: []string{"tcp-flags"}, not: true, many: true, second: true, set: func(value string, not bool) error {
				mask, set, _ := strings.Cut(value, "\x00")
				return setFlags(mask, set, not)
			}},
			{names: []string{"tcp-option"}, not: true, set: func(value string, not bool) error {
				n, ok := parseUint(value, 255)
				if !ok || n == 0 {
					return wrong("Bad TCP option \"%s\"", value)
				}
				m.Option, m.NotOpt = uint8(n), not
				return nil
			}},
		}}
}

// parseTCPFlags reads "SYN,ACK", "ALL" or "NONE".
func parseTCPFlags(list string) (flags uint8, err error) {
	for name := range strings.SplitSeq(list, ",") {
		bit, known := uint8(0), name == "" || strings.EqualFold(name, "NONE")
		if strings.EqualFold(name, "ALL") {
			bit, known = 1<<len(tcpFlagNames)-1, true
		}
		for i, n := range tcpFlagNames {
			if strings.EqualFold(n, name) {
				bit, known = 1<<i, true
			}
		}
		if !known {
			return 0, wrong("Unknown TCP flag `%s'", name)
		}
		flags |= bit
	}
	return flags, nil
}

func newUDP(p *parser) *extension {
	var m UDP
	need := func() error {
		if p.rule.Proto.Number != ianaUDP {
			return wrong("UDP match requires '-p udp'")
		}
		return nil
	}
	return &extension{name: "udp", match: func() Match { return m }, options: []extOption{
		portOption(&m.Src, ianaUDP, need, "source-port", "sport"),
		portOption(&m.Dst, ianaUDP, need, "destination-port", "dport"),
	}}
}

func newMultiport(p *parser) *extension {
	var m Multiport
	e := &extension{name: "multiport", match: func() Match { return m }}
	option := func(which PortSide, names ...string) {
		e.options = append(e.options, extOption{names: names, not: true, only: true, set: func(value string, not bool) (err error) {
			m.Which, m.Not = which, not
			m.Ports, err = parseMultiport(value, p.rule.Proto)
			return err
		}})
	}
	option(SourcePorts, "source-ports", "sports", "source-port")
	option(DestinationPorts, "destination-ports", "dports", "destination-port")
	option(EitherPorts, "ports", "port")
	e.check = func() error {
		if !e.any() {
			return wrong("multiport expection an option")
		}
		return nil
	}
	return e
}

// parseMultiport reads "80,443,1000:2000", 15 numbers at most.
func parseMultiport(list string, proto Protocol) ([]PortRange, error) {
	switch proto.Number {
	case 0:
		return nil, wrong("multiport needs `-p tcp', `-p udp', `-p udplite', `-p sctp' or `-p dccp'")
	case ianaTCP, ianaUDP, ianaUDPLite, ianaSCTP, ianaDCCP:
	default:
		proto.Not = true
	}
	if proto.Not {
		return nil, wrong("multiport only works with TCP, UDP, UDPLITE, SCTP and DCCP")
	}
	var ports []PortRange
	numbers := 0
	for s := range strings.SplitSeq(list, ",") {
		first, last, isRange := strings.Cut(s, ":")
		if numbers++; isRange {
			numbers++
		}
		if numbers > 15 {
			return nil, wrong("too many ports specified")
		}
		lo, err := parsePort(first, proto.Number)
		if err != nil {
			return nil, err
		}
		hi := lo
		if isRange {
			if hi, err = parsePort(last, proto.Number); err != nil {
				return nil, err
			}
			if hi < lo || hi == lo {
				return nil, wrong("invalid portrange specified")
			}
		}
		ports = append(ports, PortRange{Lo: lo, Hi: hi})
	}
	return ports, nil
}

func newICMP(name, option string, v6 bool) *extension {
	var m ICMP
	return &extension{name: name, match: func() Match { return m }, options: []extOption{
		{names: []string{option}, must: true, not: true, set: func(value string, not bool) (err error) {
			m, err = parseICMP(value, v6)
			m.Not = not
			return err
		}},
	}}
}

// parseICMP reads "echo-request", "8", "3/4" or "3/0:4". Of a name its beginning is
// enough if nothing else begins so.
func parseICMP(s string, v6 bool) (ICMP, error) {
	what := "ICMP"
	if v6 {
		what = "ICMPv6"
	}
	var found *icmpName
	names := icmpNamesOf(v6)
	for i, n := range names {
		if len(s) > len(n.name) || !strings.EqualFold(n.name[:len(s)], s) {
			continue
		}
		if found != nil {
			return ICMP{}, wrong("Ambiguous %s type `%s': `%s' or `%s'?", what, s, found.name, n.name)
		}
		found = &names[i]
	}
	if found != nil {
		any := found.kind == 255
		if any {
			return ICMP{V6: v6, Any: true, MaxCode: 255}, nil
		}
		return ICMP{V6: v6, Type: found.kind, MinCode: found.minCode, MaxCode: found.maxCode}, nil
	}
	kind, codes, hasCode := strings.Cut(s, "/")
	n, rest, ok := leadingUint(kind)
	switch {
	case ok && strings.HasPrefix(rest, ":"):
		return ICMP{}, wrong("%s type range not supported", what)
	case !ok || rest != "" || n > 255:
		return ICMP{}, wrong("Unknown %s type `%s'", what, kind)
	}
	m := ICMP{V6: v6, Type: uint8(n), MaxCode: 255}
	if hasCode {
		first, last, isRange := strings.Cut(codes, ":")
		lo, ok := parseUint(first, 255)
		hi := lo
		if isRange && ok {
			hi, ok = parseUint(last, 255)
		}
		if !ok {
			return ICMP{}, wrong("Unknown %s code `%s'", what, s)
		}
		m.MinCode, m.MaxCode = uint8(lo), uint8(hi)
	}
	if m.Type == 255 && !v6 { // the kernel's way to say any
		m = ICMP{Any: true, MaxCode: 255}
	}
	return m, nil
}
