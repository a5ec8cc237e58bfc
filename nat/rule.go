package nat

import (
	"slices"
	"strings"

	"drydock/nat/internal/words"
)

// A Rule applies Target to the packets that all its other fields match. The zero
// Rule matches everything and has no target: it only counts.
type Rule struct {
	Src, Dst Network   // -s, -d
	In, Out  Interface // -i, -o
	Proto    Protocol  // -p
	Fragment Fragments // -f
	Matches  []Match   // -m, in the order given
	Target   Target    // -j or -g; nil: none
}

// Fragments says which pieces of a datagram of IPv4 a rule is about. Connection tracking has
// the pieces share the fate of the first, so that a rule with -f sees none, as on a Linux
// that tracks connections.
type Fragments uint8

const (
	AllFragments       Fragments = iota // and whole datagrams
	FollowingFragments                  // -f: all but the first
	FirstFragments                      // ! -f: the first, and whole datagrams
)

// String returns the option, "" for AllFragments.
func (f Fragments) String() string {
	switch f {
	case FollowingFragments:
		return "-f"
	case FirstFragments:
		return "! -f"
	}
	return ""
}

// A Match is a condition of an extension, what follows -m: TCP, UDP, Multiport, ICMP,
// Conntrack, State, AddrType, MarkMatch, Limit, Comment, Physdev, Set, Statistic, Recent,
// ConnMarkMatch, ConnLimit, HashLimit, IPRange, TTLMatch, Length, DSCPMatch, TOSMatch,
// TCPMSSMatch, PktType, MAC, Owner, RPFilter, Time, String, U32 or RT. Each stands in a file
// of its own.
type Match interface {
	// String is what iptables-save prints, "-m tcp --dport 80".
	String() string
	// checked returns the match as Rules shows it, or why it cannot be in such a rule.
	checked(in setting) (Match, error)
	// compile asks for what the digest of packets tells, and returns what tests them for
	// the rest, nil for nothing. That belongs to one rule, which it may remember things
	// for.
	compile(a *asking) matcher
}

// A matcher tests packets for a match of a rule.
type matcher interface{ match(p *packet) bool }

// A hooked match is not allowed at all hooks.
type hooked interface{ hooks() hookSet }

// A deep match has parts that a copy shares and == does not compare.
type deep interface {
	clone() Match
	equal(Match) bool
}

// A Target is what becomes of a packet that a rule matches: Accept, Drop, Return,
// Jump, Goto, Reject, SNAT, DNAT, Masquerade, Redirect, Netmap, Mark, ConnMark, Log, NFLog, Trace,
// NFQueue, NoTrack, CT, NAPT, SetTarget, TCPMSS, TTL, DSCP, TOS or Checksum. Targets are comparable.
type Target interface {
	// String is what iptables-save prints, "-j DNAT --to-destination 172.17.0.2:80".
	String() string
	// place is where rules may have the target.
	place() place
	// checked returns the target as Rules shows it, or why it cannot be in such a rule.
	checked(in setting) (Target, error)
}

// An applier is a target that does something. The others are known to traversal:
// Accept, Drop, Return, Jump and Goto.
type applier interface {
	apply(h *host, p *packet) verdict
}

// A compiled target is applied by something of one rule, which holds what the target names.
type compiled interface {
	compileTarget(on *host, v6 bool) applier
}

// A setting is what a match or a target may depend on of the rest of its rule.
type setting struct {
	v6    bool
	proto Protocol
	on    *host
}

// A place is where a target is allowed: at hooks of tables, which are bits by tableID.
type place struct {
	tables uint8
	hooks  hookSet
}

var anywhere = place{tables: 1<<numTables - 1, hooks: everyHook}

// reserved are the names of targets, which no chain may have. Each target reserves its
// own when the package is initialized.
var reserved []string

// reserve is called by the declarations of the targets, in no order.
func reserve(name string) struct{} {
	reserved = append(reserved, name)
	return struct{}{}
}

// String returns the rule as iptables-save prints it behind "-A CHAIN ":
// "-s 172.17.0.0/16 ! -o docker0 -j MASQUERADE". Package iptables reads it.
func (r Rule) String() string {
	var b strings.Builder
	option := func(not bool, name, value string) {
		if value == "" {
			return
		}
		if not {
			b.WriteString(" !")
		}
		b.WriteString(" " + name + " " + value)
	}
	option(r.Src.Not, "-s", r.Src.prefix())
	option(r.Dst.Not, "-d", r.Dst.prefix())
	if r.In.Name != "" {
		option(r.In.Not, "-i", words.Name(r.In.Name))
	}
	if r.Out.Name != "" {
		option(r.Out.Not, "-o", words.Name(r.Out.Name))
	}
	if r.Proto.Number != 0 {
		option(r.Proto.Not, "-p", protocolName(r.Proto.Number))
	}
	if r.Fragment != AllFragments {
		b.WriteString(" " + r.Fragment.String())
	}
	for _, m := range r.Matches {
		b.WriteString(" " + m.String())
	}
	if r.Target != nil {
		b.WriteString(" " + r.Target.String())
	}
	return strings.TrimPrefix(b.String(), " ")
}

// clone returns a copy that shares nothing with r.
func (r Rule) clone() Rule {
	r.Matches = slices.Clone(r.Matches)
	for i, m := range r.Matches {
		if m, ok := m.(deep); ok {
			r.Matches[i] = m.clone()
		}
	}
	return r
}

// equal compares rules that have been checked.
func (r *Rule) equal(s *Rule) bool {
	return r.Src == s.Src && r.Dst == s.Dst && r.In == s.In && r.Out == s.Out && r.Proto == s.Proto &&
		r.Fragment == s.Fragment && r.Target == s.Target && slices.EqualFunc(r.Matches, s.Matches, equalMatches)
}

// equalMatches compares with ==, which would panic for what has parts that cannot be
// compared so.
func equalMatches(a, b Match) bool {
	if a, ok := a.(deep); ok {
		return a.equal(b)
	}
	_, isDeep := b.(deep)
	return !isDeep && a == b
}
