package nat

import "strconv"

// IP protocols that rules and packets are asked for, as IANA numbers them.
const (
	ianaICMP    = 1
	ianaTCP     = 6
	ianaUDP     = 17
	ianaDCCP    = 33
	ianaICMPv6  = 58
	ianaSCTP    = 132
	ianaUDPLite = 136
)

// protocols are the names that iptables prints for IP protocols: those of
// /etc/protocols as Debian 12 has it, the assigned numbers of IANA.
var protocols = map[uint8]string{
	1: "icmp", 2: "igmp", 3: "ggp", 4: "ipencap", 5: "st", 6: "tcp", 8: "egp", 9: "igp", 12: "pup", 17: "udp",
	20: "hmp", 22: "xns-idp", 27: "rdp", 29: "iso-tp4", 33: "dccp", 36: "xtp", 37: "ddp", 38: "idpr-cmtp",
	41: "ipv6", 43: "ipv6-route", 44: "ipv6-frag", 45: "idrp", 46: "rsvp", 47: "gre", 50: "esp", 51: "ah",
	57: "skip", 58: "ipv6-icmp", 59: "ipv6-nonxt", 60: "ipv6-opts", 73: "rspf", 81: "vmtp", 88: "eigrp",
	89: "ospf", 93: "ax.25", 94: "ipip", 97: "etherip", 98: "encap", 103: "pim", 108: "ipcomp", 112: "vrrp",
	115: "l2tp", 124: "isis", 132: "sctp", 133: "fc", 135: "mobility-header", 136: "udplite",
	137: "mpls-in-ip", 138: "manet", 139: "hip", 140: "shim6", 141: "wesp", 142: "rohc", 143: "ethernet",
}

// protocolName returns the name of a protocol, or its number if it has none.
func protocolName(n uint8) string {
	if n == 0 {
		return "all"
	}
	if name, ok := protocols[n]; ok {
		return name
	}
	return strconv.Itoa(int(n))
}

// notOption is what precedes an inverted option.
func notOption(not bool) string {
	if not {
		return "! "
	}
	return ""
}

// portsText returns a range of ports, or one port.
func portsText(lo, hi uint16, dash string) string {
	if lo == hi {
		return strconv.Itoa(int(lo))
	}
	return strconv.Itoa(int(lo)) + dash + strconv.Itoa(int(hi))
}
