package nat

import (
	"net/netip"
	"strings"
)

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
