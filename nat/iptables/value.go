package iptables

import (
	"fmt"
	"math/bits"
	"net/netip"
	"strconv"
	"strings"

	"drydock/nat"
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

// scanUint reads a number as sscanf does with %llu: in base 10, negative ones from the upper
// end, and without a look at what follows.
func scanUint(s string) (uint64, bool) {
	s = strings.TrimLeft(s, " \t\n\v\f\r")
	digits, negative := strings.CutPrefix(s, "-")
	if !negative {
		digits = strings.TrimPrefix(s, "+")
	}
	end := 0
	for end < len(digits) && digits[end] >= '0' && digits[end] <= '9' {
		end++
	}
	n, err := strconv.ParseUint(digits[:end], 10, 64)
	if negative && err == nil {
		n = -n
	}
	return n, end > 0 // the largest for what is larger
}

// begins reports whether name begins with s, in either case. Of an empty s nothing does.
func begins(name, s string) bool {
	return s != "" && len(s) <= len(name) && strings.EqualFold(name[:len(s)], s)
}

// parseNetworks reads the addresses of -s or -d: a list separated by commas of
// addresses with an optional length or mask.
func parseNetworks(list string, v6 bool) ([]nat.Network, error) {
	var nets []nat.Network
	for s := range strings.SplitSeq(list, ",") {
		n, err := parseNetwork(strings.TrimLeft(s, " \t"), v6)
		if err != nil {
			return nil, err
		}
		nets = append(nets, n)
	}
	return nets, nil
}

// parseNetwork reads an address with its mask: "10.0.0.0/8", "10.0.0.0/255.0.0.0", "fd00::/8".
// The bits outside of the mask are cleared, as iptables prints them. The name before a mask of length 0
// is not looked up, as in "any/0".
func parseNetwork(s string, v6 bool) (nat.Network, error) {
	host, mask := s, ""
	// No mask is that of one address.
	slash := strings.LastIndexByte(s, '/')
	if slash >= 0 {
		host, mask = s[:slash], s[slash+1:]
	}
	n := nat.Network{Mask: onesMask(v6, -1)}
	if slash >= 0 {
		var ok bool
		if n.Mask, ok = parseMask(mask, v6); !ok {
			return nat.Network{}, wrong("invalid mask `%s' specified", mask)
		}
	}
	if n.Mask.IsUnspecified() {
		return nat.Network{Addr: n.Mask, Mask: n.Mask}, nil
	}
	addr, ok := parseHost(host, v6)
	if !ok {
		return nat.Network{}, wrong("host/network `%s' not found", host)
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

// parseMask reads the length of a mask or the mask itself, which may have gaps:
// "0.0.0.255" matches all addresses that end alike.
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

// and returns the bits of an address under a mask, which may have gaps.
func and(a, mask netip.Addr) netip.Addr {
	b, m := a.AsSlice(), mask.AsSlice()
	for i := range b {
		b[i] &= m[i]
	}
	addr, _ := netip.AddrFromSlice(b)
	return addr
}

// parseInterface checks the name of an interface. It need not exist, now or ever: Docker
// writes rules for a bridge before the bridge is up.
func parseInterface(s string, not bool) (nat.Interface, error) {
	switch {
	case len(s) > 15: // IFNAMSIZ with its closing 0
		return nat.Interface{}, wrong("interface name `%s' must be shorter than IFNAMSIZ (15)", s)
	case s == "":
		return nat.Interface{}, wrong("Empty interface is likely to be undesired")
	case strings.ContainsAny(s, "/ \t\r\n\v\f"): // about which iptables only warns
		return nat.Interface{}, wrong("weird character in interface `%s' ('/' and ' ' are not allowed by the kernel)", s)
	}
	return nat.Interface{Name: s, Not: not}, nil
}

// tables are all that there are, in the order in which packets pass them.
var tables = []string{"raw", "mangle", "nat", "filter", "security"}

// maxChainName is XT_EXTENSION_MAXNAMELEN with its closing 0.
const maxChainName = 28

// parseChainName checks the name of a chain to be made.
func parseChainName(s string) error {
	complain := func(format string, args ...any) error {
		return &Error{Message: fmt.Sprintf(format, args...), Err: nat.ErrChainName}
	}
	switch {
	case s == "" || s == "QUEUE" || targetKinds[s] != nil:
		return complain("chain name may not clash with target name")
	case s[0] == '-' || s[0] == '!':
		return complain("chain name not allowed to start with `%c'", s[0])
	case len(s) > maxChainName:
		return tooLong(s)
	case strings.ContainsAny(s, " \t\n\v\f\r"):
		return complain("Invalid chain name `%s'", s)
	}
	return nil
}

// tooLong is about the name of a chain, old or new.
func tooLong(chain string) error {
	return &Error{Message: fmt.Sprintf("chain name `%s' too long (must be under %d chars)", chain, maxChainName+1), Err: nat.ErrChainName}
}

// dropsInNAT is what keeps packets from being dropped in a table that sees only the first
// of each connection.
func dropsInNAT() error {
	return &Error{Err: nat.ErrTarget,
		Message: "\nThe \"nat\" table is not intended for filtering, the use of DROP is therefore inhibited.\n\n"}
}

// leadingOnes returns the length of a mask up to its first 0.
func leadingOnes(mask netip.Addr) int {
	n := 0
	for _, b := range mask.AsSlice() {
		ones := bits.LeadingZeros8(^b)
		if n += ones; ones < 8 {
			break
		}
	}
	return n
}
