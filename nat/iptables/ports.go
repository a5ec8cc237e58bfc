package iptables

import (
	"strings"

	"drydock/nat"
)

// parsePort reads a port or the name of a service of a protocol, any for 0. A name that is
// one of another protocol only is unknown: tftp is none for TCP.
func parsePort(s string, proto uint8) (uint16, error) {
	if n, ok := parseUint(s, 0xffff); ok {
		return uint16(n), nil
	}
	if port, ok := servicePort(s, proto); ok {
		return port, nil
	}
	return 0, wrong("invalid port/service `%s' specified", s)
}

// parsePorts reads "80", "80:90", ":90" or "1024:" as tcp and udp take it. All ports
// are no condition.
func parsePorts(s string, proto uint8, not bool) (nat.PortRange, error) {
	first, last, isRange := strings.Cut(s, ":")
	if !isRange {
		port, err := parsePort(s, proto)
		return nat.PortRange{Lo: port, Hi: port, Set: true, Not: not}, err
	}
	r := nat.PortRange{Hi: 0xffff, Set: true, Not: not}
	var err error
	if first != "" {
		if r.Lo, err = parsePort(first, proto); err != nil {
			return nat.PortRange{}, err
		}
	}
	if last != "" {
		if r.Hi, err = parsePort(last, proto); err != nil {
			return nat.PortRange{}, err
		}
	}
	if r.Lo > r.Hi {
		return nat.PortRange{}, wrong("invalid portrange (min > max)")
	}
	if r == (nat.PortRange{Hi: 0xffff, Set: true}) {
		return nat.PortRange{}, nil
	}
	return r, nil
}

// portOption is --sport or --dport of a match for one protocol.
func portOption(into *nat.PortRange, proto uint8, names ...string) option {
	return option{names: names, not: true, set: func(value string, not bool) (err error) {
		*into, err = parsePorts(value, proto, not)
		return err
	}}
}

// listPorts returns " dpts:!80:90", where what is "dpt".
func listPorts(r nat.PortRange, what string, proto uint8, numeric bool) string {
	if !r.Set {
		return ""
	}
	if r.Lo != r.Hi {
		what += "s"
	}
	return " " + what + ":" + notValue(r.Not) + portsText(r.Lo, r.Hi, ":", proto, numeric)
}
