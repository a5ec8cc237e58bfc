// Package tcpdump has tcpdump(8) 4.99.3 of Debian 12. It prints ARP, IPv4, IPv6, TCP, UDP, ICMP, ICMPv6,
// DNS and the first line of HTTP as the real one does; other protocols are named.
//
//	-h --help --version
//	-i IFACE    eth0, or any: all interfaces; without it the first that is up
//	-A -x -xx -X -XX  print frames, too
//	-c COUNT    end after so many
//	-D          list the interfaces
//	-e          print the Ethernet header
//	-l -U -p    are taken: lines and files are written at once. With -p a bridge shows what the host
//	            itself sends and gets there; without, all that passes it, as in promiscuous mode
//	-n -nn      print numbers; without, names of /etc/services and, by DNS, of addresses
//	-q          print less
//	-Q in|out|inout
//	-r FILE -w FILE   read and write files of pcap; - is standard input or output
//	-s BYTES    of each frame
//	-S          absolute sequence numbers
//	-t -tt -ttt -tttt -ttttt  no time; since 1970; since the line before; with the day; since the first
//	-v -vv      the fields of IP, and checksums; of DNS all sections
//
// and an expression, which pcap-filter(7) describes: go doc ./sim/internal/pcapfilter. Other options
// are refused with the usage. In containers it sees what they see, on a host what its interfaces
// and the ports of its bridges do.
package tcpdump

import "drydock/sim/tools/command"

// Commands returns the commands of the package.
func Commands() command.Table { return command.Table{"tcpdump": Tcpdump} }
