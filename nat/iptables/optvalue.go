package iptables

import (
	"net/netip"
	"strings"

	"drydock/nat"
)

// Values of options of matches that libxtables reads for all of them. They differ from
// those of the command line's own options, -s and -p, in what they take and in their words.

// eachName calls add for the names of a list separated by commas, until it refuses one. It
// returns what of the list begins there.
func eachName(list string, add func(name string) bool) (rest string, ok bool) {
	for {
		name, after, more := strings.Cut(list, ",")
		if !add(name) {
			return list, false
		}
		if !more {
			return "", true
		}
		list = after
	}
}

// parseHostMask reads "10.0.0.1" or "10.0.0.0/8". Bits of the address outside of the mask
// stay. A mask with gaps, and one that is too long a length, count as that of one address.
func parseHostMask(s string, v6 bool, extension, name string) (nat.Network, error) {
	host, mask, masked := strings.Cut(s, "/")
	addr, ok := parseAton(host, v6)
	if !ok {
		if _, other := parseAton(host, !v6); other {
			return nat.Network{}, wrong("getaddrinfo: Address family for hostname not supported\n")
		}
		return nat.Network{}, wrong("getaddrinfo: Name or service not known\n")
	}
	n := nat.Network{Addr: addr, Mask: onesMask(v6, -1)}
	if !masked {
		return n, nil
	}
	width := n.Mask.BitLen()
	if ones, ok := parseUint(mask, uint64(width)); ok {
		n.Mask = onesMask(v6, int(ones))
		return n, nil
	}
	m, ok := parseAton(mask, v6)
	if !ok {
		return nat.Network{}, wrong("%s: bad value for option \"--%s\", neither a valid network mask nor valid CIDR (0-%d).\n", extension, name, width)
	}
	for ones := range width {
		if onesMask(v6, ones) == m {
			n.Mask = m
		}
	}
	return n, nil
}

// parseAton reads an address as getaddrinfo does without asking anybody: of IPv4 the last
// number fills what is left, "10.1" is 10.0.0.1.
func parseAton(s string, v6 bool) (netip.Addr, bool) {
	if v6 {
		return parseAddr(s, v6)
	}
	parts := strings.Split(s, ".")
	if len(parts) > 4 {
		return netip.Addr{}, false
	}
	var whole uint32
	for i, p := range parts {
		size := 8
		if i == len(parts)-1 {
			size = 8 * (5 - len(parts))
		}
		n, ok := parseUint(p, 1<<size-1)
		if !ok || p[0] < '0' || p[0] > '9' {
			return netip.Addr{}, false
		}
		whole = whole<<size | uint32(n)
	}
	return netip.AddrFrom4([4]byte{byte(whole >> 24), byte(whole >> 16), byte(whole >> 8), byte(whole)}), true
}

// parseAnyPorts reads "80", "80:90", ":90" or "80:" as getaddrinfo reads ports: names of any
// protocol, and numbers of which the lower 16 bits count. All ports are a condition, too.
func parseAnyPorts(s, extension, name string) (nat.PortRange, error) {
	r := nat.PortRange{Hi: 0xffff, Set: true}
	parts := strings.Split(s, ":")
	for i, part := range parts {
		if i == 2 {
			return r, wrong("%s: Too many components for option \"--%s\" (max: 2)\n", extension, name)
		}
		if part == "" {
			continue
		}
		port, ok := anyPort(part)
		if !ok {
			return r, wrong("Port \"%s\" does not resolve to anything.\n", part)
		}
		if i == 0 {
			r.Lo = port
		} else {
			r.Hi = port
		}
	}
	if len(parts) == 1 {
		r.Hi = r.Lo
	}
	return r, nil
}

func anyPort(s string) (uint16, bool) {
	if strings.Trim(s, "0123456789") != "" {
		return servicePort(s, 0)
	}
	n, ok := parseUint(strings.TrimLeft(s[:len(s)-1], "0")+s[len(s)-1:], ^uint64(0))
	return uint16(n), ok
}
