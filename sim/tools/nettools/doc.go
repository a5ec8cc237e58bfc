// Package nettools has commands of net-tools 2.10, as Debian 12 has them:
//
//	ifconfig [-a] [-s] [INTERFACE]
//	ifconfig INTERFACE [ADDRESS[/BITS]] [netmask MASK] [mtu BYTES] [up | down]
//	hostname [-i | -I | -s | -f | -d]
//	dnsdomainname
//	netstat [-tuanlp46W] [--tcp …]
//	netstat { -r | -i } [-n] [-e] [-a] [-6]
//	route [-n] [-e] [-6]
//	route { add | del } { -net NETWORK[/BITS] [netmask MASK] | -host ADDRESS | default } [gw ADDRESS] [[dev] NAME]
//	arp [-a | -e] [-n] [-v] [-i NAME] [ADDRESS]
//	arp [-i NAME] { -s ADDRESS MAC | -d ADDRESS }
//
// What changes something takes CAP_NET_ADMIN, which a process in a container has if that was
// made with it. An ioctl that is not permitted ends ifconfig and arp with status 255, route
// with 7. Interfaces that do not exist, and unknown options, have status 1 or what the
// program has.
//
// hostname sets no name: that needs CAP_SYS_ADMIN, and fails with status 1. Its unknown
// options have status 255. netstat knows no sockets but those of TCP and UDP, and no
// statistics. route resolves names, as arp and netstat, with -n only numbers.
package nettools

import "drydock/sim/tools/command"

// Commands returns the commands of the suite.
func Commands() command.Table {
	return command.Table{"arp": ARP, "ifconfig": Ifconfig, "hostname": Hostname, "dnsdomainname": DNSDomainName, "netstat": Netstat, "route": Route}
}
