// Package nftables reads and prints the tables of package nat's Nftables as nft 1.0.6 does: command
// lines, files of -f, lists and errors with the mark below what is wrong.
//
// # Commands
//
//	add, create, delete table, chain, rule, set, map, element, counter, quota
//	insert, replace rule            [index N | position N | handle N]
//	delete … handle N               of tables, chains, sets, maps, counters and quotas, too
//	list ruleset, tables, table, chains, chain, sets, set, maps, map, counters, counter, quotas, quota
//	flush ruleset, table, chain, set, map
//	list sets|counters|quotas table T
//	rename chain, get element, define, redefine, undefine
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
// # Tables of iptables
//
// They are listed as iptables-nft 1.8.9 makes them, with matches and targets that are not nft's as libxtables translates them, or
// "xt match recent", and then RunWarning's warning. Chains that are built in are there when iptables has used them. nft can
// flush, delete and rename there, set policies, delete rules, and have chains and sets of its own in these tables, which
// iptables does not see. To add a rule to a chain of iptables is an "Operation not supported", and rules of nft do not lead to one.
//
// # What is not here
//
// Refused, as by a nft that does not know it: families arp, bridge and netdev, flowtables, the hooks ingress and egress; the
// flags dynamic and timeout of sets, auto-merge, catch-all elements (*), and add and update in rules; fib oif, ether, vlan,
// numgen, jhash, rt, socket, exthdr, tcp option and window, ip version and frag-off, ct original, reply, count, helper, zone and
// timeout, meta day, hour and time, raw payloads (@nh,0,8); several bits with | in sets; queue, dup, fwd, tproxy, synproxy; prefixes
// of translations; maps of objects; interfaces by numbers (iif 5); the log level audit; changes of headers; limit and secmark
// objects; reset, monitor, describe, import and export; include; -j and -i.
//
// Less than with Linux: a concatenation has five values, where Linux has 64 bytes, and all variables of an input stand for
// 262,144 tokens. In braces of elements there may be variables that are sets, over which the real one hangs.
//
// Differences: errors say no "did you mean", and of a syntax error what was expected only where that is one thing or two. The first
// command of an input that the kernel refuses is told, not each. The range of all addresses is listed as the prefix /0.
// In a table of iptables the handles of nft's own chains and rules are counted beside those of iptables', and are the same
// numbers; a base chain that nft makes there is not the one that iptables has by that name from its first rule on.
package nftables
