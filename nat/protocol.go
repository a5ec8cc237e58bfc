package nat

// A Protocol matches the IP protocol (1 ICMP, 6 TCP, 17 UDP, 58 ICMPv6 …); number 0
// is all. Of IPv6 it is the protocol behind the extension headers.
type Protocol struct {
	Number uint8
	Not    bool
}

// String returns the protocol's name as rules have it, "! tcp", or its number where
// it has none.
func (p Protocol) String() string { return notOption(p.Not) + protocolName(p.Number) }
