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

// parsePorts reads "80", "80:90", ":90" or "1024:" as tcp takes it.
func parsePorts(s string, proto uint8) (nat.PortRange, error) {
	first, last, isRange := strings.Cut(s, ":")
	if !isRange {
		port, err := parsePort(s, proto)
		return nat.PortRange{Lo: port, Hi: port, Set: true}, err
	}
	r := nat.PortRange{Hi: 0xffff, Set: true}
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
	return r, nil
}

// allPorts reports whether a range is no condition. 1.8.9 takes it for none even behind "!".
func allPorts(r nat.PortRange) bool { return r.Set && r.Lo == 0 && r.Hi == 0xffff }

// portOption is --sport or --dport of a match for one protocol. That a range of all ports
// stood behind "!" is left in void.
func portOption(into *nat.PortRange, void *bool, parse func(string) (nat.PortRange, error), names ...string) option {
	return option{names: names, not: true, set: func(value string, not bool) (err error) {
		if *into, err = parse(value); allPorts(*into) {
			*into, *void = nat.PortRange{}, *void || not
		} else {
			into.Not = not
		}
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
