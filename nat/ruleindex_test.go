package nat

import (
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

// longChain has the gambler append rules to FORWARD of which many ask for the same bits, as those
// of published ports do, some are the gambler's, and most want what other rules want, too.
func (g *gambler) longChain(rs *Ruleset, n int) error {
	rules := make([]Rule, n)
	for i := range rules {
		r := g.rule()
		switch {
		case g.chance(40):
			r = Rule{Dst: hostOf(g.farAddr()), In: Interface{Name: "docker0", Not: true}, Proto: Protocol{Number: ianaTCP}, Matches: []Match{TCP{Dst: onePort(uint16(g.IntN(40)))}}}
		case g.chance(40):
			r = Rule{Proto: Protocol{Number: ianaUDP}, Matches: []Match{UDP{Dst: onePort(uint16(g.IntN(200)))}}}
		}
		r.Target = pick[Target](g, nil, Accept{}, Drop{})
		rules[i] = r
	}
	return rs.Append(FilterForward, rules...)
}

func (g *gambler) farAddr() netip.Addr {
	a := g.addr().AsSlice()
	a[len(a)-1] = byte(g.IntN(100))
	addr, _ := netip.AddrFromSlice(a)
	return addr
}

// farPacket is a packet that passes FORWARD, of which more than a few values are possible.
func (g *gambler) farPacket(t *Tables) *packet {
	p := g.packet(t)
	p.hook = forward
	if p.dst = g.farAddr(); p.ports && g.chance(80) {
		p.dstPort = uint16(g.IntN(200))
	}
	return p
}

func forwardOf(rs *Ruleset) *chain { return rs.current().tables[filterTable].chains[forward] }

// TestRuleIndex compares the rules that an index finds, from each rule on, with those that a walk
// through the chain does.
func TestRuleIndex(t *testing.T) {
	t.Parallel()
	for seed := range uint64(30) {
		g := &gambler{Rand: rand.New(rand.NewPCG(seed, 0)), v6: seed%3 == 0}
		tables, rs := g.tables(t)
		require.NoError(t, g.longChain(rs, 50+g.IntN(500)))
		c := forwardOf(rs)
		x := newRuleIndex(c.blocks)
		require.LessOrEqual(t, len(x.groups), indexGroups)
		for range 200 {
			d := g.farPacket(tables).digest()
			want := c.size
			for from := c.size; from >= 0; from-- {
				if from < c.size && !d.differs(&c.at(from).want, &c.at(from).mask) {
					want = from
				}
				require.Equal(t, want, x.next(from+1, &d)-1, "seed %d, from %d", seed, from)
			}
		}
	}
}

// TestIndexed changes a long chain while packets pass it, whose verdicts and counters are those
// of a chain without an index.
func TestIndexed(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		g := &gambler{rand.New(rand.NewPCG(seed, 1)), false}
		tables, rs := g.tables(t)
		require.NoError(t, g.longChain(rs, 100+g.IntN(900)))
		for range 40 {
			if c := forwardOf(rs); g.chance(20) {
				c.found.view.Store(newView(newRuleIndex(c.blocks), c))
			}
			for range 200 {
				p := g.farPacket(tables)
				c, d := forwardOf(rs), p.digest()
				want := c.linear(0, c.size, &d, p)
				require.Equal(t, want, c.search(0, &d, p), "seed %d", seed)
			}
			g.changeLong(t, rs)
		}
	}
}

// changeLong changes a long chain somewhere.
func (g *gambler) changeLong(t *testing.T, rs *Ruleset) {
	n, _ := rs.Len(FilterForward)
	r := Rule{Dst: hostOf(g.farAddr()), Target: Drop{}}
	switch at := 1 + g.IntN(n); g.IntN(6) {
	case 0, 1:
		require.NoError(t, g.longChain(rs, 1+g.IntN(30)))
	case 2:
		require.NoError(t, rs.Insert(FilterForward, at, r))
	case 3:
		require.NoError(t, rs.DeleteAt(FilterForward, at))
	case 4:
		require.NoError(t, rs.DeleteAt(FilterForward, n))
	case 5: // many at once
		require.NoError(t, rs.Edit(func(tx *Ruleset) error {
			for range g.IntN(150) {
				if at = 1 + g.IntN(max(1, n/3)); g.chance(50) {
					require.NoError(t, tx.Insert(FilterForward, at, r))
				} else if l, _ := tx.Len(FilterForward); l > 60 {
					require.NoError(t, tx.DeleteAt(FilterForward, at%l+1))
				}
			}
			return nil
		}))
	}
}

// TestIndexMade has packets walk through a chain until that is worth an index, and through what
// is added then.
func TestIndexMade(t *testing.T) {
	t.Parallel()
	tables := New()
	add := func(n int) {
		for i := range n {
			r := Rule{Proto: Protocol{Number: ianaTCP}, Matches: []Match{TCP{Dst: onePort(uint16(i))}}, Target: Drop{}}
			require.NoError(t, tables.v4.Append(FilterForward, r))
		}
	}
	pass := func(end int) {
		c := forwardOf(tables.v4)
		walks := 0
		for c.found.now(c) == nil || c.found.now(c).index.end <= end {
			require.Equal(t, accept, tables.v4.traverse(filterTable, samplePacket(tables)))
			walks++
			require.Less(t, walks, 2000)
		}
		require.GreaterOrEqual(t, walks, indexWorth)
	}
	add(1000)
	pass(1000)
	add(100)
	pass(1100)
}

// TestIndexedLater has two futures of a chain: the index of the one does not show in the other.
func TestIndexedLater(t *testing.T) {
	t.Parallel()
	g := &gambler{rand.New(rand.NewPCG(7, 1)), false}
	tables, _ := g.tables(t)
	require.NoError(t, g.longChain(tables.v4, 100))
	before := forwardOf(tables.v4)
	indexIt := func(c *chain) { c.found.view.Store(newView(newRuleIndex(c.blocks), c)) }
	indexIt(before)
	require.NoError(t, g.longChain(tables.v4, 100))
	after := forwardOf(tables.v4)
	require.Equal(t, 101, after.found.now(after).index.end)
	indexIt(after)
	require.Equal(t, 101, before.found.now(before).index.end)
	require.NoError(t, tables.v4.DeleteAt(FilterForward, 1))
	c := forwardOf(tables.v4)
	require.Equal(t, 201, c.found.now(c).index.end, "what stays as it was keeps its index")
	require.NotZero(t, c.found.now(c).spans[1].n)
	require.NoError(t, tables.v4.Flush(FilterForward))
	require.Nil(t, forwardOf(tables.v4).found.older, "rules that have gone are kept by nobody")
}
