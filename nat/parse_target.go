package nat

import (
	"net/netip"
	"strings"
)

// knownTarget reports whether a name is that of a target, so that no chain may have
// it.
func knownTarget(name string) bool {
	switch name {
	case "ACCEPT", "DROP", "RETURN", "QUEUE":
		return true
	}
	return newTarget(&parser{}, name) != nil
}

// setTarget reads what follows -j or -g.
func (p *parser) setTarget(name string, goes bool) error {
	switch {
	case name == "":
		return wrong("Invalid target name (too short)")
	case len(name) > maxChainName:
		return wrong("Invalid target name `%s' (28 chars max)", name)
	case strings.ContainsAny(name, " \t\n\v\f\r"):
		return wrong("Invalid target name `%s'", name)
	}
	switch {
	case goes:
		p.rule.Target = Goto{name}
	case name == "ACCEPT":
		p.rule.Target = Accept{}
	case name == "DROP":
		p.rule.Target = Drop{}
	case name == "RETURN":
		p.rule.Target = Return{}
	default:
		if p.target = newTarget(p, name); p.target == nil {
			p.rule.Target = Jump{name}
			return nil
		}
		p.load(p.target)
	}
	return nil
}

// newTarget returns the target with options that a name stands for, or nil.
func newTarget(p *parser, name string) *extension {
	switch name {
	case "REJECT":
		return newReject(p.v6)
	case "SNAT":
		return newSNAT(p)
	case "DNAT":
		return newDNAT(p)
	case "MASQUERADE":
		return newMasquerade(p)
	case "REDIRECT":
		return newRedirect(p)
	case "MARK":
		return newMark()
	case "LOG":
		return newLog()
	case "NOTRACK":
		return &extension{name: "NOTRACK", target: func() Target { return NoTrack{} }}
	case "CT":
		return newCT()
	}
	return nil
}

func newReject(v6 bool) *extension {
	t := Reject{With: ICMPPortUnreachable}
	kinds := rejects
	if v6 {
		t.With, kinds = ICMP6PortUnreachable, rejects6
	}
	begins := func(name, value string) bool {
		return len(value) <= len(name) && strings.EqualFold(name[:len(value)], value)
	}
	return &extension{name: "REJECT", target: func() Target { return t }, options: []extOption{
		{names: []string{"reject-with"}, set: func(value string, _ bool) error {
			for _, k := range kinds {
				if begins(string(k.with), value) || begins(k.alias, value) {
					t.With = k.with
					return nil
				}
			}
			return wrong("unknown reject type \"%s\"", value)
		}},
	}}
}

func flagOption(name string, into *bool) extOption {
	return extOption{names: []string{name}, flag: true, set: func(string, bool) error {
		*into = true
		return nil
	}}
}

func newSNAT(p *parser) *extension {
	var t SNAT
	return &extension{name: "SNAT", target: func() Target { return t }, options: []extOption{
		toOption(p, &t.To, "to-source"),
		flagOption("random", &t.To.Random),
		flagOption("random-fully", &t.To.FullyRandom),
		flagOption("persistent", &t.To.Persistent),
	}}
}

func newDNAT(p *parser) *extension {
	var t DNAT
	return &extension{name: "DNAT", target: func() Target { return t }, options: []extOption{
		toOption(p, &t.To, "to-destination"),
		flagOption("random", &t.To.Random),
		flagOption("persistent", &t.To.Persistent),
	}}
}

func toOption(p *parser, into *NATRange, name string) extOption {
	return extOption{names: []string{name}, must: true, set: func(value string, _ bool) error {
		return parseNATRange(into, value, p.v6, p.rule.Proto.Number)
	}}
}

// parseNATRange reads "172.17.0.2:80", "10.0.0.1-10.0.0.9", "[fd00::1]:80" or ":8080".
func parseNATRange(r *NATRange, s string, v6 bool, proto uint8) (err error) {
	addrs, ports := s, ""
	colon := -1
	if v6 {
		colon = strings.LastIndex(s, "]:") + 1
		switch {
		case colon > 0:
		case strings.HasPrefix(s, ":") && !strings.HasPrefix(s, "::"):
			colon = 0
		default:
			colon = -1
		}
	} else if strings.Count(s, ":") == 1 {
		colon = strings.IndexByte(s, ':')
	}
	if colon >= 0 {
		if err = portsAllowed(proto); err != nil {
			return err
		}
		addrs, ports = s[:colon], s[colon+1:]
		if r.MinPort, r.MaxPort, err = parseNATPorts(ports); err != nil {
			return err
		}
	}
	if strings.HasPrefix(addrs, "[") {
		if !strings.HasSuffix(addrs, "]") {
			return wrong("Invalid address format")
		}
		addrs = addrs[1 : len(addrs)-1]
	}
	if addrs == "" && colon >= 0 {
		return nil
	}
	first, last, isRange := strings.Cut(addrs, "-")
	if r.MinAddr, err = parseNATAddr(first, v6); err != nil {
		return err
	}
	r.MaxAddr = r.MinAddr
	if isRange {
		r.MaxAddr, err = parseNATAddr(last, v6)
	}
	return err
}

func parseNATAddr(s string, v6 bool) (netip.Addr, error) {
	addr, ok := parseAddr(s, v6)
	if !ok {
		return netip.Addr{}, wrong("Bad IP address \"%s\"", s)
	}
	return addr, nil
}

// portsAllowed checks that a protocol has ports, or an id in their place.
func portsAllowed(proto uint8) error {
	switch proto {
	case ianaTCP, ianaUDP, ianaSCTP, ianaDCCP, ianaICMP:
		return nil
	}
	return wrong("Need TCP, UDP, SCTP or DCCP with port specification")
}

// parseNATPorts reads "80", "http" or "1024-2047". Port 0, which iptables takes and
// netfilter does not look at, is refused.
func parseNATPorts(s string) (lo, hi uint16, err error) {
	n, rest, ok := leadingUint(s)
	if !ok || n == 0 && rest == "" || n > 0xffff {
		port, known := servicePort(s, 0)
		if !known {
			err = wrong("Port `%s' not valid", s)
		}
		return port, port, err
	}
	switch {
	case rest == "":
		return uint16(n), uint16(n), nil
	case rest[0] == ':':
		return 0, 0, wrong("Invalid port:port syntax - use dash")
	case rest[0] != '-' || n == 0:
		return 0, 0, wrong("Garbage after port value: `%s'", rest)
	}
	second := rest[1:]
	m, rest, ok := leadingUint(second)
	switch {
	case !ok || m > 0xffff:
		return 0, 0, wrong("Port `%s' not valid", second)
	case m < n:
		return 0, 0, wrong("Port range `%s' funky", second)
	case strings.HasPrefix(rest, "/"):
		return 0, 0, wrong("Shifted portmap ranges not supported with this kernel")
	case rest != "":
		return 0, 0, wrong("Garbage after port range: `%s'", rest)
	}
	return uint16(n), uint16(m), nil
}

func toPortsOption(p *parser, lo, hi *uint16) extOption {
	return extOption{names: []string{"to-ports"}, set: func(value string, _ bool) (err error) {
		if err = portsAllowed(p.rule.Proto.Number); err == nil {
			*lo, *hi, err = parseNATPorts(value)
		}
		return err
	}}
}

func newMasquerade(p *parser) *extension {
	var t Masquerade
	return &extension{name: "MASQUERADE", target: func() Target { return t }, options: []extOption{
		toPortsOption(p, &t.MinPort, &t.MaxPort),
		flagOption("random", &t.Random),
		flagOption("random-fully", &t.FullyRandom),
	}}
}

func newRedirect(p *parser) *extension {
	var t Redirect
	return &extension{name: "REDIRECT", target: func() Target { return t }, options: []extOption{
		toPortsOption(p, &t.MinPort, &t.MaxPort),
		flagOption("random", &t.Random),
	}}
}

func newMark() *extension {
	var t Mark
	e := &extension{name: "MARK", target: func() Target { return t }}
	add := func(name string, set func(value, mask uint32), masked bool) {
		e.options = append(e.options, extOption{names: []string{name}, only: true, set: func(s string, _ bool) error {
			value, mask, ok := parseMarkMask(s)
			switch {
			case masked && !ok:
				return wrong("MARK: bad integer value for option \"--%s\", or out of range.\n", name)
			case !masked && (!ok || strings.Contains(s, "/")):
				return wrong("MARK: bad value for option \"--%s\", or out of range (0-4294967295).\n", name)
			}
			set(value, mask)
			return nil
		}})
	}
	add("set-xmark", func(v, m uint32) { t = Mark{v, m} }, true)
	add("set-mark", func(v, m uint32) { t = Mark{v, v | m} }, true)
	add("and-mark", func(v, _ uint32) { t = Mark{0, ^v} }, false)
	add("or-mark", func(v, _ uint32) { t = Mark{v, v} }, false)
	add("xor-mark", func(v, _ uint32) { t = Mark{v, 0} }, false)
	e.check = func() error {
		if !e.any() {
			return wrong("MARK: One of the --set-xmark, --{and,or,xor,set}-mark options is required")
		}
		return nil
	}
	return e
}

// maxLogPrefix is that of the kernel's xt_LOG without its closing 0. What is longer
// is cut.
const maxLogPrefix = 29

func newLog() *extension {
	t := Log{Level: logWarning}
	return &extension{name: "LOG", target: func() Target { return t }, options: []extOption{
		{names: []string{"log-level"}, set: func(value string, _ bool) error {
			n, ok := parseUint(value, 7)
			if !ok {
				var level uint8
				if level, ok = logLevelNames[value]; !ok {
					return wrong("log level \"%s\" unknown\n", value)
				}
				n = uint64(level)
			}
			t.Level = uint8(n)
			return nil
		}},
		{names: []string{"log-prefix"}, set: func(value string, _ bool) error {
			switch {
			case value == "":
				return wrong("Argument must have a minimum length of 1 characters\n")
			case strings.Contains(value, "\n"):
				return wrong("Newlines not allowed in --log-prefix")
			}
			t.Prefix = value[:min(len(value), maxLogPrefix)]
			return nil
		}},
		flagOption("log-tcp-sequence", &t.TCPSeq),
		flagOption("log-tcp-options", &t.TCPOpts),
		flagOption("log-ip-options", &t.IPOpts),
		flagOption("log-uid", &t.UID),
	}}
}

// newCT returns CT, of which only --notrack is here.
func newCT() *extension {
	off := false
	notrack := flagOption("notrack", &off)
	notrack.must = true
	return &extension{name: "CT", options: []extOption{notrack}, target: func() Target { return NoTrack{CT: true} }}
}
