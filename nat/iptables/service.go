package iptables

import "strconv"

// A service is a name for a port, of IANA's registry as Debian's /etc/services
// spells it. Only those that people write in rules are here, and of these the names that -L
// prints without -n. The machine's own /etc/services is not read, so that lists are the same
// everywhere.
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

// ServicePort returns the port of a service of a protocol, any for 0, in the words that
// --dport takes.
func ServicePort(name string, proto uint8) (uint16, bool) { return servicePort(name, proto) }

// speaks reports whether the service is one of a protocol. Of SCTP and DCCP none is known.
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

// portsText is portName for a range of ports.
func portsText(lo, hi uint16, dash string, proto uint8, numeric bool) string {
	if lo == hi {
		return portName(lo, proto, numeric)
	}
	return portName(lo, proto, numeric) + dash + portName(hi, proto, numeric)
}
