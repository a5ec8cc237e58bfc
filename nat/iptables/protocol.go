package iptables

import "drydock/nat"

// protocolNumbers are the protocols by the names that iptables takes: those that it
// prints, and some that it never does.
var protocolNumbers = func() map[string]uint8 {
	numbers := map[string]uint8{
		"ip": 0, "hopopt": 0, "icmpv6": 58, "mh": 135, "ipv6-mh": 135, "rspf": 73, "cphb": 73,
	}
	for n := range 256 {
		p := nat.Protocol{Number: uint8(n)}
		numbers[p.String()] = p.Number
	}
	return numbers
}()

// parseProtocol reads a protocol by number or by name in lower case. Names that stand for
// the same protocol are no different later: "-p icmpv6" prints as "-p ipv6-icmp".
func parseProtocol(s string) (uint8, error) {
	if n, ok := parseUint(s, 255); ok {
		return uint8(n), nil
	}
	if n, ok := protocolNumbers[s]; ok {
		return n, nil
	}
	return 0, wrong("unknown protocol \"%s\" specified", s)
}

// ProtocolNumber returns the number of a protocol by a name of -p.
func ProtocolNumber(name string) (uint8, bool) {
	n, ok := protocolNumbers[name]
	return n, ok
}

// ProtocolName returns the name of a protocol as /etc/protocols has it, "" for none.
func ProtocolName(number uint8) string {
	if number == 0 {
		return "ip"
	}
	if name := (nat.Protocol{Number: number}).String(); protocolNumbers[name] == number && (name[0] < '0' || name[0] > '9') {
		return name
	}
	return ""
}
