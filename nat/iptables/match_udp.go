package iptables

import "drydock/nat"

var _ = registerMatch(matchKind{name: "udp", proto: ianaUDP, begin: beginUDP}, listUDP)

// beginUDP reads
//
//	[!] --source-port, --sport PORT[:PORT]
//	[!] --destination-port, --dport PORT[:PORT]
//
// of which both ask for -p udp, as those of tcp do for theirs. Ports are read as getaddrinfo
// reads them, with the services of all protocols, and need not be in order.
func beginUDP(s *scope) *extension {
	var m nat.UDP
	void := false
	match := func() nat.Match {
		if void && m == (nat.UDP{}) {
			return nil
		}
		return m
	}
	parse := func(name string) func(string) (nat.PortRange, error) {
		return func(value string) (nat.PortRange, error) { return parseAnyPorts(value, "udp", name) }
	}
	made := func() error {
		if s.proto.Number != ianaUDP && (void || m != (nat.UDP{})) {
			return wrong("UDP match requires '-p udp'")
		}
		return nil
	}
	return &extension{name: "udp", match: match, made: made, options: []option{
		portOption(&m.Src, &void, parse("source-port"), "source-port", "sport"),
		portOption(&m.Dst, &void, parse("destination-port"), "destination-port", "dport"),
	}}
}

// listUDP names services of UDP alone: of port 80, which has none there, it prints the
// number.
func listUDP(m nat.UDP, c column) string {
	return "udp" + listPorts(m.Src, "spt", ianaUDP, c.numeric) + listPorts(m.Dst, "dpt", ianaUDP, c.numeric)
}
