// Package traceroute has traceroute(1) 2.1.2 of Debian 12:
//
//	-4 -6                      use addresses of that family
//	-f, --first=N              the first hop
//	-I, --icmp                 probe by ICMP echo requests
//	-m, --max-hops=N           hops at most, 30
//	-N, --sim-queries=N        probes on their way at a time, 16
//	-n                         print no names
//	-p, --port=PORT            the destination port, or the first one of the default method
//	-q, --queries=N            probes for each hop, 3
//	-s, --source=ADDRESS       the address to send from; not with -I
//	-T, --tcp                  probe by SYN, to port 80
//	-U, --udp                  probe one port by UDP, 53
//	-w, --wait=MAX,HERE,NEAR   how long to wait: 5 seconds, 3 times as long as for another
//	                           probe of the hop, 10 times as long as for a later hop
//	-V, --version              print the version
//	    --help                 print the usage
//
// and a packet length after the host. Like the real one it sends UDP unless told otherwise,
// from port 33434 on, one further for each probe. Other options are bad ones. The SYN of -T is
// a connection's, which is sent again after a second and, where somebody listens, completed and
// reset; the real one leaves it half open.
package traceroute

import "drydock/sim/tools/command"

// Commands returns the commands of the package.
func Commands() command.Table {
	return command.Table{"traceroute": Traceroute, "traceroute6": Traceroute6}
}
