// Package traceroute has traceroute(1) 2.1.2 of Debian 12:
//
//	-4 -6                    use addresses of that family
//	-f, --first=N            the first hop
//	-I, --icmp               use ICMP, which is always so
//	-m, --max-hops=N         hops at most, 30
//	-n                       print no names
//	-q, --queries=N          probes for each hop, 3
//	-w, --wait=SECONDS       for a reply, 5
//	-V, --version            print the version
//	    --help               print the usage
//
// and a packet length after the host. Probes are ICMP echo requests whose TTL rises, where
// the real one sends UDP unless it is told otherwise: an emulated machine hears of ICMP
// errors only for those, with who reported them. So options that are for other probes (-T,
// -U, -p, --sport) are bad ones here, as all that are not listed. Unlike the real one it
// waits for each probe as long as -w says, also if others have been answered sooner.
//
// As with the real one 16 probes are on their way at a time.
package traceroute

import "drydock/sim/tools/command"

// Commands returns the commands of the package.
func Commands() command.Table {
	return command.Table{"traceroute": Traceroute, "traceroute6": Traceroute6}
}
