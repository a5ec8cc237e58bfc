package sim

import (
	"net/netip"
	"strings"
	"unicode"
)

// isHostAddr reports whether p is an address that an interface can have, with its
// subnet: neither a group's nor, where there are such, the network's or the broadcast
// address.
func isHostAddr(p netip.Prefix) bool {
	a := p.Addr()
	if !p.IsValid() || a.IsUnspecified() || a.IsLoopback() || a.IsMulticast() || a.Is4In6() || a == limitedBroadcast {
		return false
	}
	return a.Is6() || p.Bits() > 30 || p.Bits() > 0 && a != p.Masked().Addr() && p.Contains(a.Next())
}

var limitedBroadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})

// maxHostname is Linux's __NEW_UTS_LEN.
const maxHostname = 64

// validHostname refuses what the kernel or what Docker's client does, and what no variable of the
// environment can hold.
func validHostname(name string) bool {
	bad := func(r rune) bool { return r == 0 || unicode.IsSpace(r) }
	return name != "" && len(name) <= maxHostname && !strings.ContainsFunc(name, bad)
}

// validMTU: 68 bytes are the least that IPv4 works with (RFC 791), 65535 the most that veth
// devices of Linux take.
func validMTU(mtu int) bool { return mtu >= 68 && mtu <= 65535 }
