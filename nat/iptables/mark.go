package iptables

import "strings"

// parseMarkMask reads "value" or "value/mask" with a mask of all ones unless given. Both are
// of 32 bits, and the value may have bits that the mask has not.
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
