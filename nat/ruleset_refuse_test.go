package nat

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// furnished returns rules to refuse changes of: filter has the chains A, which FORWARD
// and A2 jump to, with one rule, and the empty B; nat has DST with a DNAT, which
// PREROUTING jumps to, SRC with a MASQUERADE and the empty FREE, which POSTROUTING
// jumps to.
func furnished(t *testing.T, v6 bool) *Ruleset {
	rs := rulesetOf(v6)
	for _, c := range []Chain{"filter/A", "filter/A2", "filter/B", "nat/DST", "nat/SRC", "nat/FREE"} {
		require.NoError(t, rs.NewChain(c))
	}
	addr := "10.0.0.1"
	if v6 {
		addr = "fd00::1"
	}
	for _, line := range []string{
		"-A A -j ACCEPT", "-A A2 -j A", "-A FORWARD -j A", "-A FORWARD -m comment --comment x -j ACCEPT",
		"-t nat -A DST -j DNAT --to-destination " + addr, "-t nat -A PREROUTING -j DST",
		"-t nat -A SRC -j MASQUERADE", "-t nat -A POSTROUTING -j FREE",
	} {
		spec := line
		if v6 {
			spec = "-6 " + line
		}
		c, r, err := ParseRule(spec)
		require.NoError(t, err)
		require.NoError(t, rs.Append(c, r))
	}
	return rs
}

func appends(c Chain, r Rule) func(*Ruleset) error {
	return func(rs *Ruleset) error { return rs.Append(c, r) }
}

func target(t Target) Rule { return Rule{Target: t} }

func tcpRule(m ...Match) Rule {
	return Rule{Proto: Protocol{Number: ianaTCP}, Matches: m, Target: Accept{}}
}

func matching(m ...Match) Rule { return Rule{Matches: m, Target: Accept{}} }

var (
	v4addr = netip.MustParseAddr("192.0.2.1")
	v6addr = netip.MustParseAddr("2001:db8::1")
	toPort = NATRange{MinPort: 80, MaxPort: 80}
	toV4   = NATRange{MinAddr: v4addr, MaxAddr: v4addr}
)

var refusals = []struct {
	name  string
	do    func(*Ruleset) error
	err   error
	field string
}{
	{"no table", appends("bogus/INPUT", Rule{}), ErrNoTable, ""},
	{"no chain", appends("filter/NOSUCH", target(Drop{})), ErrNoChain, ""},
	{"chain of another table", appends("raw/INPUT", target(Accept{})), ErrNoChain, ""},
	{"no slash", appends("INPUT", target(Drop{})), ErrNoTable, ""},
	{"insert: no chain", func(rs *Ruleset) error { return rs.Insert("filter/NOSUCH", 1, Rule{}) }, ErrNoChain, ""},
	{"insert: too big", func(rs *Ruleset) error { return rs.Insert("filter/A", 3, Rule{}) }, ErrIndex, ""},
	{"insert: 0", func(rs *Ruleset) error { return rs.Insert("filter/A", 0, Rule{}) }, ErrIndex, ""},
	{"replace: too big", func(rs *Ruleset) error { return rs.Replace("filter/A", 2, Rule{}) }, ErrIndex, ""},
	{"replace: 0", func(rs *Ruleset) error { return rs.Replace("filter/A", 0, Rule{}) }, ErrIndex, ""},
	{"replace: loop", func(rs *Ruleset) error { return rs.Replace("filter/A", 1, target(Jump{"A2"})) }, ErrLoop, "Target"},
	{"delete: no rule", func(rs *Ruleset) error { return rs.Delete("filter/A", target(Drop{})) }, ErrNoRule, ""},
	{"delete: no chain", func(rs *Ruleset) error { return rs.Delete("filter/NOSUCH", target(Drop{})) }, ErrNoChain, ""},
	{"delete: not allowed here", func(rs *Ruleset) error { return rs.Delete("filter/A", target(SNAT{toV4})) }, ErrNoRule, ""},
	{"delete: no target", func(rs *Ruleset) error { return rs.Delete("filter/A", target(Jump{"NOSUCH"})) }, ErrNoTarget, "Target"},
	{"delete at: too big", func(rs *Ruleset) error { return rs.DeleteAt("filter/A", 2) }, ErrIndex, ""},
	{"delete at: no chain", func(rs *Ruleset) error { return rs.DeleteAt("filter/NOSUCH", 1) }, ErrNoChain, ""},
	{"flush: no chain", func(rs *Ruleset) error { return rs.Flush("filter/NOSUCH") }, ErrNoChain, ""},
	{"zero: no chain", func(rs *Ruleset) error { return rs.Zero("filter/NOSUCH") }, ErrNoChain, ""},
	{"zero: no rule", func(rs *Ruleset) error { return rs.SetCounters("filter/A", 2, Counters{}) }, ErrIndex, ""},

	{"new chain: exists", func(rs *Ruleset) error { return rs.NewChain("filter/A") }, ErrChainExists, ""},
	{"new chain: built in", func(rs *Ruleset) error { return rs.NewChain(FilterForward) }, ErrChainExists, ""},
	{"new chain: target", func(rs *Ruleset) error { return rs.NewChain("filter/DNAT") }, ErrChainName, ""},
	{"new chain: no name", func(rs *Ruleset) error { return rs.NewChain("filter/") }, ErrChainName, ""},
	{"new chain: dash", func(rs *Ruleset) error { return rs.NewChain("filter/-x") }, ErrChainName, ""},
	{"new chain: bang", func(rs *Ruleset) error { return rs.NewChain("filter/!x") }, ErrChainName, ""},
	{"new chain: blank", func(rs *Ruleset) error { return rs.NewChain("filter/a b") }, ErrChainName, ""},
	{"new chain: long", func(rs *Ruleset) error { return rs.NewChain("filter/abcdefghijabcdefghijabcdefghi") }, ErrChainName, ""},
	{"delete chain: no chain", func(rs *Ruleset) error { return rs.DeleteChain("filter/NOSUCH") }, ErrNoChain, ""},
	{"delete chain: in use", func(rs *Ruleset) error { return rs.DeleteChain("nat/FREE") }, ErrChainInUse, ""},
	{"delete chain: not empty", func(rs *Ruleset) error { return rs.DeleteChain("filter/A2") }, ErrNotEmpty, ""},
	{"delete chain: built in", func(rs *Ruleset) error { return rs.DeleteChain(FilterInput) }, ErrBuiltin, ""},
	{"rename: exists", func(rs *Ruleset) error { return rs.RenameChain("filter/A", "B") }, ErrChainExists, ""},
	{"rename: no chain", func(rs *Ruleset) error { return rs.RenameChain("filter/NOSUCH", "C") }, ErrNoChain, ""},
	{"rename: built in", func(rs *Ruleset) error { return rs.RenameChain(FilterInput, "C") }, ErrBuiltin, ""},
	{"rename: target", func(rs *Ruleset) error { return rs.RenameChain("filter/A", "ACCEPT") }, ErrChainName, ""},
	{"policy: own chain", func(rs *Ruleset) error { return rs.SetPolicy("filter/A", Drop{}) }, ErrNotBuiltin, ""},
	{"policy: RETURN", func(rs *Ruleset) error { return rs.SetPolicy(FilterInput, Return{}) }, ErrPolicy, ""},
	{"policy: none", func(rs *Ruleset) error { return rs.SetPolicy(FilterInput, nil) }, ErrPolicy, ""},
	{"policy: nat", func(rs *Ruleset) error { return rs.SetPolicy(NATPrerouting, Drop{}) }, ErrTarget, ""},

	{"loop: itself", appends("filter/B", target(Jump{"B"})), ErrLoop, "Target"},
	{"loop: of two", appends("filter/A", target(Jump{"A2"})), ErrLoop, "Target"},
	{"loop: goto", appends("filter/A", target(Goto{"A2"})), ErrLoop, "Target"},
	{"loop: insert", func(rs *Ruleset) error { return rs.Insert("filter/A", 1, target(Goto{"A2"})) }, ErrLoop, "Target"},
	{"jump: no chain", appends("filter/A", target(Jump{"NOSUCH"})), ErrNoTarget, "Target"},
	{"jump: other table", appends("filter/A", target(Jump{"DST"})), ErrNoTarget, "Target"},
	{"jump: built in", appends("filter/A", target(Jump{"FORWARD"})), ErrNoTarget, "Target"},

	{"DNAT in POSTROUTING", appends(NATPostrouting, target(DNAT{toV4})), ErrTarget, "Target"},
	{"DNAT in INPUT", appends(NATInput, target(DNAT{toV4})), ErrTarget, "Target"},
	{"DNAT in filter", appends(FilterInput, target(DNAT{toV4})), ErrTarget, "Target"},
	{"DNAT in an own chain of filter", appends("filter/B", target(DNAT{toV4})), ErrTarget, "Target"},
	{"DNAT behind POSTROUTING", appends("nat/FREE", target(DNAT{toV4})), ErrTarget, "Target"},
	{"jump to DNAT from POSTROUTING", appends(NATPostrouting, target(Jump{"DST"})), ErrTarget, "Target"},
	{"goto DNAT from POSTROUTING", appends("nat/FREE", target(Goto{"DST"})), ErrTarget, "Target"},
	{"jump to MASQUERADE from PREROUTING", appends(NATPrerouting, target(Jump{"SRC"})), ErrTarget, "Target"},
	{"SNAT in PREROUTING", appends(NATPrerouting, target(SNAT{toV4})), ErrTarget, "Target"},
	{"MASQUERADE in INPUT", appends(NATInput, target(Masquerade{})), ErrTarget, "Target"},
	{"REDIRECT in POSTROUTING", appends(NATPostrouting, target(Redirect{})), ErrTarget, "Target"},
	{"REJECT in nat", appends(NATPrerouting, target(Reject{})), ErrTarget, "Target"},
	{"REJECT in mangle", appends(MangleInput, target(Reject{})), ErrTarget, "Target"},
	{"NOTRACK in filter", appends(FilterInput, target(NoTrack{})), ErrTarget, "Target"},
	{"DROP in nat", appends(NATPrerouting, target(Drop{})), ErrTarget, "Target"},
	{"a pointer", appends(FilterInput, target(&Accept{})), ErrTarget, "Target"},

	{"-o in INPUT", appends(FilterInput, Rule{Out: Interface{Name: "eth0"}}), ErrInterface, "Out"},
	{"-o in PREROUTING", appends(NATPrerouting, Rule{Out: Interface{Name: "eth0"}}), ErrInterface, "Out"},
	{"-i in OUTPUT", appends(FilterOutput, Rule{In: Interface{Name: "+"}}), ErrInterface, "In"},
	{"-i in POSTROUTING", appends(NATPostrouting, Rule{In: Interface{Name: "eth0"}}), ErrInterface, "In"},
	{"long interface", appends(FilterInput, Rule{In: Interface{Name: "abcdefghijklmnop"}}), ErrInterface, "In"},
	{"long prefix", appends(FilterForward, Rule{Out: Interface{Name: "abcdefghijklmno+"}}), ErrInterface, "Out"},
	{"not no interface", appends(FilterForward, Rule{Out: Interface{Not: true}}), ErrInterface, "Out"},
	{"! -s 0/0", appends(FilterForward, Rule{Src: Network{Addr: netip.IPv4Unspecified(), Mask: netip.IPv4Unspecified(), Not: true}}), ErrNever, "Src"},
	{"! -p all", appends(FilterForward, Rule{Proto: Protocol{Not: true}}), ErrNever, "Proto"},
	{"IPv6 source", appends(FilterForward, Rule{Src: hostOf(v6addr)}), ErrFamily, "Src"},
	{"IPv6 mask", appends(FilterForward, Rule{Dst: Network{Addr: v4addr, Mask: v6addr}}), ErrFamily, "Dst"},
	{"no address, inverted", appends(FilterForward, Rule{Src: Network{Not: true}}), ErrFamily, "Src"},
	{"mask without address", appends(FilterForward, Rule{Dst: Network{Mask: v4addr}}), ErrFamily, "Dst"},

	{"TCP without -p", appends(FilterForward, matching(TCP{Dst: onePort(80)})), ErrPort, "Matches[0]"},
	{"TCP of UDP", appends(FilterForward, Rule{Proto: Protocol{Number: ianaUDP}, Matches: []Match{TCP{Dst: onePort(80)}}}), ErrPort, "Matches[0]"},
	{"UDP of not UDP", appends(FilterForward, Rule{Proto: Protocol{Number: ianaUDP, Not: true}, Matches: []Match{UDP{Dst: onePort(80)}}}), ErrPort, "Matches[0]"},
	{"TCP of UDP, without ports", appends(FilterForward, Rule{Proto: Protocol{Number: ianaUDP}, Matches: []Match{TCP{}}}), ErrProtocol, "Matches[0]"},
	{"UDP of TCP, without ports", appends(FilterForward, tcpRule(UDP{})), ErrProtocol, "Matches[0]"},
	{"ports upside down", appends(FilterForward, tcpRule(TCP{Dst: PortRange{Lo: 80, Hi: 20, Set: true}})), ErrPortRange, "Matches[0]"},
	{"ports that are not set", appends(FilterForward, tcpRule(TCP{Dst: PortRange{Lo: 80, Hi: 80}})), ErrPortRange, "Matches[0]"},
	{"flags of no mask", appends(FilterForward, tcpRule(Comment{}, TCP{Flags: TCPFlags{Set: 2}})), ErrValue, "Matches[1]"},
	{"multiport without -p", appends(FilterForward, matching(Multiport{Which: EitherPorts, Ports: []PortRange{onePort(1)}})), ErrPort, "Matches[0]"},
	{"multiport of ICMP", appends(FilterForward, Rule{Proto: Protocol{Number: ianaICMP}, Matches: []Match{Multiport{Which: EitherPorts, Ports: []PortRange{onePort(1)}}}}), ErrPort, "Matches[0]"},
	{"multiport of 16", appends(FilterForward, tcpRule(Multiport{Which: EitherPorts, Ports: slices.Repeat([]PortRange{onePort(1)}, 16)})), ErrValue, "Matches[0]"},
	{"multiport of 8 ranges", appends(FilterForward, tcpRule(Multiport{Which: EitherPorts, Ports: slices.Repeat([]PortRange{{Lo: 1, Hi: 2}}, 8)})), ErrValue, "Matches[0]"},
	{"multiport of none", appends(FilterForward, tcpRule(Multiport{Which: EitherPorts})), ErrValue, "Matches[0]"},
	{"ICMP without -p", appends(FilterForward, matching(ICMP{Type: 8, MaxCode: 255})), ErrProtocol, "Matches[0]"},
	{"ICMPv6", appends(FilterForward, Rule{Proto: Protocol{Number: ianaICMPv6}, Matches: []Match{ICMP{V6: true, Type: 128, MaxCode: 255}}}), ErrFamily, "Matches[0]"},
	{"no state", appends(FilterForward, matching(Conntrack{})), ErrValue, "Matches[0]"},
	{"state SNAT", appends(FilterForward, matching(State{States: StateSNAT})), ErrValue, "Matches[0]"},
	{"no addrtype", appends(FilterForward, matching(AddrType{})), ErrValue, "Matches[0]"},
	{"limit 0", appends(FilterForward, matching(Limit{Unit: PerSecond})), ErrValue, "Matches[0]"},
	{"limit too fast", appends(FilterForward, matching(Limit{Count: 10001, Unit: PerSecond})), ErrValue, "Matches[0]"},
	{"limit of no unit", appends(FilterForward, matching(Limit{Count: 1})), ErrValue, "Matches[0]"},
	{"limit burst", appends(FilterForward, matching(Limit{Count: 1, Unit: PerDay, Burst: 10001})), ErrValue, "Matches[0]"},
	{"comment", appends(FilterForward, matching(Comment{Text: strings.Repeat("x", 256)})), ErrValue, "Matches[0]"},
	{"no physdev", appends(FilterForward, matching(Physdev{})), ErrValue, "Matches[0]"},
	{"physdev-out in OUTPUT", appends(FilterOutput, matching(Physdev{Out: Interface{Name: "e"}})), ErrMatch, "Matches[0]"},
	{"physdev-is-out in OUTPUT", appends(FilterOutput, matching(Comment{}, Physdev{IsOut: true})), ErrMatch, "Matches[1]"},
	{"nil match", appends(FilterForward, matching(nil)), ErrMatch, "Matches[0]"},

	{"DNAT to a port without -p", appends(NATPrerouting, target(DNAT{toPort})), ErrPort, "Target"},
	{"MASQUERADE to a port without -p", appends(NATPostrouting, target(Masquerade{MinPort: 1, MaxPort: 2})), ErrPort, "Target"},
	{"REDIRECT to ports upside down", appends(NATPrerouting, Rule{Proto: Protocol{Number: ianaTCP}, Target: Redirect{MinPort: 90, MaxPort: 80}}), ErrPortRange, "Target"},
	{"DNAT to nowhere", appends(NATPrerouting, target(DNAT{})), ErrValue, "Target"},
	{"DNAT to ports from 0", appends(NATPrerouting, Rule{Proto: Protocol{Number: ianaTCP}, Target: DNAT{NATRange{MaxPort: 80}}}), ErrPortRange, "Target"},
	{"REDIRECT to ports from 0", appends(NATPrerouting, Rule{Proto: Protocol{Number: ianaTCP}, Target: Redirect{MaxPort: 80}}), ErrPortRange, "Target"},
	{"DNAT to IPv6", appends(NATPrerouting, target(DNAT{NATRange{MinAddr: v6addr, MaxAddr: v6addr}})), ErrFamily, "Target"},
	{"tcp-reset without -p", appends(FilterInput, target(Reject{TCPReset})), ErrProtocol, "Target"},
	{"tcp-reset of not TCP", appends(FilterInput, Rule{Proto: Protocol{Number: ianaTCP, Not: true}, Target: Reject{TCPReset}}), ErrProtocol, "Target"},
	{"reject as IPv6", appends(FilterInput, target(Reject{ICMP6NoRoute})), ErrFamily, "Target"},
	{"reject as nothing", appends(FilterInput, target(Reject{"with-a-smile"})), ErrValue, "Target"},
	{"log level", appends(FilterInput, target(Log{Level: 8})), ErrValue, "Target"},
	{"log prefix", appends(FilterInput, target(Log{Prefix: strings.Repeat("x", 30)})), ErrValue, "Target"},

	{"the second of two", func(rs *Ruleset) error { return rs.Append("filter/A", target(Accept{}), target(SNAT{toV4})) }, ErrTarget, "Target"},
	{"the last change of many", func(rs *Ruleset) error {
		return rs.Edit(func(d *Ruleset) error {
			d.Append("filter/A", target(Drop{}))
			d.Zero(FilterForward)
			d.Reset("nat")
			d.RenameChain("filter/A", "Z")
			return d.DeleteChain("filter/Z")
		})
	}, ErrNotEmpty, ""},
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, tt := range refusals {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rs := furnished(t, false)
			state, before := rs.state.Load(), describe(rs)
			err := tt.do(rs)
			var e *RuleError
			require.ErrorAs(t, err, &e)
			assert.ErrorIs(t, err, tt.err)
			assert.Equal(t, tt.field, e.Field)
			assert.Same(t, state, rs.state.Load())
			assert.Equal(t, before, describe(rs))
		})
	}
}

// TestRefusedInEdit has changes that are refused among others that are not: they leave
// nothing behind, in the rules or in what is known of hooks and jumps.
func TestRefusedInEdit(t *testing.T) {
	t.Parallel()
	for _, tt := range refusals {
		if tt.name == "the last change of many" { // the others are part of this Edit then
			continue
		}
		rs := furnished(t, false)
		before := describe(rs)
		require.NoError(t, rs.Edit(func(tx *Ruleset) error {
			require.NoError(t, tx.Append("nat/DST", target(Accept{})))
			require.NoError(t, tx.DeleteAt("nat/DST", 2))
			require.ErrorIs(t, tt.do(tx), tt.err, tt.name)
			return nil
		}))
		require.Equal(t, before, describe(rs), tt.name)
		require.ErrorIs(t, rs.Append(NATPostrouting, target(Jump{"DST"})), ErrTarget)
		require.NoError(t, rs.Append(NATPrerouting, target(Jump{"FREE"})))
	}
}

// describe returns all that can be seen of a ruleset.
func describe(rs *Ruleset) string {
	var b strings.Builder
	for id := range numTables {
		fmt.Fprintln(&b, id, rs.Used(id.String()))
		for c := range rs.Chains(id.String()) {
			policy, passed, _ := rs.Policy(c)
			fmt.Fprintln(&b, c, policy, passed, rs.References(c))
			for r, n := range rs.Rules(c) {
				fmt.Fprintln(&b, r, n)
			}
		}
	}
	return b.String()
}

func TestRuleErrorText(t *testing.T) {
	t.Parallel()
	rs := furnished(t, false)
	for want, err := range map[string]error{
		`nat: append nat/POSTROUTING "-p tcp -j DNAT --to-destination 192.0.2.1": Target: target not allowed in this chain`: rs.Append(NATPostrouting, Rule{
			Proto: Protocol{Number: ianaTCP}, Target: DNAT{toV4}}),
		`nat: append filter/FORWARD "-m tcp --dport 80": Matches[0]: protocol without ports`:   rs.Append(FilterForward, Rule{Matches: []Match{TCP{Dst: onePort(80)}}}),
		`nat: append filter/INPUT "-o eth0": Out: bad interface: packets in INPUT have none`:   rs.Append(FilterInput, Rule{Out: Interface{Name: "eth0"}}),
		`nat: delete chain filter/A2: the chain has rules`:                                     rs.DeleteChain("filter/A2"),
		`nat: delete filter/A "-j DROP": Bad rule (does a matching rule exist in that chain?)`: rs.Delete("filter/A", target(Drop{})),
		`nat: append filter/INPUT: Matches[0]: match not allowed in this chain`:                rs.Append(FilterInput, matching(nil)),
	} {
		assert.EqualError(t, err, want)
	}
}

// TestRefusalsOfIPv6 are those that another family makes a difference to.
func TestRefusalsOfIPv6(t *testing.T) {
	t.Parallel()
	rs := furnished(t, true)
	state := rs.state.Load()
	for _, r := range []Rule{
		{Src: hostOf(v4addr)}, {Dst: hostOf(netip.MustParseAddr("fe80::1%eth0"))}, {Dst: hostOf(netip.MustParseAddr("::ffff:192.0.2.1")), Src: hostOf(v4addr)},
		{Target: Reject{ICMPPortUnreachable}},
		{Proto: Protocol{Number: ianaICMP}, Matches: []Match{ICMP{Type: 8, MaxCode: 255}}},
		{Proto: Protocol{Number: ianaICMP}, Matches: []Match{ICMP{V6: true, Type: 8, MaxCode: 255}}},
	} {
		require.Error(t, rs.Append(FilterInput, r), r)
		require.Same(t, state, rs.state.Load())
	}
	require.NoError(t, rs.Append(FilterInput, Rule{
		Src: hostOf(v6addr), Proto: Protocol{Number: ianaICMPv6}, Matches: []Match{ICMP{V6: true, Type: 128, MaxCode: 255}}, Target: Reject{},
	}))
	require.Equal(t, []string{"-s 2001:db8::1/128 -p ipv6-icmp -m icmp6 --icmpv6-type 128 -j REJECT --reject-with icmp6-port-unreachable"}, rulesOf(rs, FilterInput))
}
