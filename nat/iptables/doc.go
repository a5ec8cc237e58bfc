// Package iptables is the commands of netfilter: iptables and ip6tables 1.8.9 (nf_tables),
// iptables-save and iptables-restore, for the rules of package nat. It reads their command
// lines, prints what they print, and fails in their words and with their exit codes.
//
//	iptables.Run(os.Stdout, tables.IPv4(), "-t", "nat", "-L", "-n")
//
// [Run] is one command line, [Save] and [Restore] are whole tables, and [ParseRule] is one
// rule. All of them work on a nat.Ruleset, of which IPv6 is that of ip6tables. An error is
// an [Error], which wraps that of the ruleset.
//
// # What there is
//
// The matches are tcp, udp, multiport, icmp, icmp6, conntrack (--ctstate), state,
// addrtype, mark, limit, comment and physdev, the targets ACCEPT, DROP, RETURN, REJECT,
// SNAT, DNAT, MASQUERADE, REDIRECT, MARK, LOG, NOTRACK and CT --notrack. There is no -f.
//
// Hosts have no names here: -L prints addresses as numbers with and without -n. And it
// prints protocols by name with and without -n, as iptables did for twenty years and 1.8.9
// does not.
//
// # Adding a match or a target
//
// It takes two files and their tests; nothing else lists the matches. For -m ttl, say:
//
//  1. nat/match_ttl.go has the type TTL with its fields, its check, its String (the words
//     of iptables-save) and its match, which reads the packet. Where a digest tells what
//     it asks for, compile says so, and packets are spared the call.
//  2. nat/iptables/match_ttl.go registers a matchKind: the name, a begin that returns the
//     options, each of which sets a field of TTL, and a list that prints the last column
//     of -L.
//
// A target is the same with target_*.go and a targetKind, its work being apply.
package iptables
