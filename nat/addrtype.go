package nat

import "strings"

// An AddrTypeSet is a set of kinds of addresses, as the routing table of Linux
// tells them apart. Netstack's knows no anycast and nothing from blackhole on, so that no
// address is of those.
type AddrTypeSet uint16

const (
	AddrUnspec AddrTypeSet = 1 << iota
	AddrUnicast
	AddrLocal
	AddrBroadcast
	AddrAnycast
	AddrMulticast
	AddrBlackhole
	AddrUnreachable
	AddrProhibit
	AddrThrow
	AddrNAT
	AddrXResolve
)

// addrTypeNames are in the order of their bits.
var addrTypeNames = []string{
	"UNSPEC", "UNICAST", "LOCAL", "BROADCAST", "ANYCAST", "MULTICAST", "BLACKHOLE", "UNREACHABLE", "PROHIBIT",
	"THROW", "NAT", "XRESOLVE",
}

// String returns the kinds as addrtype prints them, "LOCAL,BROADCAST".
func (s AddrTypeSet) String() string {
	var names []string
	for i, name := range addrTypeNames {
		if s&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ",")
}
