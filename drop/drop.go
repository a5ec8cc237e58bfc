// Package drop is the vocabulary for what became of a packet that did not arrive. The end of a
// cable, the port of a bridge, netfilter, a router and a stack each count what they drop by a
// Reason, and tell who asked.
//
// Linux has the same in enum skb_drop_reason, which dropwatch and perf print; where a Reason
// has a name there its comment says so.
package drop

import "fmt"

// A Reason is why a packet was dropped.
type Reason uint8

// The reasons: of any place first.
const (
	Unknown    Reason = iota
	Malformed         // its headers are not right: IP_INHDR, HDR_TRUNC, PKT_TOO_SMALL
	Checksum          // it was damaged on the way: IP_CSUM, TCP_CSUM, UDP_CSUM, ICMP_CSUM
	TooBig            // larger than the MTU: PKT_TOO_BIG
	Down              // the interface is down, or comes up: DEV_READY
	Unattached        // nobody is at the end of the cable

	// Of a cable.
	NoCarrier   // the cable is out
	Loss        // an impairment lost it
	Limit       // an impairment's queue was full: QDISC_OVERLIMIT
	AQM         // an impairment's CoDel had it wait too long: QDISC_CONGESTED
	Partitioned // a partition keeps the ends apart
	QueueFull   // the receiver did not keep up: CPU_BACKLOG
	Discarded   // taken out of flight by hand

	// Of a bridge.
	BadSource // the source address is none of a station: MAC_INVALID_SOURCE
	LinkLocal // for 01:80:c2:00:00:00 to :0f, which no bridge forwards
	SamePort  // the FDB has its station behind the port by which it came
	Isolated  // from one isolated port to another
	Filter    // the bridge's filter refused it
	Loop      // it has crossed too many cables between bridges
	Refused   // refused by the endpoint of a port

	// Of netfilter.
	Rule           // a rule said so: NETFILTER_DROP
	Policy         // the policy of a chain did: NETFILTER_DROP
	ConntrackFull  // the table of connections was full
	ConntrackClash // another connection has meanwhile taken its place
	Fragment       // the first fragment is missing, was dropped, or lacks a part of the transport header
	Redirect       // an ICMP redirect of a translated connection
	OffBridge      // translated away from its bridge, and nobody routes it
	NATFilter      // the filter of its mapping does not know the sender
	NATHairpin     // from inside for a mapping of a NAT without hairpins
	NATPorts       // no port was left to map it to

	// Of a router and a stack.
	RPFilter           // rp_filter: its source is not reached that way: IP_RPFILTER
	MartianSource      // it cannot come from there: IP_INVALID_SOURCE, IP_LOCAL_SOURCE
	MartianDestination // it cannot go there: IP_INVALID_DEST, IP_LOCALNET
	NotForwarding      // it is for another host, and forwarding is off
	OtherHost          // its frame was for another station, or for all: OTHERHOST
	SourceRoute        // its sender chose the way
	NoRoute            // there is no route: IP_OUTNOROUTES, IP_INNOROUTES
	TTL                // its time to live is over
	Scope              // a link-local source, which means nobody on another link
	NeighbourFailed    // the next hop did not answer ARP or neighbour solicitation, or too many waited for it: NEIGH_FAILED, NEIGH_QUEUEFULL
	NoReturn           // there is no way back to who asks for a connection
	NoSocket           // nobody listens: NO_SOCKET
	SocketFull         // the program does not read, or accept: SOCKET_RCVBUFF, TCP_LISTEN_OVERFLOW
	EchoIgnored        // net.ipv4.icmp_echo_ignore_all or icmp_echo_ignore_broadcasts

	numReasons = iota
)

var texts = [numReasons]string{
	Unknown: "unknown", Malformed: "malformed", Checksum: "wrong checksum", TooBig: "larger than the MTU", Down: "interface down",
	Unattached: "nobody attached",

	NoCarrier: "no carrier", Loss: "lost by impairment", Limit: "queue of the impairment full", AQM: "dropped by CoDel",
	Partitioned: "partitioned", QueueFull: "queue full", Discarded: "discarded in flight",

	BadSource: "source is no station", LinkLocal: "link-local", SamePort: "same port", Isolated: "isolated", Filter: "filter",
	Loop: "loop", Refused: "refused",

	Rule: "rule", Policy: "policy", ConntrackFull: "connection table full", ConntrackClash: "clash with another connection",
	Fragment: "fragment without the header", Redirect: "redirect of a translated connection",
	OffBridge: "translated away from its bridge", NATFilter: "refused by the NAT's filter", NATHairpin: "NAT without hairpins",
	NATPorts: "no port left for NAT",

	RPFilter: "rp_filter", MartianSource: "martian source", MartianDestination: "martian destination",
	NotForwarding: "forwarding is off", OtherHost: "for another station", SourceRoute: "source route", NoRoute: "no route",
	TTL: "TTL exceeded", Scope: "link-local source", NeighbourFailed: "neighbour failed", NoReturn: "no way back",
	NoSocket: "no socket", SocketFull: "socket full", EchoIgnored: "echo ignored",
}

// String returns the reason in words.
func (r Reason) String() string {
	if int(r) < numReasons {
		return texts[r]
	}
	return fmt.Sprintf("Reason(%d)", uint8(r))
}
