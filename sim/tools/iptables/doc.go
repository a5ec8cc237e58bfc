// Package iptables has the commands of iptables 1.8.9, as Debian 12 has them, for the
// firewall of a host: iptables, ip6tables, iptables-save [-c] [-t TABLE],
// iptables-restore [-c] and those two of ip6tables. They are thin: what their command
// lines may be is written at nat/iptables, where they are parsed.
//
// iptables-restore reads standard input and no files. Other options of -save and
// -restore are refused with their words and status 1; the statuses of the rest are 1,
// 2, 3 and 4 as the real ones'. A container has rules of its own, which those may see and change who have
// CAP_NET_ADMIN (--cap-add, --privileged, docker exec --privileged, nsenter on the host). Without it the
// commands fail with status 4, as the variant for nf_tables does.
package iptables

import "drydock/sim/tools/command"

// Commands returns the commands of the suite.
func Commands() command.Table {
	v4, v6 := family{"iptables", false}, family{"ip6tables", true}
	return command.Table{
		"iptables": v4.run, "iptables-save": v4.save, "iptables-restore": v4.restore,
		"ip6tables": v6.run, "ip6tables-save": v6.save, "ip6tables-restore": v6.restore,
	}
}
