package nat

import "strings"

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
