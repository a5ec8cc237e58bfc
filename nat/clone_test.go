package nat

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Random packets fare in a clone as in the tables themselves, which count nothing of it.
func TestCloneModel(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		g := &gambler{Rand: rand.New(rand.NewPCG(seed, 1)), v6: seed%2 == 1}
		tables := New()
		rs := tables.v4
		if g.v6 {
			rs = tables.v6
		}
		m := newModel()
		for range 100 {
			g.change(m, rs)
		}
		clone, err := tables.Clone()
		require.NoError(t, err)
		copied := clone.v4
		if g.v6 {
			copied = clone.v6
		}
		for range 200 {
			p := g.packet(tables)
			q := *p
			q.host, q.pkt = &clone.host, framed(nil, 0)
			before := countsOf(rs)
			got := copied.traverse(filterTable, &q)
			require.Equal(t, before, countsOf(rs))
			require.Equal(t, rs.traverse(filterTable, p), got)
			require.Equal(t, p.pkt.Mark, q.pkt.Mark)
			require.Equal(t, [2]any{p.chain, p.rule}, [2]any{q.chain, q.rule})
		}
	}
}

// countsOf returns all counters of the table filter.
func countsOf(rs *Ruleset) (all []Counters) {
	for c := range rs.Chains("filter") {
		for _, n := range rs.Rules(c) {
			all = append(all, n)
		}
	}
	return all
}

// A clone translates, tells which rules there were, and sends nothing.
func TestClone(t *testing.T) {
	t.Parallel()
	b := newBed(t,
		"-t nat -A PREROUTING -p tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80",
		"-A FORWARD -p tcp -d 172.17.0.2 --dport 8080 -j ACCEPT",
		"-A FORWARD -p tcp -d 172.17.0.3 --dport 80 -j ACCEPT",
		"-A FORWARD -p udp -d 172.17.0.2 --dport 80 -j ACCEPT",
		"-A FORWARD -m limit --limit 1/hour --limit-burst 1 -j ACCEPT",
		"-A FORWARD -s 10.0.0.0/24 -d 172.17.0.0/16 -j REJECT",
	)
	var told []string
	clone, err := b.tables.Clone(
		OnTrace(func(tr Traced) {
			told = append(told, fmt.Sprintf("%s %s %s %d", tr.Hook, tr.Verdict, tr.Chain, tr.Rule))
		}),
		OnMiss(func(m Miss) { told = append(told, fmt.Sprintf("miss %s %d: %s", m.Chain, m.Rule, m.Condition)) }),
		OnDrop(func(d Dropped) { told = append(told, d.String()) }),
	)
	require.NoError(t, err)
	tried := *b
	tried.tables = clone
	try := func(port int) bool {
		told = nil
		return tried.passed(bedEth0, sample{src: "10.0.0.9:4000", dst: fmt.Sprintf("10.0.0.1:%d", port), flags: syn}.bytes()) != nil
	}
	misses := []string{
		"miss filter/FORWARD 1: -m tcp --dport 8080",
		"miss filter/FORWARD 2: -d 172.17.0.3/32",
		"miss filter/FORWARD 3: -p udp",
	}
	assert.True(t, try(8080))
	assert.Equal(t, append(append([]string{"PREROUTING rule nat/PREROUTING 1"}, misses...), "FORWARD rule filter/FORWARD 4", "POSTROUTING policy nat/POSTROUTING 1"), told)
	assert.False(t, try(8080), "the limit of the clone is reached")
	assert.Equal(t, "FORWARD rule filter/FORWARD 5", told[len(told)-2])
	assert.Empty(t, b.out(), "no answer")
	assert.Zero(t, b.conns())
	for _, n := range countsOf(b.tables.v4) {
		assert.Zero(t, n)
	}
	assert.Empty(t, b.drops)
	assert.Equal(t, 1, len(b.in("eth0", sample{src: "10.0.0.9:4000", dst: "10.0.0.1:8080", flags: syn}).out()), "the limit of the tables is not")
}
