package iptables

import (
	"net/netip"
	"strings"

	"drydock/nat"
)

// toOption is --to-source or --to-destination.
func toOption(s *scope, into *nat.NATRange, name string) option {
	return option{names: []string{name}, must: true, set: func(value string, _ bool) error {
		return parseNATRange(into, value, s.v6, s.proto.Number)
	}}
}

// parseNATRange reads "172.17.0.2:80", "10.0.0.1-10.0.0.9", "[fd00::1]:80" or ":8080".
func parseNATRange(r *nat.NATRange, s string, v6 bool, proto uint8) (err error) {
	addrs, ports := s, ""
	// Where the ports begin, -1 for nowhere. Of IPv6 they follow a bracket, or nothing; of
	// IPv4 a single colon tells.
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
	// Ports alone: the address stays.
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

// parseNATAddr reads an address alone: translation takes neither masks nor names.
func parseNATAddr(s string, v6 bool) (netip.Addr, error) {
	addr, ok := parseAddr(s, v6)
	if !ok {
		return netip.Addr{}, wrong("Bad IP address \"%s\"", s)
	}
	return addr, nil
}

// portsAllowed checks that a protocol has ports, or an id in their place.
func portsAllowed(proto uint8) error {
	// iptables asks without the family, so that ICMPv6 has no ports here, unlike ICMP.
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
	// A range, whose end must be a number, too, and not before its beginning.
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

// toPortsOption is --to-ports of MASQUERADE and REDIRECT.
func toPortsOption(s *scope, lo, hi *uint16) option {
	return option{names: []string{"to-ports"}, set: func(value string, _ bool) (err error) {
		if err = portsAllowed(s.proto.Number); err == nil {
			*lo, *hi, err = parseNATPorts(value)
		}
		return err
	}}
}

// listRange is the last column of SNAT and DNAT.
func listRange(r nat.NATRange) string {
	return "to:" + r.String() + listFlags(r.Random, r.FullyRandom, r.Persistent)
}

// listFlags returns the flags of translation, each behind a blank.
func listFlags(random, fully, persistent bool) string {
	s := ""
	if random {
		s += " random"
	}
	if fully {
		s += " random-fully"
	}
	if persistent {
		s += " persistent"
	}
	return s
}

// natPorts returns "1024-2047", or one port where the range has no end.
func natPorts(lo, hi uint16) string { return portsText(lo, max(lo, hi), "-", 0, true) }
