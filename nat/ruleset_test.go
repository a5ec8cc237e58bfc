package nat

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNewTables(t *testing.T) {
	t.Parallel()
	for table, want := range map[string][]Chain{
		"raw":    {RawPrerouting, RawOutput},
		"mangle": {ManglePrerouting, MangleInput, MangleForward, MangleOutput, ManglePostrouting},
		"nat":    {NATPrerouting, NATInput, NATOutput, NATPostrouting},
		"filter": {FilterInput, FilterForward, FilterOutput},
		"bogus":  nil,
	} {
		rs := New().v4
		require.Equal(t, want, chainsOf(rs, table))
		for _, c := range want {
			policy, n, ok := rs.Policy(c)
			require.True(t, ok)
			require.Equal(t, Accept{}, policy)
			require.Zero(t, n)
			require.Empty(t, rulesOf(rs, c))
		}
	}
}

// TestUsed has what iptables-save 1.8.9 shows a table after, and what not.
func TestUsed(t *testing.T) {
	t.Parallel()
	r := target(Drop{})
	for name, tt := range map[string]struct {
		do   func(rs *Ruleset) error
		used bool
	}{
		"append":  {func(rs *Ruleset) error { return rs.Append(FilterInput, r) }, true},
		"insert":  {func(rs *Ruleset) error { return rs.Insert(FilterInput, 1, r) }, true},
		"policy":  {func(rs *Ruleset) error { return rs.SetPolicy(FilterInput, Accept{}) }, true},
		"flush":   {func(rs *Ruleset) error { return rs.Flush(FilterInput) }, true},
		"chain":   {func(rs *Ruleset) error { return rs.NewChain("filter/A") }, true},
		"clear":   {func(rs *Ruleset) error { rs.NewChain("filter/A"); return rs.Reset("filter") }, false},
		"refused": {func(rs *Ruleset) error { rs.Append(FilterInput, target(NoTrack{})); return nil }, false},
		"zero":    {func(rs *Ruleset) error { return rs.Zero(FilterInput) }, false},
		"check":   {func(rs *Ruleset) error { _, err := rs.Has(FilterInput, r); return err }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tables := New()
			require.NoError(t, tt.do(tables.v4))
			require.Equal(t, tt.used, tables.v4.Used("filter"))
			require.False(t, tables.v4.Used("nat"))
		})
	}
}

// TestCanonical has rules as they are given and as iptables-save prints them.
func TestCanonical(t *testing.T) {
	t.Parallel()
	addr := netip.MustParseAddr
	for want, r := range map[string]Rule{
		"-s 10.0.0.0/8":           {Src: Network{Addr: addr("10.1.2.3"), Mask: addr("255.0.0.0")}},
		"-s 10.0.2.0/255.0.255.0": {Src: Network{Addr: addr("10.1.2.3"), Mask: addr("255.0.255.0")}},
		"! -d 10.1.2.3/32":        {Dst: Network{Addr: addr("10.1.2.3"), Not: true}},
		"-i eth+":                 {In: Interface{Name: "eth+"}},
		"! -i +":                  {In: Interface{Name: "+", Not: true}},
		"":                        {In: Interface{Name: "+"}, Dst: network("0.0.0.0/0")},
		"-m limit --limit 1/day":  {Matches: []Match{Limit{Count: 1, Unit: PerDay}}},
		"-j REJECT --reject-with icmp-port-unreachable": {Target: Reject{}},
	} {
		rs := New().v4
		require.NoError(t, rs.Append(FilterForward, r))
		require.Equal(t, []string{want}, rulesOf(rs, FilterForward))
		has, err := rs.Has(FilterForward, r)
		require.NoError(t, err)
		require.True(t, has)
		require.NoError(t, rs.Delete(FilterForward, r))
	}
}

// TestHas tells rules apart that differ in one thing.
func TestHas(t *testing.T) {
	t.Parallel()
	rules := []string{
		"", "-j ACCEPT", "-j DROP", "-s 10.0.0.0/8", "! -s 10.0.0.0/8", "-s 10.0.0.0/9", "-d 10.0.0.0/8", "-i a", "-o a", "! -o a", "-o a+",
		"-p tcp", "! -p tcp", "-p udp", "-p tcp -m tcp --dport 80", "-p tcp -m tcp --sport 80", "-p tcp -m tcp --dport 80:81",
		"-p tcp -m multiport --dports 80", "-p tcp -m multiport --dports 80,81", "-p tcp -m multiport --sports 80", "-p tcp -m multiport ! --dports 80",
		"-p tcp -m multiport --dports 80 -m comment --comment a", "-p tcp -m comment --comment a -m multiport --dports 80",
		"-m comment --comment a", "-m comment --comment b", "-m conntrack --ctstate NEW", "-m state --state NEW", "-m limit --limit 1/day",
	}
	rs := New().v4
	for i, spec := range rules {
		has, err := rs.Has(FilterForward, parsed(t, spec))
		require.NoError(t, err)
		require.False(t, has, spec)
		require.NoError(t, rs.Append(FilterForward, parsed(t, spec)))
		for _, spec := range rules[:i+1] {
			has, _ := rs.Has(FilterForward, parsed(t, spec))
			require.True(t, has, spec)
		}
	}
	_, err := rs.Has("filter/NOSUCH", Rule{})
	require.ErrorIs(t, err, ErrNoChain)
	for _, spec := range rules {
		require.NoError(t, rs.Delete(FilterForward, parsed(t, spec)))
	}
	require.Empty(t, rulesOf(rs, FilterForward))
}

// TestRulesAreCopies keeps a caller from changing rules behind the back of packets.
func TestRulesAreCopies(t *testing.T) {
	t.Parallel()
	rs := New().v4
	ports := []PortRange{onePort(1)}
	matches := []Match{Multiport{Which: EitherPorts, Ports: ports}}
	require.NoError(t, rs.Append(FilterForward, Rule{Proto: Protocol{Number: ianaTCP}, Matches: matches}))
	want := rulesOf(rs, FilterForward)
	ports[0] = onePort(2)
	matches[0] = Comment{}
	for r := range rs.Rules(FilterForward) {
		r.Matches[0].(Multiport).Ports[0] = onePort(3)
		r.Matches[0] = Comment{}
	}
	require.Equal(t, want, rulesOf(rs, FilterForward))
}

// TestDepth has as many jumps in a row as Linux allows, which counts only those that
// packets can make.
func TestDepth(t *testing.T) {
	t.Parallel()
	rs := New().v4
	name := func(i int) string { return fmt.Sprint("C", i) }
	for i := 1; i <= 20; i++ {
		require.NoError(t, rs.NewChain(Chain("filter/"+name(i))))
	}
	from := FilterForward
	for i := 1; i <= 15; i++ {
		require.NoError(t, rs.Append(from, target(Jump{name(i)})), i)
		from = Chain("filter/" + name(i))
	}
	require.ErrorIs(t, rs.Append(from, target(Jump{name(16)})), ErrDepth)
	require.NoError(t, rs.Append("filter/C16", target(Jump{"C17"})), "no packet comes here")
	require.ErrorIs(t, rs.Append("filter/C14", target(Goto{"C16"})), ErrDepth)
	require.NoError(t, rs.Append("filter/C13", target(Goto{"C16"})))

	require.NoError(t, rs.Append("filter/C15", target(Drop{})))
	tables := &Tables{v4: rs}
	p := samplePacket(tables)
	require.Equal(t, dropped, rs.traverse(filterTable, p))
	require.Equal(t, Chain("filter/C15"), p.chain)
	require.Equal(t, 1, p.rule)

	require.NoError(t, rs.Flush(FilterForward))
	require.NoError(t, rs.Append("filter/C15", target(Jump{"C20"})), "no packet comes here any more")
	require.ErrorIs(t, rs.Append(FilterInput, target(Jump{"C1"})), ErrDepth)
}

// TestVerdict has which rule of which chain decides, from which the reason of a drop is
// known.
func TestVerdict(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		rules []string // of FORWARD, A and B
		want  verdict
		chain Chain
		rule  int
	}{
		{"policy", nil, dropped, FilterForward, 0},
		{"rule", []string{"-A FORWARD", "-A FORWARD -j ACCEPT"}, accept, FilterForward, 2},
		{"own chain", []string{"-A FORWARD -j A", "-A A -p udp -j ACCEPT", "-A A -j DROP"}, dropped, "filter/A", 2},
		{"back from jump", []string{"-A FORWARD -j A", "-A A", "-A FORWARD -j ACCEPT"}, accept, FilterForward, 2},
		{"RETURN from jump", []string{"-A FORWARD -j A", "-A A -j RETURN", "-A A -j DROP", "-A FORWARD -j ACCEPT"}, accept, FilterForward, 2},
		{"RETURN to policy", []string{"-A FORWARD -j RETURN", "-A FORWARD -j ACCEPT"}, dropped, FilterForward, 0},
		{"goto does not come back", []string{"-A FORWARD -g A", "-A FORWARD -j ACCEPT"}, dropped, FilterForward, 0},
		{"goto comes back to the caller", []string{"-A FORWARD -j A", "-A A -g B", "-A A -j DROP", "-A B -j RETURN", "-A FORWARD -j ACCEPT"}, accept, FilterForward, 2},
		{"jump behind goto", []string{"-A FORWARD -g A", "-A A -j B", "-A B", "-A A -j ACCEPT"}, accept, "filter/A", 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tables := New()
			require.NoError(t, tables.v4.NewChain("filter/A"))
			require.NoError(t, tables.v4.NewChain("filter/B"))
			require.NoError(t, tables.v4.SetPolicy(FilterForward, Drop{}))
			for _, spec := range tt.rules {
				c, r, err := ParseRule(spec)
				require.NoError(t, err)
				require.NoError(t, tables.v4.Append(c, r))
			}
			p := samplePacket(tables)
			assert.Equal(t, tt.want, tables.v4.traverse(filterTable, p))
			assert.Equal(t, tt.chain, p.chain)
			assert.Equal(t, tt.rule, p.rule)
		})
	}
}

// TestCountersSurvive has changes that have nothing to do with a rule that has counted.
func TestCountersSurvive(t *testing.T) {
	t.Parallel()
	tables := New()
	rs := tables.v4
	require.NoError(t, rs.SetPolicy(FilterForward, Accept{}))
	require.NoError(t, rs.NewChain("filter/A"))
	require.NoError(t, rs.Append(FilterForward, target(Jump{"A"})))
	require.NoError(t, rs.Append("filter/A", target(nil)))
	for range 3 {
		rs.traverse(filterTable, samplePacket(tables))
	}
	counted := []Counters{{3, 3 * 52}}
	for _, change := range []error{
		rs.Append(FilterForward, target(Accept{})), rs.Append(FilterInput, target(Accept{})), rs.NewChain("filter/B"),
		rs.RenameChain("filter/A", "C"), rs.SetPolicy(FilterInput, Drop{}), rs.DeleteAt(FilterForward, 2),
		rs.Insert("filter/C", 2, target(Drop{})), rs.DeleteAt("filter/C", 2), rs.DeleteChain("filter/B"),
	} {
		require.NoError(t, change)
		require.Equal(t, counted, countersOf(rs, FilterForward))
		require.Equal(t, counted, countersOf(rs, "filter/C"))
	}
	_, n, _ := rs.Policy(FilterForward)
	require.Equal(t, counted[0], n)
	require.NoError(t, rs.Zero("filter/C"))
	require.Equal(t, []Counters{{}}, countersOf(rs, "filter/C"))
	require.Equal(t, counted, countersOf(rs, FilterForward))
	require.NoError(t, rs.SetCounters(FilterForward, 1, Counters{}))
	require.Equal(t, []Counters{{}}, countersOf(rs, FilterForward))
	_, n, _ = rs.Policy(FilterForward)
	require.Equal(t, counted[0], n)
	require.NoError(t, rs.Zero(FilterForward))
	_, n, _ = rs.Policy(FilterForward)
	require.Zero(t, n)
}

// TestPolicyCounts has when a policy counts: from the moment on that it is set, which begins
// at 0 each time. All of it was seen with iptables 1.8.9 (nf_tables).
func TestPolicyCounts(t *testing.T) {
	t.Parallel()
	tables := New()
	rs := tables.v4
	passes := func() Counters {
		rs.traverse(filterTable, samplePacket(tables))
		_, n, _ := rs.Policy(FilterForward)
		return n
	}
	require.NoError(t, rs.NewChain("filter/A"))
	require.Zero(t, passes(), "made by use")
	require.NoError(t, rs.Zero(FilterForward))
	require.Zero(t, passes(), "zeroed")
	require.NoError(t, rs.SetPolicy(FilterInput, Drop{}))
	require.Zero(t, passes(), "that of another chain was set")
	require.NoError(t, rs.SetPolicy(FilterForward, Accept{}))
	require.Equal(t, Counters{1, 52}, passes())
	require.Equal(t, Counters{2, 104}, passes())
	require.NoError(t, rs.SetPolicy(FilterForward, Accept{}))
	require.Equal(t, Counters{1, 52}, passes(), "set again, though to the same")
	require.NoError(t, rs.Zero(FilterForward))
	require.Equal(t, Counters{1, 52}, passes(), "zeroed, it goes on")
	require.NoError(t, rs.SetCounters(FilterForward, 0, Counters{7, 8}))
	require.Equal(t, Counters{8, 60}, passes())
	require.NoError(t, rs.Reset("filter"))
	require.Zero(t, passes(), "as new")
}

// TestEdit makes a table anew, as iptables-restore does.
func TestEdit(t *testing.T) {
	t.Parallel()
	rs := furnished(t, false)
	require.NoError(t, rs.Edit(func(tx *Ruleset) error {
		tx.Reset("filter")
		tx.NewChain("filter/X")
		tx.SetPolicy(FilterForward, Drop{})
		tx.SetCounters(FilterForward, 0, Counters{1, 2})
		tx.Append(FilterForward, target(Jump{"X"}))
		tx.SetCounters(FilterForward, 1, Counters{3, 4})
		tx.Insert("filter/X", 1, target(Accept{}))
		tx.Replace("filter/X", 1, target(Drop{}))
		tx.SetCounters("filter/X", 1, Counters{5, 6})
		has, err := tx.Has("filter/X", target(Drop{}))
		require.True(t, has)
		require.Equal(t, []string{"-j A", "-m comment --comment x -j ACCEPT"}, rulesOf(rs, FilterForward), "others see nothing yet")
		return err
	}))
	require.Equal(t, []Chain{FilterInput, FilterForward, FilterOutput, "filter/X"}, chainsOf(rs, "filter"))
	require.Equal(t, []string{"-j X"}, rulesOf(rs, FilterForward))
	require.Equal(t, []Counters{{3, 4}}, countersOf(rs, FilterForward))
	require.Equal(t, []string{"-j DROP"}, rulesOf(rs, "filter/X"))
	require.Equal(t, []Counters{{5, 6}}, countersOf(rs, "filter/X"))
	policy, n, _ := rs.Policy(FilterForward)
	require.Equal(t, Drop{}, policy)
	require.Equal(t, Counters{1, 2}, n)
	require.Equal(t, []string{"-j DST"}, rulesOf(rs, NATPrerouting), "other tables stay")
}

// TestPlaces moves chains with targets of their place to where they may be met.
func TestPlaces(t *testing.T) {
	t.Parallel()
	rs := furnished(t, false)
	require.NoError(t, rs.Append(NATOutput, target(Jump{"DST"})))
	require.NoError(t, rs.Append(NATPostrouting, target(Jump{"SRC"})))
	require.ErrorIs(t, rs.Append("nat/DST", target(Jump{"SRC"})), ErrTarget)
	require.NoError(t, rs.Append("nat/SRC", target(SNAT{toV4})))
	require.ErrorIs(t, rs.Append("nat/SRC", target(Redirect{})), ErrTarget)

	// What a chain holds is free again once no packet comes there.
	require.NoError(t, rs.Flush(NATPostrouting))
	require.NoError(t, rs.Append("nat/FREE", target(Redirect{})))
	require.ErrorIs(t, rs.Append(NATPostrouting, target(Jump{"FREE"})), ErrTarget)
	require.NoError(t, rs.Append(NATPrerouting, target(Jump{"FREE"})))

	// So it is within one change.
	require.NoError(t, rs.Edit(func(d *Ruleset) error {
		d.Append(NATPrerouting, target(DNAT{toV4}))
		d.Flush(NATPrerouting)
		return d.Append("nat/FREE", target(SNAT{toV4}))
	}))

	// INPUT may have SNAT but not MASQUERADE.
	require.NoError(t, rs.DeleteAt("nat/SRC", 1))
	require.NoError(t, rs.Append(NATInput, target(Goto{"SRC"})))
	require.ErrorIs(t, rs.Append("nat/SRC", target(Masquerade{})), ErrTarget)
}
