package iptables

import "drydock/nat"

var _ = registerMatch(matchKind{name: "udp", proto: ianaUDP, begin: beginUDP}, listUDP)

// beginUDP reads
//
//	[!] --source-port, --sport PORT[:PORT]
//	[!] --destination-port, --dport PORT[:PORT]
//
// of which both ask for -p udp, as those of tcp do for theirs.
func beginUDP(s *scope) *extension {
	var m nat.UDP
	made := func() error {
		if s.proto.Number != ianaUDP && m != (nat.UDP{}) {
			return wrong("UDP match requires '-p udp'")
		}
		return nil
	}
	return &extension{name: "udp", match: func() nat.Match { return m }, made: made, options: []option{
		portOption(&m.Src, ianaUDP, "source-port", "sport"),
		portOption(&m.Dst, ianaUDP, "destination-port", "dport"),
	}}
}

// listUDP names services of UDP alone: of port 80, which has none there, it prints the
// number.
func listUDP(m nat.UDP, c column) string {
	return "udp" + listPorts(m.Src, "spt", ianaUDP, c.numeric) + listPorts(m.Dst, "dpt", ianaUDP, c.numeric)
}
