// Package nftables reads and prints the tables of package nat's Nftables as nft 1.0.6 does: command
// lines, files of -f, lists and errors with the mark below what is wrong.
//
// # Commands
//
//	add, create, delete table, chain, rule, set, map, element, counter, quota
//	insert, replace rule            [index N | position N | handle N]
//	list ruleset, tables, table, chains, chain, sets, set, maps, map, counters, counter, quotas, quota
//	flush ruleset, table, chain, set, map
//	rename chain, get element, define, undefine
//	-f file, -c, -a, -s, -n, -v, -h
//
// A command line or a file is one change: all of it or nothing. A file may have blocks, "table ip t {
// chain c { … } }", variables, comments and several commands in a line.
//
// # Rules
//
// Matches are on iifname, oifname, iif, oif; meta mark, l4proto, nfproto, protocol, pkttype, length, skuid, skgid; ct state,
// status, mark, direction; ip saddr, daddr, protocol, ttl, length, id, dscp; ip6 saddr, daddr,
// nexthdr, hoplimit, length; th, tcp, udp, sctp, dccp and udplite sport, dport, tcp flags, udp length; icmp and icmpv6 type, code; fib
// saddr and daddr [. iif | . oif] type; and concatenations of these. They are compared with values, ranges,
// prefixes, bits, sets in braces and named sets, or looked up by vmap.
//
// Statements are accept, drop, continue, return, jump, goto; counter and quota, with names too; limit;
// log; reject; notrack; meta mark set and ct mark set; masquerade, redirect, snat and dnat, also with maps.
//
// # What is not here
//
// Refused, as by a nft that does not know it: families arp, bridge and netdev, flowtables, the hooks ingress and egress; the
// flags dynamic and timeout of sets, auto-merge, and add and update in rules; fib oif, ether, vlan, numgen, jhash, rt, socket,
// exthdr, tcp option, queue, dup, fwd, tproxy, synproxy, ct helper, zone and timeout; changes of headers;
// limit and secmark objects; reset, monitor, describe, import and export; include; -j and -i. Errors
// say no "did you mean", and of a syntax error what was expected only where that is one thing or two. The first command of
// an input that the kernel refuses is told, not each.
package nftables
