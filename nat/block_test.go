package nat

import (
	"math/rand/v2"
	"net/netip"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestBlocks changes a chain beside a list of its rules, in drafts some of which come to nothing, and
// looks at all that the chain has been.
func TestBlocks(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		g := rand.New(rand.NewPCG(seed, 2))
		c, list := &chain{hook: numHooks}, []*rule(nil)
		type past struct {
			c    *chain
			list []*rule
		}
		pasts := []past{{c, nil}}
		for range 150 {
			next, rules := c.edit(), slices.Clone(list)
			for range 1 + g.IntN(4) {
				from := g.IntN(len(rules) + 1)
				to := from + g.IntN(len(rules)-from+1)
				if g.IntN(3) > 0 {
					to = min(to, from+g.IntN(3))
				}
				added := make([]*rule, g.IntN(4))
				if g.IntN(3) == 0 {
					added = make([]*rule, g.IntN(400))
				}
				if g.IntN(3) == 0 {
					from, to = len(rules), len(rules)
				}
				for i := range added {
					added[i] = &rule{count: new(counter), to: noChain, print: g.Uint64()}
				}
				next.splice(from, to, added...)
				rules = slices.Replace(rules, from, to, added...)
			}
			requireRules(t, next, rules)
			if g.IntN(3) > 0 {
				c, list = next, rules
				pasts = append(pasts, past{c, list})
			}
		}
		for _, p := range pasts {
			requireRules(t, p.c, p.list)
		}
	}
}

func requireRules(t *testing.T, c *chain, rules []*rule) {
	t.Helper()
	require.Equal(t, len(rules), c.size)
	i := 0
	for b, x := range c.blocks {
		require.Equal(t, i, c.starts[b])
		require.NotEmpty(t, x.code)
		require.LessOrEqual(t, len(x.code), blockSize)
		require.Len(t, x.prints, len(x.code))
		for k := range x.code {
			require.Same(t, rules[i], x.code[k].rule)
			require.Equal(t, rules[i].print, x.prints[k])
			require.Same(t, rules[i], c.at(i).rule)
			i++
		}
	}
	require.Equal(t, len(rules), i)
	require.LessOrEqual(t, len(c.blocks), 2+len(rules)/(blockSize/4))
}

// TestHeadIsLinear adds rules one by one at the head and deletes others in the middle: among thousands
// each costs, in bytes, what it does among hundreds.
func TestHeadIsLinear(t *testing.T) {
	cost := func(n int) uint64 {
		rs := New().v4
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for i := range n {
			r := Rule{Src: hostOf(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)})), Target: Drop{}}
			require.NoError(t, rs.Insert(FilterForward, 1, r))
			if i%2 == 1 {
				require.NoError(t, rs.DeleteAt(FilterForward, i/4+1))
			}
		}
		runtime.ReadMemStats(&after)
		return (after.TotalAlloc - before.TotalAlloc) / uint64(n)
	}
	few, many := cost(400), cost(8000)
	require.Less(t, many, 2*few)
}
