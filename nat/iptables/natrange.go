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
		addrs, ports = s[:colon], s[colon+1:]
		if err = parseNATPorts(r, ports, proto); err != nil {
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

// parseNATPorts reads "80", "http", "1024-2047" or, shifted, "1024-2047/8000". Within a range
// there are no names.
func parseNATPorts(r *nat.NATRange, s string, proto uint8) error {
	if err := portsAllowed(proto); err != nil {
		return err
	}
	first, rest, err := leadingPort(s)
	if err != nil {
		return err
	}
	r.MinPort, r.MaxPort, r.Port0 = first, first, first == 0
	switch {
	case rest == "":
		return nil
	case rest[0] == ':':
		return wrong("Invalid port:port syntax - use dash")
	case rest[0] != '-':
		return wrong("Garbage after port value: `%s'", rest)
	}
	second := rest[1:]
	last, rest, ok := leadingUint(second)
	switch {
	case !ok || last > 0xffff:
		return wrong("Port `%s' not valid", second)
	case last < uint64(first):
		return wrong("Port range `%s' funky", second)
	case rest == "":
	case rest[0] != '/':
		return wrong("Garbage after port range: `%s'", rest)
	default: // what follows the base is not looked at
		if r.BasePort, _, err = leadingPort(rest[1:]); r.BasePort == 0 && err == nil {
			err = wrong("Port `%s' not valid", rest[1:])
		}
	}
	if r.MaxPort = uint16(last); r.MaxPort == first { // where nothing is to be shifted
		r.BasePort = 0
	}
	return err
}

// leadingPort reads a number and returns what follows it, or else a whole name.
func leadingPort(s string) (port uint16, rest string, err error) {
	if n, rest, ok := leadingUint(s); ok && n <= 0xffff {
		return uint16(n), rest, nil
	}
	port, known := servicePort(s, 0)
	if !known {
		err = wrong("Port `%s' not valid", s)
	}
	return port, "", err
}

// unshifted refuses a range whose ports are shifted, which DNAT alone has. The real one takes
// it for SNAT and MASQUERADE, forgets the base, and cannot read again what it saves.
func unshifted(r *nat.NATRange) func() error {
	return func() error {
		if r.BasePort != 0 {
			return wrong("Shifted portmap ranges not supported with this kernel")
		}
		return nil
	}
}

// toPortsOption is --to-ports of MASQUERADE and REDIRECT, into a range without addresses.
func toPortsOption(s *scope, into *nat.NATRange) option {
	return option{names: []string{"to-ports"}, set: func(value string, _ bool) error {
		return parseNATPorts(into, value, s.proto.Number)
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
