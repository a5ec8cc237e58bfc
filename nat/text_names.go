package nat

import (
	"strconv"
	"strings"
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

// protocolAliases are names that iptables takes and never prints.
var protocolAliases = map[string]uint8{
	"all": 0, "ip": 0, "hopopt": 0, "icmpv6": 58, "mh": 135, "ipv6-mh": 135, "rspf": 73, "cphb": 73,
}

var protocolNumbers = func() map[string]uint8 {
	numbers := make(map[string]uint8)
	for n, name := range protocols {
		numbers[name] = n
	}
	for name, n := range protocolAliases {
		numbers[name] = n
	}
	return numbers
}()

func protocolName(n uint8) string {
	if n == 0 {
		return "all"
	}
	if name, ok := protocols[n]; ok {
		return name
	}
	return strconv.Itoa(int(n))
}

// A service is a name for a port, of IANA's registry as Debian's /etc/services
// spells it. Only those that people write in rules are here.
type service struct {
	name     string
	port     uint16
	tcp, udp bool
}

var services = []service{
	{"tcpmux", 1, true, false}, {"echo", 7, true, true}, {"discard", 9, true, true},
	{"systat", 11, true, false}, {"daytime", 13, true, true}, {"netstat", 15, true, false},
	{"ftp-data", 20, true, false}, {"ftp", 21, true, false}, {"ssh", 22, true, false},
	{"telnet", 23, true, false}, {"smtp", 25, true, false}, {"time", 37, true, true},
	{"domain", 53, true, true}, {"bootps", 67, false, true}, {"bootpc", 68, false, true},
	{"tftp", 69, false, true}, {"http", 80, true, false}, {"kerberos", 88, true, true},
	{"pop3", 110, true, false}, {"sunrpc", 111, true, true}, {"ntp", 123, false, true},
	{"netbios-ns", 137, false, true}, {"netbios-dgm", 138, false, true}, {"netbios-ssn", 139, true, false},
	{"imap2", 143, true, false}, {"snmp", 161, true, true}, {"snmp-trap", 162, true, true},
	{"bgp", 179, true, false}, {"ldap", 389, true, true}, {"https", 443, true, true},
	{"microsoft-ds", 445, true, true}, {"submissions", 465, true, false}, {"isakmp", 500, false, true},
	{"syslog", 514, false, true}, {"printer", 515, true, false}, {"submission", 587, true, false},
	{"ipp", 631, true, false}, {"ldaps", 636, true, true}, {"domain-s", 853, true, true},
	{"rsync", 873, true, false}, {"imaps", 993, true, false}, {"pop3s", 995, true, false},
	{"socks", 1080, true, false}, {"openvpn", 1194, true, true}, {"ms-sql-s", 1433, true, false},
	{"radius", 1812, true, true}, {"radius-acct", 1813, true, true}, {"cisco-sccp", 2000, true, false}, {"nfs", 2049, true, true},
	{"mysql", 3306, true, false}, {"ms-wbt-server", 3389, true, false}, {"svn", 3690, true, false},
	{"sip", 5060, true, true}, {"sip-tls", 5061, true, true}, {"xmpp-client", 5222, true, false},
	{"mdns", 5353, false, true}, {"postgresql", 5432, true, false}, {"amqp", 5672, true, false},
	{"x11", 6000, true, false}, {"redis", 6379, true, false}, {"http-alt", 8080, true, false},
	{"git", 9418, true, false}, {"webmin", 10000, true, false},
}

// serviceAliases are other names of the ports above.
var serviceAliases = map[string]string{
	"www": "http", "imap": "imap2", "portmapper": "sunrpc", "smtps": "submissions", "ssmtp": "submissions",
}

// servicePort returns the port of a service of a protocol, or of any for protocol 0.
func servicePort(name string, proto uint8) (uint16, bool) {
	if alias, ok := serviceAliases[name]; ok {
		name = alias
	}
	for _, s := range services {
		if s.name == name && s.speaks(proto) {
			return s.port, true
		}
	}
	return 0, false
}

func (s service) speaks(proto uint8) bool {
	return proto == 0 || s.tcp && proto == ianaTCP || s.udp && proto == ianaUDP
}

// portName returns what iptables -L prints for a port: the service's name unless
// numbers are wanted.
func portName(port uint16, proto uint8, numeric bool) string {
	if !numeric {
		for _, s := range services {
			if s.port == port && proto != 0 && s.speaks(proto) {
				return s.name
			}
		}
	}
	return strconv.Itoa(int(port))
}

// An icmpName is a name for a type of ICMP, or for a code of one.
type icmpName struct {
	name             string
	kind             uint8
	minCode, maxCode uint8
}

// The names of RFC 792, RFC 950, RFC 1256 and RFC 1812 in the order in which iptables
// lists them, which decides what it calls ambiguous.
var icmpNames = []icmpName{
	{"any", 255, 0, 255}, {"echo-reply", 0, 0, 255}, {"pong", 0, 0, 255},
	{"destination-unreachable", 3, 0, 255},
	{"network-unreachable", 3, 0, 0}, {"host-unreachable", 3, 1, 1}, {"protocol-unreachable", 3, 2, 2},
	{"port-unreachable", 3, 3, 3}, {"fragmentation-needed", 3, 4, 4}, {"source-route-failed", 3, 5, 5},
	{"network-unknown", 3, 6, 6}, {"host-unknown", 3, 7, 7}, {"network-prohibited", 3, 9, 9},
	{"host-prohibited", 3, 10, 10}, {"TOS-network-unreachable", 3, 11, 11}, {"TOS-host-unreachable", 3, 12, 12},
	{"communication-prohibited", 3, 13, 13}, {"host-precedence-violation", 3, 14, 14}, {"precedence-cutoff", 3, 15, 15},
	{"source-quench", 4, 0, 255}, {"redirect", 5, 0, 255},
	{"network-redirect", 5, 0, 0}, {"host-redirect", 5, 1, 1}, {"TOS-network-redirect", 5, 2, 2}, {"TOS-host-redirect", 5, 3, 3},
	{"echo-request", 8, 0, 255}, {"ping", 8, 0, 255},
	{"router-advertisement", 9, 0, 255}, {"router-solicitation", 10, 0, 255},
	{"time-exceeded", 11, 0, 255}, {"ttl-exceeded", 11, 0, 255},
	{"ttl-zero-during-transit", 11, 0, 0}, {"ttl-zero-during-reassembly", 11, 1, 1},
	{"parameter-problem", 12, 0, 255}, {"ip-header-bad", 12, 0, 0}, {"required-option-missing", 12, 1, 1},
	{"timestamp-request", 13, 0, 255}, {"timestamp-reply", 14, 0, 255},
	{"address-mask-request", 17, 0, 255}, {"address-mask-reply", 18, 0, 255},
}

// The names of RFC 4443 and RFC 4861.
var icmp6Names = []icmpName{
	{"destination-unreachable", 1, 0, 255},
	{"no-route", 1, 0, 0}, {"communication-prohibited", 1, 1, 1}, {"beyond-scope", 1, 2, 2},
	{"address-unreachable", 1, 3, 3}, {"port-unreachable", 1, 4, 4}, {"failed-policy", 1, 5, 5}, {"reject-route", 1, 6, 6},
	{"packet-too-big", 2, 0, 255}, {"time-exceeded", 3, 0, 255}, {"ttl-exceeded", 3, 0, 255},
	{"ttl-zero-during-transit", 3, 0, 0}, {"ttl-zero-during-reassembly", 3, 1, 1},
	{"parameter-problem", 4, 0, 255}, {"bad-header", 4, 0, 0}, {"unknown-header-type", 4, 1, 1}, {"unknown-option", 4, 2, 2},
	{"echo-request", 128, 0, 255}, {"ping", 128, 0, 255}, {"echo-reply", 129, 0, 255}, {"pong", 129, 0, 255},
	{"router-solicitation", 133, 0, 255}, {"router-advertisement", 134, 0, 255},
	{"neighbour-solicitation", 135, 0, 255}, {"neighbor-solicitation", 135, 0, 255},
	{"neighbour-advertisement", 136, 0, 255}, {"neighbor-advertisement", 136, 0, 255},
	{"redirect", 137, 0, 255},
}

func icmpNamesOf(v6 bool) []icmpName {
	if v6 {
		return icmp6Names
	}
	return icmpNames
}

// icmpNameOf returns the name of a type, or of a type and its code.
func icmpNameOf(m ICMP) (string, bool) {
	for _, n := range icmpNamesOf(m.V6) {
		if n.kind == m.Type && n.minCode == m.MinCode && n.maxCode == m.MaxCode {
			return n.name, true
		}
	}
	return "", false
}

var stateNames = []struct {
	name string
	bit  StateSet
}{
	{"INVALID", StateInvalid}, {"NEW", StateNew}, {"RELATED", StateRelated}, {"ESTABLISHED", StateEstablished},
	{"UNTRACKED", StateUntracked}, {"SNAT", StateSNAT}, {"DNAT", StateDNAT},
}

// String returns the states as conntrack --ctstate prints them, "RELATED,ESTABLISHED".
func (s StateSet) String() string {
	var names []string
	for _, n := range stateNames {
		if s&n.bit != 0 {
			names = append(names, n.name)
		}
	}
	return strings.Join(names, ",")
}

// addrTypeNames are in the order of their bits.
var addrTypeNames = []string{
	"UNSPEC", "UNICAST", "LOCAL", "BROADCAST", "ANYCAST", "MULTICAST", "BLACKHOLE", "UNREACHABLE", "PROHIBIT",
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

// tcpFlagNames are the flags by their bits, as iptables orders them.
var tcpFlagNames = []string{"FIN", "SYN", "RST", "PSH", "ACK", "URG"}

func tcpFlagText(flags uint8) string {
	var names []string
	for i, name := range tcpFlagNames {
		if flags&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	if names == nil {
		return "NONE"
	}
	return strings.Join(names, ",")
}

// logLevels are the names of syslog's levels that iptables -L prints, from 0.
var logLevels = []string{"emerg", "alert", "crit", "err", "warn", "notice", "info", "debug"}

// logLevelNames are those that it takes.
var logLevelNames = map[string]uint8{
	"emerg": 0, "panic": 0, "alert": 1, "crit": 2, "error": 3, "warning": 4, "notice": 5, "info": 6, "debug": 7,
}

// rejects are the answers of REJECT with iptables' other names for them, in the
// order in which it looks for a beginning.
var rejects = []struct {
	with  RejectWith
	alias string
}{
	{ICMPNetUnreachable, "net-unreach"}, {ICMPHostUnreachable, "host-unreach"},
	{ICMPProtoUnreachable, "proto-unreach"}, {ICMPPortUnreachable, "port-unreach"},
	{ICMPNetProhibited, "net-prohib"}, {ICMPHostProhibited, "host-prohib"},
	{TCPReset, "tcp-rst"}, {ICMPAdminProhibited, "admin-prohib"},
}

var rejects6 = []struct {
	with  RejectWith
	alias string
}{
	{ICMP6NoRoute, "no-route"}, {ICMP6AdminProhibited, "adm-prohibited"},
	{ICMP6AddrUnreachable, "addr-unreach"}, {ICMP6PortUnreachable, "port-unreach"},
	{TCPReset, "tcp-reset"}, {ICMP6PolicyFail, "policy-fail"}, {ICMP6RejectRoute, "reject-route"},
}
