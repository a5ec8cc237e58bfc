package nat

import (
	"net/netip"
	"strconv"
	"strings"
)

// IP protocols that options ask for, as IANA numbers them.
const (
	ianaICMP    = 1
	ianaTCP     = 6
	ianaUDP     = 17
	ianaDCCP    = 33
	ianaICMPv6  = 58
	ianaSCTP    = 132
	ianaUDPLite = 136
)

// parseUint reads a number as iptables does: with strtoul in base 0, so that 0x10
// and 020 are 16, blanks may precede it, and nothing may follow.
func parseUint(s string, maximum uint64) (uint64, bool) {
	n, rest, ok := leadingUint(s)
	return n, ok && rest == "" && n <= maximum
}

// leadingUint reads the number that s begins with and returns what follows it.
func leadingUint(s string) (n uint64, rest string, ok bool) {
	s = strings.TrimLeft(s, " \t\n\v\f\r")
	s = strings.TrimPrefix(s, "+")
	base, digits := 10, "0123456789"
	switch {
	case len(s) > 2 && (s[:2] == "0x" || s[:2] == "0X") && strings.IndexByte("0123456789abcdefABCDEF", s[2]) >= 0:
		base, digits, s = 16, "0123456789abcdefABCDEF", s[2:]
	case len(s) > 1 && s[0] == '0':
		base, digits = 8, "01234567"
	}
	end := 0
	for end < len(s) && strings.IndexByte(digits, s[end]) >= 0 {
		end++
	}
	n, err := strconv.ParseUint(s[:end], base, 64)
	return n, s[end:], err == nil
}

// parsePort reads a port or the name of a service of a protocol, any for 0.
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
func parsePorts(s string, proto uint8, not bool) (PortRange, error) {
	first, last, isRange := strings.Cut(s, ":")
	if !isRange {
		port, err := parsePort(s, proto)
		return PortRange{Lo: port, Hi: port, Set: true, Not: not}, err
	}
	r := PortRange{Hi: 0xffff, Set: true, Not: not}
	var err error
	if first != "" {
		if r.Lo, err = parsePort(first, proto); err != nil {
			return PortRange{}, err
		}
	}
	if last != "" {
		if r.Hi, err = parsePort(last, proto); err != nil {
			return PortRange{}, err
		}
	}
	if r.Lo > r.Hi {
		return PortRange{}, wrong("invalid portrange (min > max)")
	}
	if r == (PortRange{Hi: 0xffff, Set: true}) {
		return PortRange{}, nil
	}
	return r, nil
}

// parseProtocol reads a protocol by number or by name in lower case.
func parseProtocol(s string) (uint8, error) {
	if n, ok := parseUint(s, 255); ok {
		return uint8(n), nil
	}
	if n, ok := protocolNumbers[s]; ok {
		return n, nil
	}
	return 0, wrong("unknown protocol \"%s\" specified", s)
}

// parseNetworks reads the addresses of -s or -d: a list separated by commas of
// addresses with an optional length or mask.
func parseNetworks(list string, v6 bool) ([]Network, error) {
	var nets []Network
	for s := range strings.SplitSeq(list, ",") {
		n, err := parseNetwork(strings.TrimLeft(s, " \t"), v6)
		if err != nil {
			return nil, err
		}
		nets = append(nets, n)
	}
	return nets, nil
}

// parseNetwork reads an address with its mask. The name before a mask of length 0
// is not looked up, as in "any/0".
func parseNetwork(s string, v6 bool) (Network, error) {
	host, mask := s, ""
	slash := strings.LastIndexByte(s, '/')
	if slash >= 0 {
		host, mask = s[:slash], s[slash+1:]
	}
	n := Network{Mask: onesMask(v6, -1)}
	if slash >= 0 {
		var ok bool
		if n.Mask, ok = parseMask(mask, v6); !ok {
			return Network{}, wrong("invalid mask `%s' specified", mask)
		}
	}
	if n.Mask.IsUnspecified() {
		return Network{Addr: n.Mask, Mask: n.Mask}, nil
	}
	addr, ok := parseHost(host, v6)
	if !ok {
		return Network{}, wrong("host/network `%s' not found", host)
	}
	n.Addr = and(addr, n.Mask)
	return n, nil
}

// parseHost reads an address. Those of IPv4 may have fewer than four numbers, of
// which the missing ones are 0, each in any base: "10.1" is 10.1.0.0.
func parseHost(s string, v6 bool) (netip.Addr, bool) {
	if v6 {
		return parseAddr(s, v6)
	}
	parts := strings.Split(s, ".")
	var b [4]byte
	if len(parts) > len(b) {
		return netip.Addr{}, false
	}
	for i, p := range parts {
		n, ok := parseUint(p, 255)
		if !ok {
			return netip.Addr{}, false
		}
		b[i] = byte(n)
	}
	return netip.AddrFrom4(b), true
}

// parseAddr reads a whole address of a family.
func parseAddr(s string, v6 bool) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(s)
	return addr, err == nil && addr.Is6() == v6 && addr.Zone() == ""
}

// parseMask reads the length of a mask or the mask itself.
func parseMask(s string, v6 bool) (netip.Addr, bool) {
	if addr, ok := parseAddr(s, v6); ok {
		return addr, true
	}
	width := uint64(32)
	if v6 {
		width = 128
	}
	n, ok := parseUint(s, width)
	return onesMask(v6, int(n)), ok
}

// onesMask returns the mask with n leading ones, all of them for -1.
func onesMask(v6 bool, n int) netip.Addr {
	all := netip.AddrFrom4([4]byte{255, 255, 255, 255})
	if v6 {
		b := [16]byte{}
		for i := range b {
			b[i] = 255
		}
		all = netip.AddrFrom16(b)
	}
	if n < 0 {
		return all
	}
	p, _ := all.Prefix(n) // n is within the width
	return p.Addr()
}

func and(a, mask netip.Addr) netip.Addr {
	b, m := a.AsSlice(), mask.AsSlice()
	for i := range b {
		b[i] &= m[i]
	}
	addr, _ := netip.AddrFromSlice(b)
	return addr
}

// parseInterface checks the name of an interface.
func parseInterface(s string, not bool) (Interface, error) {
	switch {
	case len(s) > 15: // IFNAMSIZ with its closing 0
		return Interface{}, wrong("interface name `%s' must be shorter than IFNAMSIZ (15)", s)
	case s == "":
		return Interface{}, wrong("Empty interface is likely to be undesired")
	case strings.ContainsAny(s, "/ \t\r\n\v\f"): // about which iptables only warns
		return Interface{}, wrong("weird character in interface `%s' ('/' and ' ' are not allowed by the kernel)", s)
	}
	return Interface{Name: s, Not: not}, nil
}

// parseMarkMask reads "value" or "value/mask" with a mask of all ones unless given.
func parseMarkMask(s string) (value, mask uint32, ok bool) {
	mask = ^uint32(0)
	v, m, masked := strings.Cut(s, "/")
	n, ok := parseUint(v, uint64(mask))
	if masked && ok {
		var k uint64
		k, ok = parseUint(m, uint64(mask))
		mask = uint32(k)
	}
	return uint32(n), mask, ok
}

// parseChainName checks the name of a chain to be made.
func parseChainName(s string) error {
	if err := checkChainName(s); err != nil {
		return &CommandError{kind: badParameter, Message: err.Error(), Err: err}
	}
	return nil
}

// maxChainName is XT_EXTENSION_MAXNAMELEN with its closing 0.
const maxChainName = 28
