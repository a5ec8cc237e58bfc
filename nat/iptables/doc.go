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
// # Errors
//
// A command that fails has done nothing and printed nothing. Its [Error] says what the real
// one writes to stderr, and its exit code is
//
//	1  the rules do not allow it: no such chain or rule, a chain that exists …
//	2  the command line is wrong: an unknown option, a bad value, a missing chain to jump to
//	3  there is no such table
//	4  the kernel refuses it: a target that is not allowed there, a circle, a chain in use
//
// What is checked where is as in iptables-nft: the words of 1, 3 and 4 are about what
// package nat has refused, those of 2 mostly about what never got there. Of two faults in a
// line the one is told that iptables would find first.
//
// # How a line is read
//
// As by getopt_long, word by word, from left to right. An option of a match exists from the
// -m that names it on, or from the -p of its protocol: "-p tcp --dport 80" means "-p tcp -m
// tcp --dport 80", and "--dport 80 -p tcp" nothing. Long options may be shortened as far as
// nothing else begins so, which a further -m can spoil. "!" stands before the option that it
// inverts. A word behind a match's options is no operand but an error.
//
// -s and -d may be lists, -s 10.0.0.1,10.0.0.2, and the line is then several rules. Names of
// services are those that people write in rules, from Debian's /etc/services; names of hosts
// are not looked up.
//
// # Lists
//
// -L prints a table for people, -S and [Save] print commands that make the rules again. What
// -S prints of a rule is nat.Rule's String, and [ParseRule] reads it. With -v they have the
// counters; -x prints those in full, as iptables-save does. Numbers of rules, which -D, -I,
// -R and -Z take, are counted from 1 and shown by --line-numbers.
//
// # What there is
//
// The matches are tcp, udp, multiport, icmp, icmp6, conntrack, state, addrtype, mark, limit,
// comment, physdev, set, statistic, recent, connmark, connlimit, hashlimit, iprange, ttl, hl,
// length, dscp, tos, tcpmss, pkttype, mac, owner, rpfilter, time, string, u32 and rt, the targets
// ACCEPT, DROP, RETURN, REJECT, SNAT, DNAT, MASQUERADE, REDIRECT, NETMAP, MARK, CONNMARK, LOG,
// NFLOG, TRACE, NFQUEUE, NOTRACK, CT, SET, TCPMSS, TTL, HL, DSCP, TOS, CHECKSUM and, which Debian
// has not, NAPT. The file of each says which options it has. Warnings are not printed, only what fails.
//
// Hosts have no names here: -L prints addresses as numbers with and without -n. And it
// prints protocols by name with and without -n, as iptables did for twenty years and 1.8.9
// does not: what Docker's documentation and everybody's notes show.
//
// -4 and -6 are taken where they say what is so anyway. -w and -W wait for nobody: a command is
// one change of the ruleset, which needs no lock between processes. That -W is deprecated
// nobody is told. --modprobe, -M and --random-seed are not here, nor are the options
// of iptables-restore, whose -c is [RestoreCounters] and whose -n and -T have no like.
//
// Three things are stricter than in the real one: a quote without an end in the input of
// iptables-restore, a comment with a newline, and ports of SNAT and MASQUERADE that are
// shifted. All give rules that iptables-save prints and iptables-restore cannot read.
//
// # How equal it is
//
// The extensions of iptables come with tests of their own, extensions/*.t of its sources. Of
// those of 1.8.9 about what is here, 1539 of 1545 are as they say, each line once for each of its
// chains. The rest expects what older kernels and iptables-legacy did: that --hitcount 999 of
// recent is refused and the prefix of NFLOG cut after 64 bytes.
//
//	apt-get source iptables
//	IPTABLES_EXTENSIONS=$PWD/iptables-1.8.9/extensions go test -v -run 'TestCorpus$' ./nat/iptables
//
// TestCorpusLikeTheRealOne compares messages, exit codes and lists of the same lines with the
// iptables that is installed, as root, and TestLikeTheRealOne those of random rules.
//
// # Adding a match or a target
//
// It takes two files and their tests; nothing else lists the matches. As with -m ttl:
//
//  1. nat/match_ttl.go has the type TTLMatch with its fields, its check, its String (the words
//     of iptables-save) and its match, which reads the packet. Where a digest tells what
//     it asks for, compile says so, and packets are spared the call.
//  2. nat/iptables/match_ttl.go registers a matchKind: the name, a begin that returns the
//     options, each of which sets a field of TTLMatch, and a list that prints the last column
//     of -L.
//
// A target is the same with target_*.go and a targetKind, its work being apply.
package iptables
