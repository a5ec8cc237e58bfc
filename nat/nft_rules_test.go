package nat

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// nftCounts returns what the counters of a chain have counted, in order.
func nftCounts(tx *NftEdit, f Family, chain string) (list []uint64) {
	for r := range tx.Rules(f, "t", chain) {
		for _, s := range r.Statements {
			if c, ok := s.(*Count); ok {
				list = append(list, c.Counters().Packets)
			}
		}
	}
	return list
}

// TestNftView has a view that changes, which others do not see, and that waits for nobody.
func TestNftView(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	nftRule(t, b.tables, FamilyIP, BaseChain{Hook: HookForward}, "c", &Count{})
	view := b.tables.nft.View()
	_, err := view.AddRule(FamilyIP, "t", "c", -1, NftRule{Comment: "of the view"})
	require.NoError(t, err)
	nftRule(t, b.tables, FamilyIP, BaseChain{}, "c", &Count{})
	comments := func(tx *NftEdit) (list []string) {
		for r := range tx.Rules(FamilyIP, "t", "c") {
			list = append(list, r.Comment)
		}
		return list
	}
	assert.Equal(t, []string{"", "of the view"}, comments(view))
	assert.Equal(t, []string{"", ""}, comments(b.tables.nft.View()))
	require.NoError(t, b.tables.nft.Edit(func(tx *NftEdit) error {
		require.NoError(t, tx.FlushChain(FamilyIP, "t", "c"))
		assert.Len(t, comments(b.tables.nft.View()), 2)
		return nil
	}))
	gone, ok := b.tables.nft.View().Rule("ip t/c", 1)
	assert.False(t, ok || gone != nil, "a rule that has gone is not the policy")
}

// TestNftMask has values with bits that the mask takes from the packet's.
func TestNftMask(t *testing.T) {
	t.Parallel()
	for value, drops := range map[string]int{"10.0.0.0": 1, "10.0.0.9": 0} {
		for _, before := range [][]Statement{nil, {&Count{}}} {
			b := newBed(t)
			m := Compare{Key: IPSaddr, Mask: NumberWord(0xffffff00), Value: AddrWord(netip.MustParseAddr(value))}
			nftRule(t, b.tables, FamilyIP, BaseChain{Hook: HookForward}, "c", append(before, m, Verdict{Decision: Discard})...)
			b.in("eth0", syn80)
			assert.Len(t, b.drops, drops, value)
		}
	}
}

// TestNftElementCounts has elements of sets and maps count, but not where a packet is not to be in the set.
func TestNftElementCounts(t *testing.T) {
	t.Parallel()
	element := func() *Elements {
		e, _ := NewElements(1, Element{Key: Words{NumberWord(80)}, Data: Words{toBox.Min}, Counted: true})
		return e
	}
	pre := BaseChain{Type: NATChain, Hook: HookPrerouting}
	for name, tt := range map[string]struct {
		base BaseChain
		s    Statement
		want uint64
	}{
		"in":   {BaseChain{Hook: HookForward}, Lookup{Keys: []Key{TCPDport}, Set: "s"}, 1},
		"not":  {BaseChain{Hook: HookForward}, Lookup{Keys: []Key{TCPDport}, Set: "s", Not: true}, 0},
		"vmap": {BaseChain{Hook: HookForward}, VerdictMap{Keys: []Key{TCPDport}, Set: "s"}, 1},
		"dnat": {pre, Translate{Kind: DestinationNAT, Addr: Operand{Given: true, Keys: []Key{TCPDport}, Set: "s"}}, 1},
	} {
		b := newBed(t)
		require.NoError(t, b.tables.nft.Edit(func(tx *NftEdit) error {
			tx.AddTable(NftTable{Name: "t"})
			return tx.AddSet(FamilyIP, "t", NftSet{Name: "s", Width: 1, Verdicts: name == "vmap", Counts: true}, element())
		}))
		nftRule(t, b.tables, FamilyIP, tt.base, "c", tt.s)
		b.in("eth0", syn80)
		for e := range b.tables.nft.View().Set(FamilyIP, "t", "s").Elements().All() {
			assert.Equal(t, tt.want, e.Counters().Packets, name)
		}
	}
}

// TestNftCloneOrder has base chains of one priority, of two tables in turn: the newest is the first in a clone, too.
func TestNftCloneOrder(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	require.NoError(t, b.tables.nft.Edit(func(tx *NftEdit) error {
		for _, f := range []Family{FamilyIP, FamilyINet} {
			require.NoError(t, tx.AddTable(NftTable{Family: f, Name: "t"}))
		}
		for _, f := range []Family{FamilyINet, FamilyIP} {
			require.NoError(t, tx.AddChain(f, "t", NftChain{Name: "c", Base: &BaseChain{Hook: HookForward}}))
		}
		return nil
	}))
	order := func(tables *Tables) (list []Family) {
		for _, slot := range tables.nft.state.Load().hooks[0][forward].slots {
			for _, c := range slot {
				list = append(list, c.nft.family)
			}
		}
		return list
	}
	require.Equal(t, []Family{FamilyIP, FamilyINet}, order(b.tables))
	c, err := b.tables.Clone()
	require.NoError(t, err)
	require.Equal(t, order(b.tables), order(c))
}

// TestNftRename renames a chain that rules and maps lead to. They say the new name, and count on.
func TestNftRename(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	base := BaseChain{Hook: HookForward}
	nftRule(t, b.tables, FamilyIP, base, "base", &Count{})
	leads := Element{Key: Words{NumberWord(80)}, Verdict: Verdict{JumpTo, "a"}}
	require.NoError(t, b.tables.nft.Edit(func(tx *NftEdit) error {
		require.NoError(t, tx.AddChain(FamilyIP, "t", NftChain{Name: "a"}))
		m, _ := NewElements(1, leads)
		return tx.AddSet(FamilyIP, "t", NftSet{Name: "m", Width: 1, Verdicts: true}, m)
	}))
	anon, _ := NewElements(1, leads)
	nftRule(t, b.tables, FamilyIP, base, "a", &Count{})
	nftRule(t, b.tables, FamilyIP, base, "base", &Count{}, Verdict{JumpTo, "a"})
	nftRule(t, b.tables, FamilyIP, base, "base", VerdictMap{Keys: []Key{TCPDport}, Anon: anon})
	nftRule(t, b.tables, FamilyIP, base, "base", VerdictMap{Keys: []Key{TCPDport}, Set: "m"})
	b.in("eth0", syn80)
	require.NoError(t, b.tables.nft.Edit(func(tx *NftEdit) error { return tx.RenameChain(FamilyIP, "t", "a", "new") }))
	b.in("eth0", sample{src: "10.0.0.9:2", dst: "172.17.0.2:80", flags: syn})
	view := b.tables.nft.View()
	assert.Equal(t, []uint64{2, 2}, nftCounts(view, FamilyIP, "base"))
	assert.Equal(t, []uint64{6}, nftCounts(view, FamilyIP, "new"))
	rules := slices.Collect(view.Rules(FamilyIP, "t", "base"))
	assert.Equal(t, Verdict{JumpTo, "new"}, rules[1].Statements[1])
	for _, s := range []*Elements{rules[2].Statements[0].(VerdictMap).Anon, view.Set(FamilyIP, "t", "m").Elements()} {
		for e := range s.All() {
			assert.Equal(t, Verdict{JumpTo, "new"}, e.Verdict)
		}
	}
	require.ErrorIs(t, b.tables.nft.Edit(func(tx *NftEdit) error { return tx.DeleteChain(FamilyIP, "t", "new") }), ErrInUse)
}

// TestNftUntrackThenFails has a rule that takes a packet out of tracking before it fails: the next one sees that.
func TestNftUntrackThenFails(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	raw := BaseChain{Hook: HookPrerouting, Priority: -300}
	nftRule(t, b.tables, FamilyIP, raw, "c", Untrack{}, Compare{Key: TCPDport, Value: NumberWord(81)})
	nftRule(t, b.tables, FamilyIP, raw, "c", Compare{Key: CTState, Op: AnyOf, Value: NumberWord(64)}, &Count{})
	b.in("eth0", syn80)
	assert.Equal(t, []uint64{1}, nftCounts(b.tables.nft.View(), FamilyIP, "c"))
}

// TestNftAPI has values that are none: they are refused, and print.
func TestNftAPI(t *testing.T) {
	t.Parallel()
	counters := slices.Repeat([]Statement{&Count{}}, 129)
	for name, tt := range map[string]struct {
		do  func(tx *NftEdit) error
		err error
	}{
		"family":          {func(tx *NftEdit) error { return tx.AddTable(NftTable{Family: 3}) }, ErrValue},
		"object":          {func(tx *NftEdit) error { return tx.AddObject(FamilyIP, "t", Object{Kind: 2}) }, ErrValue},
		"128 expressions": {func(tx *NftEdit) error { return add(tx, counters[:128]...) }, nil},
		"129 expressions": {func(tx *NftEdit) error { return add(tx, counters...) }, ErrInvalid},
		"drop, accept":    {func(tx *NftEdit) error { return add(tx, Verdict{Decision: Discard}, Verdict{Decision: Accepted}) }, ErrValue},
		"continue, drop":  {func(tx *NftEdit) error { return add(tx, Verdict{}, Verdict{Decision: Discard}) }, nil},
		"map, drop": {func(tx *NftEdit) error {
			return add(tx, VerdictMap{Keys: []Key{TCPDport}, Anon: new(Elements)}, Verdict{Decision: Discard})
		}, nil},
		"reject, count": {func(tx *NftEdit) error { return add(tx, Rejection{}, &Count{}) }, ErrValue},
		"backwards": {func(tx *NftEdit) error {
			tx.AddSet(FamilyIP, "t", NftSet{Name: "s", Width: 1}, nil)
			return tx.AddElements(FamilyIP, "t", "s", false, Element{Key: Words{NumberWord(5)}, Last: Words{NumberWord(4)}})
		}, ErrInvalid},
		"width": {func(tx *NftEdit) error {
			e, _ := NewElements(2)
			return tx.AddSet(FamilyIP, "t", NftSet{Name: "s", Width: 1}, e)
		}, ErrInvalid},
	} {
		tables := New()
		require.NoError(t, tables.nft.Edit(func(tx *NftEdit) error {
			tx.AddTable(NftTable{Name: "t"})
			return tx.AddChain(FamilyIP, "t", NftChain{Name: "c"})
		}))
		require.ErrorIs(t, tables.nft.Edit(tt.do), tt.err, name)
	}
	assert.Equal(t, "7 7 7 7", Hook(7).String()+" "+Family(7).String()+" "+ChainType(7).String()+" "+ObjectKind(7).String())
	list := []Element{{Key: Words{NumberWord(5)}}}
	e, err := NewElements(1, list...)
	require.NoError(t, err)
	list[0].Key[0] = NumberWord(6)
	assert.NotNil(t, e.find(&Words{NumberWord(5)}, 1), "without Last it is one value, and the slice is the caller's")
}

func add(tx *NftEdit, s ...Statement) error {
	_, err := tx.AddRule(FamilyIP, "t", "c", -1, NftRule{Statements: s})
	return err
}
