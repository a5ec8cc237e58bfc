// Package nat is Linux netfilter for gVisor stacks: the tables of iptables(8), connection
// tracking and address translation, as a Go value.
//
// A [Tables] is the netfilter of one machine. [Tables.Attach] makes it that of a
// stack.Stack, and as the Filter of package bridge it sees the frames between the ports
// of a bridge. Its rules are those of [Tables.IPv4] and [Tables.IPv6], each a [Ruleset].
// They are Go values, [Rule] and what it is made of. Package iptables reads and prints them
// as command lines and as what iptables-save prints; whichever it was, all show the same
// rules. Beside them are the tables of nft, [Tables.Nft], which package nftables reads and
// prints, with those of iptables, as iptables on nf_tables has them. Connections are kept by package conntrack, the sets of
// the match [Set] by package ipset.
//
// # The way of a packet
//
// At each hook a packet passes through the tables in this order. "conntrack" finds or
// begins its connection, "confirm" enters a new one in the table: a connection whose
// first packet is dropped leaves no trace.
//
//	arrives                                                  leaves
//	   │                                                        ▲
//	PREROUTING ────────▶ routing ──▶ FORWARD ─────────────▶ POSTROUTING
//	raw                     │        mangle                 mangle
//	conntrack               │        filter                 nat (source)
//	mangle                  │        security               confirm
//	nat (destination)       ▼                                   ▲
//	                      INPUT                  OUTPUT ────────┘
//	                      mangle                 raw
//	                      filter                 conntrack
//	                      security               mangle
//	                      nat (source)           nat (destination)
//	                      confirm                filter
//	                        │                    security
//	                        │                      ▲
//	                        └─────▶ sockets ───────┘
//
// The base chains of nft are asked in between, where their priorities have them ([BaseChain]). A
// drop is final in either; what accepts ends its own base chain or table alone.
//
// Table nat and the chains of type nat are asked about the first packet of a connection only, and
// the first that translates it is the last one that is asked; the packets that follow, and the
// ICMP errors about them with what they quote, are translated as was decided then.
// Packets that the stack sends to itself pass through all four hooks of lo. Frames
// between the ports of a bridge pass PREROUTING, FORWARD and POSTROUTING with the bridge
// for both interfaces, as with net.bridge.bridge-nf-call-iptables = 1; those that a
// translation turns elsewhere are routed ([WithRouter]).
//
// A packet that is dropped is counted by its reason ([Tables.Drops]) and can be seen
// ([OnDrop]), with the rule that dropped it. What would become of a packet is found out in a copy
// of the tables ([Tables.Clone]).
//
// # Rules and packets
//
// A Ruleset keeps rules twice: as they are shown, and compiled. A packet is reduced to three
// words, its digest, and each rule to what it wants of those; most rules are done with by
// that. What a digest does not tell is asked of the matches of the rule, in their order. A
// change makes new tables beside the old ones, which packets that have begun keep.
//
// Each match and each target stands in a file of its own, match_tcp.go, target_dnat.go, with
// its type, its check, its text and what it does. Package iptables has as many, with what
// the commands read and list, and says how to add one.
//
// # What differs from Linux
//
// The matches are the types that implement [Match], the targets those of [Target]; there
// are no others. Rules of nft are made of each [Statement]. Besides what [Ruleset] and package
// conntrack tell of themselves:
//
//   - There is no TPROXY: netstack finds the socket of a packet by its destination and port alone,
//     there is no way to hand it as it is to another one, and sockets cannot ask for what
//     IP_TRANSPARENT gives, to answer from addresses that are not the machine's. REDIRECT or DNAT
//     lead to a proxy that need not know the destination. iptables takes the word for the name of a
//     chain that does not exist.
//   - The target SET adds and deletes. --map-set is refused: sets keep no skbinfo, and of that
//     only the mark would have an effect here.
//   - CHECKSUM, RPFilter's ValidMark, the queue sizes of NFLog and FanOut of NFQueue are taken and
//     change nothing, since there is nothing here that they could change.
//   - TCPMSS does not add the option to a SYN without. Owner knows root alone, and a RST for
//     one without a socket. As on Linux packets of a container are no socket's on its host, so
//     that it is their address or interface that tells whose they are. Recent keeps 65535 packets
//     of an address, as Linux 6.18, and 100 addresses.
//   - Of nft there are the families ip, ip6 and inet, without the hook ingress. Sets have no timeouts, and packets
//     add nothing to them. iif and oif compare names. A route chain does not look for a route again. Near
//     misses ([OnMiss]) are told of iptables' rules alone.
//   - Rules of IPv4 and of IPv6 do not share the lists of Recent.
//   - Datagrams are not put together from their fragments. The first fragment is judged
//     and those that follow share its fate, so they must come behind it, and it must
//     hold the whole transport header.
//   - SNAT, DNAT, MASQUERADE and REDIRECT change the ports of TCP and UDP and the ids of
//     ICMP. Of other protocols, SCTP and DCCP among them, only addresses are translated.
//   - A flooded frame passes all its hooks once for each port by which it leaves, Linux
//     asks PREROUTING once. Of a packet that is routed the port of the bridge that it
//     came by is not known, so physdev matches bridged frames only.
//   - Connections outlive the address that MASQUERADE gave them.
//   - Of the target CT only NoTrack has an effect: there are no zones, helpers and events of
//     connections. Table security is one like others, without labels.
//   - Netstack's own forwarding does not route a packet again whose destination OUTPUT
//     has translated to another machine. Who forwards by hand calls the hooks, methods
//     of Tables, in the order above; [Tables.CheckForward] says how.
//
// # Cost
//
// Packets meet rules in a compiled form, a cache line each, and take no lock for it. Those
// of an established connection allocate nothing, but for bridged frames that are
// translated: these get headers of their own. All that packets can fill is bounded:
// connections ([WithConntrack]), datagrams in pieces, and answers of REJECT that wait to
// be sent, the addresses of Recent, the buckets of HashLimit and the entries of sets. RPFilter
// looks for a route, NFQUEUE copies the packet, and what is traced is composed: these
// allocate.
package nat
