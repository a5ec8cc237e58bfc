package nat

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// nftRule adds a rule to a base chain of that name, which it makes.
func nftRule(t testing.TB, tables *Tables, f Family, base BaseChain, name string, s ...Statement) {
	t.Helper()
	require.NoError(t, tables.nft.Edit(func(tx *NftEdit) error {
		if _, ok := tx.Table(f, "t"); !ok {
			require.NoError(t, tx.AddTable(NftTable{Family: f, Name: "t"}))
		}
		if _, ok := tx.Chain(f, "t", name); !ok {
			require.NoError(t, tx.AddChain(f, "t", NftChain{Name: name, Base: &base}))
		}
		_, err := tx.AddRule(f, "t", name, -1, NftRule{Statements: s})
		return err
	}))
}

var (
	syn80   = sample{src: "10.0.0.9:1", dst: "172.17.0.2:80", flags: syn}
	dport80 = Compare{Key: TCPDport, Value: NumberWord(80)}
	toBox   = Operand{Given: true, Min: AddrWord(netip.MustParseAddr(containerIP)), Max: AddrWord(netip.MustParseAddr(containerIP))}
)

// TestNftPriorities has which of several chains drops, by its mark: each chain sets one, and the last one drops.
func TestNftPriorities(t *testing.T) {
	t.Parallel()
	b := newBed(t, "-A FORWARD -m mark --mark 2 -j DROP", "-t mangle -A FORWARD -m mark --mark 1 -j MARK --set-mark 2")
	mark := func(n uint32) Statement { return SetKey{Key: MetaMark, Xor: n} }
	for _, c := range []struct {
		name     string
		priority int32
		s        []Statement
	}{
		{"afterMangle", -149, []Statement{Compare{Key: MetaMark, Op: Unequal, Value: NumberWord(2)}, Verdict{Decision: Discard}}},
		{"beforeMangle", -150, []Statement{mark(1), Verdict{Decision: Accepted}}},
		{"older", 0, []Statement{Compare{Key: MetaMark, Op: Unequal, Value: NumberWord(3)}, Verdict{Decision: Discard}}},
		{"newer", 0, []Statement{mark(3)}},
		{"afterFilter", 1, []Statement{Verdict{Decision: Accepted}}},
		{"last", 1 << 30, []Statement{dport80, Verdict{Decision: Discard}}},
	} {
		nftRule(t, b.tables, FamilyIP, BaseChain{Hook: HookForward, Priority: c.priority}, c.name, c.s...)
	}
	b.in("eth0", syn80)
	require.Empty(t, b.out())
	require.Len(t, b.drops, 1)
	assert.Equal(t, Chain("ip t/last"), b.drops[0].Chain)
	assert.Equal(t, 1, b.drops[0].Rule)
	r, ok := b.tables.nft.View().Rule(b.drops[0].Chain, 1)
	require.True(t, ok)
	assert.Equal(t, dport80, r.Statements[0])
	assert.Equal(t, "FORWARD: dropped by ip t/last rule 1: eth0 to docker0, 40 bytes of tcp from 10.0.0.9:1 to 172.17.0.2:80", b.drops[0].String())
	require.NoError(t, b.tables.nft.Edit(func(tx *NftEdit) error { return tx.DeleteTable(FamilyIP, "t") }))
	b.in("eth0", sample{src: "10.0.0.9:2", dst: "172.17.0.2:80", flags: syn})
	require.Len(t, b.out(), 1)
}

// TestNftAndIptables has a drop of either final, whatever the other accepts.
func TestNftAndIptables(t *testing.T) {
	t.Parallel()
	for rule, s := range map[string]Verdict{"-A FORWARD -j DROP": {Decision: Accepted}, "-A FORWARD -j ACCEPT": {Decision: Discard}} {
		for _, priority := range []int32{-1, 1} {
			b := newBed(t, rule)
			nftRule(t, b.tables, FamilyINet, BaseChain{Hook: HookForward, Priority: priority}, "c", s)
			b.in("eth0", syn80, sample{src: "[fd00::9]:1", dst: "[fd17::2]:80", flags: syn})
			want := 0
			if s.Decision == Accepted {
				want = 1 // of IPv6, which iptables does not see
			}
			require.Len(t, b.out(), want, rule)
			require.Len(t, b.drops, 2-want, rule)
		}
	}
}

// TestNftBinding has the first chain or table that translates a connection win.
func TestNftBinding(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		priority int32
		iptables string
		want     string
	}{
		"nft first":       {-100, "-t nat -A PREROUTING -p tcp -j DNAT --to-destination 172.17.0.2:81", "docker0: tcp S 10.0.0.9:1 > 172.17.0.2:8080"},
		"iptables first":  {-99, "-t nat -A PREROUTING -p tcp -j DNAT --to-destination 172.17.0.2:81", "docker0: tcp S 10.0.0.9:1 > 172.17.0.2:81"},
		"iptables passes": {-99, "-t nat -A PREROUTING -p tcp -j ACCEPT", "docker0: tcp S 10.0.0.9:1 > 172.17.0.2:8080"},
	} {
		b := newBed(t, tt.iptables)
		port := Operand{Given: true, Min: NumberWord(8080), Max: NumberWord(8080)}
		count := &Count{}
		nftRule(t, b.tables, FamilyIP, BaseChain{Type: NATChain, Hook: HookPrerouting, Priority: tt.priority}, "c", dport80, count,
			Translate{Kind: DestinationNAT, Addr: toBox, Port: port})
		b.in("eth0", sample{src: "10.0.0.9:1", dst: "10.0.0.1:80", flags: syn})
		require.Equal(t, []string{tt.want}, b.out(), name)
		b.in("eth0", sample{src: "10.0.0.9:1", dst: "10.0.0.1:80"})
		b.out()
		for r := range b.tables.nft.View().Rules(FamilyIP, "t", "c") {
			assert.LessOrEqual(t, r.Statements[1].(*Count).Counters().Packets, uint64(1), "asked about the first packet alone")
		}
	}
}

// TestNftTranslations has each kind, with the reply.
func TestNftTranslations(t *testing.T) {
	t.Parallel()
	pre, post := BaseChain{Type: NATChain, Hook: HookPrerouting}, BaseChain{Type: NATChain, Hook: HookPostrouting, Priority: 100}
	ports, _ := NewElements(1, Element{Key: Words{NumberWord(80)}, Last: Words{NumberWord(80)}, Data: Words{toBox.Min, NumberWord(9)}})
	for name, tt := range map[string]struct {
		base BaseChain
		s    Translate
		in   string
		p    sample
		want []string
	}{
		"masquerade": {post, Translate{Kind: MasqueradeNAT}, "docker0", sample{src: "172.17.0.2:1", dst: "10.0.0.9:80", flags: syn}, []string{"eth0: tcp S 10.0.0.1:1 > 10.0.0.9:80"}},
		"port only":  {post, Translate{Kind: SourceNAT, Port: Operand{Given: true, Min: NumberWord(53), Max: NumberWord(53)}}, "docker0", sample{src: "172.17.0.2:1", dst: "10.0.0.9:80", flags: syn}, []string{"eth0: tcp S 172.17.0.2:53 > 10.0.0.9:80"}},
		"map":        {pre, Translate{Kind: DestinationNAT, Addr: Operand{Given: true, Keys: []Key{TCPDport}, Anon: ports, Pair: true}}, "eth0", sample{src: "10.0.0.9:1", dst: "10.0.0.1:80", flags: syn}, []string{"docker0: tcp S 10.0.0.9:1 > 172.17.0.2:9"}},
		"redirect":   {pre, Translate{Kind: RedirectNAT, Port: Operand{Given: true, Min: NumberWord(81), Max: NumberWord(81)}}, "eth0", sample{src: "10.0.0.9:1", dst: "172.17.0.2:80", flags: syn}, []string{"eth0: tcp RA 172.17.0.2:80 > 10.0.0.9:1"}},
	} {
		b := newBed(t)
		nftRule(t, b.tables, FamilyIP, tt.base, "c", tt.s)
		b.in(tt.in, tt.p)
		got := b.out()
		for i := range got {
			if i < len(tt.want) && len(got[i]) > len(tt.want[i]) {
				got[i] = got[i][:len(tt.want[i])]
			}
		}
		assert.Equal(t, tt.want, got, name)
	}
}

// TestNftReject answers by the family.
func TestNftReject(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	nftRule(t, b.tables, FamilyINet, BaseChain{Hook: HookForward}, "c", Rejection{With4: ICMPHostProhibited, With6: ICMP6AdminProhibited})
	b.in("eth0", syn80, sample{src: "[fd00::9]:1", dst: "[fd17::2]:80", flags: syn})
	require.Len(t, b.out(), 2)
	require.Len(t, b.drops, 2)
}

// TestNftRefused has what Linux refuses, with its reason, and that nothing has changed then.
func TestNftRefused(t *testing.T) {
	t.Parallel()
	filter := &BaseChain{Hook: HookForward}
	for name, tt := range map[string]struct {
		do  func(tx *NftEdit) error
		err error
	}{
		"table twice": {func(tx *NftEdit) error { return tx.AddTable(NftTable{Name: "t"}) }, ErrThere},
		"chain twice": {func(tx *NftEdit) error { return tx.AddChain(FamilyIP, "t", NftChain{Name: "a"}) }, ErrThere},
		"no table":    {func(tx *NftEdit) error { return tx.AddChain(FamilyIP6, "t", NftChain{Name: "a"}) }, ErrNotThere},
		"nat in forward": {func(tx *NftEdit) error {
			return tx.AddChain(FamilyIP, "t", NftChain{"n", 0, &BaseChain{Type: NATChain, Hook: HookForward}, ""})
		}, ErrUnsupported},
		"nat before track": {func(tx *NftEdit) error {
			return tx.AddChain(FamilyIP, "t", NftChain{"n", 0, &BaseChain{Type: NATChain, Priority: -200}, ""})
		}, ErrUnsupported},
		"no chain":       {addNft("a", Verdict{JumpTo, "nosuch"}), ErrNotThere},
		"jump to base":   {addNft("a", Verdict{JumpTo, "base"}), ErrUnsupported},
		"jump to itself": {addNft("a", Verdict{JumpTo, "a"}), ErrLinks},
		"circle": {func(tx *NftEdit) error {
			addNft("a", Verdict{GoTo, "b"})(tx)
			return addNft("b", Verdict{GoTo, "a"})(tx)
		}, ErrLinks},
		"masquerade":       {addNft("base", Translate{Kind: MasqueradeNAT}), ErrUnsupported},
		"masquerade there": {addNft("a", Translate{Kind: MasqueradeNAT}), ErrUnsupported},
		"no set":           {addNft("a", Lookup{Keys: []Key{IPSaddr}, Set: "nosuch"}), ErrNotThere},
		"chain in use":     {func(tx *NftEdit) error { return tx.DeleteChain(FamilyIP, "t", "a") }, ErrInUse},
		"chain in a map":   {func(tx *NftEdit) error { return tx.DeleteChain(FamilyIP, "t", "b") }, ErrInUse},
		"set in use":       {func(tx *NftEdit) error { return tx.DeleteSet(FamilyIP, "t", "m") }, ErrInUse},
		"element twice": {func(tx *NftEdit) error {
			e := Element{Key: Words{NumberWord(1)}, Last: Words{NumberWord(1)}, Verdict: Verdict{Decision: Discard}}
			return tx.AddElements(FamilyIP, "t", "m", false, e)
		}, ErrThere},
		"no rule": {func(tx *NftEdit) error { return tx.DeleteRule(FamilyIP, "t", "a", 99) }, ErrNotThere},
		"nil":     {addNft("a", nil), ErrValue},
	} {
		tables := New()
		n := &tables.nft
		require.NoError(t, n.Edit(func(tx *NftEdit) error {
			tx.AddTable(NftTable{Name: "t"})
			for _, c := range []NftChain{{Name: "base", Base: filter}, {Name: "a"}, {Name: "b"}} {
				require.NoError(t, tx.AddChain(FamilyIP, "t", c))
			}
			m, _ := NewElements(1, Element{Key: Words{NumberWord(1)}, Last: Words{NumberWord(1)}, Verdict: Verdict{JumpTo, "b"}})
			require.NoError(t, tx.AddSet(FamilyIP, "t", NftSet{Name: "m", Width: 1, Verdicts: true}, m))
			require.NoError(t, addNft("base", Verdict{JumpTo, "a"})(tx))
			return addNft("base", VerdictMap{Keys: []Key{MetaMark}, Set: "m"})(tx)
		}))
		before := n.state.Load()
		require.ErrorIs(t, n.Edit(tt.do), tt.err, name)
		require.Same(t, before, n.state.Load(), name)
	}
}

func addNft(chain string, s Statement) func(tx *NftEdit) error {
	return func(tx *NftEdit) error {
		_, err := tx.AddRule(FamilyIP, "t", chain, -1, NftRule{Statements: []Statement{s}})
		return err
	}
}

// TestNftAllocatesNothing has an established segment pass what dockerd's tables look like.
func TestNftAllocatesNothing(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector makes pools forget")
	}
	assert.Zero(t, testing.AllocsPerRun(100, establishedPass(nftBed(t))))
}

// BenchmarkNft is BenchmarkHooks with these tables.
func BenchmarkNft(b *testing.B) {
	pass := establishedPass(nftBed(b))
	b.ReportAllocs()
	for b.Loop() {
		pass()
	}
}

func nftBed(t testing.TB) *bed {
	b := newBed(t)
	require.NoError(t, b.tables.nft.Edit(func(tx *NftEdit) error {
		tx.AddTable(NftTable{Name: "t"})
		for _, c := range []NftChain{
			{Name: "forward", Base: &BaseChain{Hook: HookForward}}, {Name: "in"}, {Name: "out"},
			{Name: "post", Base: &BaseChain{Type: NATChain, Hook: HookPostrouting, Priority: 100}},
		} {
			require.NoError(t, tx.AddChain(FamilyIP, "t", c))
		}
		docker0 := Words{NameWord("docker0")}
		for _, name := range []string{"in", "out"} {
			m, _ := NewElements(1, Element{Key: docker0, Last: docker0, Verdict: Verdict{JumpTo, name}})
			require.NoError(t, tx.AddSet(FamilyIP, "t", NftSet{Name: name, Width: 1, Verdicts: true}, m))
		}
		established := Compare{Key: CTState, Op: AnyOf, Value: NumberWord(6)}
		for _, r := range []struct {
			chain string
			s     []Statement
		}{
			{"forward", []Statement{VerdictMap{Keys: []Key{MetaOIFName}, Set: "in"}}},
			{"forward", []Statement{VerdictMap{Keys: []Key{MetaIIFName}, Set: "out"}}},
			{"in", []Statement{established, &Count{}, Verdict{Decision: Accepted}}},
			{"in", []Statement{&Count{}, Verdict{Decision: Discard}}},
			{"out", []Statement{established, &Count{}, Verdict{Decision: Accepted}}},
			{"out", []Statement{&Count{}, Verdict{Decision: Accepted}}},
			{"post", []Statement{&Count{}, Translate{Kind: MasqueradeNAT}}},
		} {
			if _, err := tx.AddRule(FamilyIP, "t", r.chain, -1, NftRule{Statements: r.s}); err != nil {
				return err
			}
		}
		return nil
	}))
	return b
}

// TestNftClone has a copy that counts for itself.
func TestNftClone(t *testing.T) {
	t.Parallel()
	b := nftBed(t)
	c, err := b.tables.Clone()
	require.NoError(t, err)
	b.in("docker0", sample{src: "172.17.0.2:1", dst: "10.0.0.9:80", flags: syn})
	require.Len(t, b.out(), 1)
	counts := func(t *Tables) (list []uint64) {
		for r := range t.nft.View().Rules(FamilyIP, "t", "out") {
			list = append(list, r.Statements[len(r.Statements)-2].(*Count).Counters().Packets)
		}
		return list
	}
	assert.Equal(t, []uint64{0, 1}, counts(b.tables))
	assert.Equal(t, []uint64{0, 0}, counts(c))
}

// TestNftQuotaAndLimit has what holds for some packets only.
func TestNftQuotaAndLimit(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]Statement{
		"quota": &Quota{Bytes: 100, Over: true}, "limit": &RateLimit{Rate: 1, Unit: 3600e9, Burst: 2, Over: true},
		"bytes": &RateLimit{Rate: 80, Unit: 3600e9, Bytes: true, Over: true},
	} {
		b := newBed(t)
		nftRule(t, b.tables, FamilyIP, BaseChain{Hook: HookForward}, "c", s, Verdict{Decision: Discard})
		for i := range 4 {
			p := syn80
			p.src = netip.AddrPortFrom(netip.MustParseAddr("10.0.0.9"), uint16(i+1)).String()
			b.in("eth0", p)
		}
		assert.Len(t, b.out(), 2, name)
	}
}

// TestNftPostroutingIn has chains of POSTROUTING see by what a forwarded packet came.
func TestNftPostroutingIn(t *testing.T) {
	t.Parallel()
	for name, drops := range map[string]int{"docker0": 1, "eth0": 0, "": 0} {
		b := newBed(t)
		nftRule(t, b.tables, FamilyIP, BaseChain{Hook: HookPostrouting}, "c", Compare{Key: MetaIIFName, Value: NameWord(name)}, Verdict{Decision: Discard})
		b.in("docker0", sample{src: "172.17.0.2:1", dst: "10.0.0.9:80", flags: syn})
		require.Len(t, b.drops, drops, name)
	}
}
