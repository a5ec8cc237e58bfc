package nat

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestAtomic changes two chains at once while packets pass: none may see the one
// without the other. Both chains turn the same bits of the mark over.
func TestAtomic(t *testing.T) {
	t.Parallel()
	tables := New()
	rs := tables.v4
	turn := func(v uint32) Rule { return target(Mark{Value: v}) }
	require.NoError(t, rs.NewChain("filter/A"))
	require.NoError(t, rs.Append(FilterForward, turn(0), target(Jump{"A"})))
	require.NoError(t, rs.Append("filter/A", turn(0)))

	const changes, walkers = 300, 3
	var passed atomic.Uint64
	var done atomic.Bool
	var wg sync.WaitGroup
	for range walkers {
		wg.Go(func() {
			p := samplePacket(tables)
			for !done.Load() {
				rs.traverse(filterTable, p)
				passed.Add(1)
				if !assert.Zero(t, p.pkt.Mark) {
					return
				}
			}
		})
	}
	for v := range uint32(changes) {
		require.NoError(t, rs.Edit(func(d *Ruleset) error {
			d.Replace(FilterForward, 1, turn(v))
			return d.Replace("filter/A", 1, turn(v))
		}))
	}
	done.Store(true)
	wg.Wait()
	assert.Equal(t, passed.Load(), countersOf(rs, FilterForward)[1].Packets, "counters survive, and none counts twice")
}

// TestConcurrentChanges lets several writers have their own chain, with readers and
// packets about.
func TestConcurrentChanges(t *testing.T) {
	t.Parallel()
	tables := New()
	rs := tables.v4
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			c := Chain(fmt.Sprint("filter/C", w))
			for i := range 50 {
				assert.NoError(t, rs.NewChain(c))
				assert.NoError(t, rs.Append(c, target(Accept{}), target(Drop{})))
				assert.NoError(t, rs.Append(FilterForward, target(Jump{fmt.Sprint("C", w)})))
				rs.traverse(filterTable, samplePacket(tables))
				assert.Len(t, rulesOf(rs, c), 2)
				assert.NotEmpty(t, chainsOf(rs, "filter"))
				assert.ErrorIs(t, rs.DeleteChain(c), ErrNotEmpty)
				assert.NoError(t, rs.Delete(FilterForward, target(Jump{fmt.Sprint("C", w)})))
				assert.NoError(t, rs.Flush(c))
				if i < 49 {
					assert.NoError(t, rs.DeleteChain(c))
				}
			}
		})
	}
	wg.Wait()
	assert.Equal(t, []Chain{FilterInput, FilterForward, FilterOutput, "filter/C0", "filter/C1", "filter/C2", "filter/C3"}, chainsOf(rs, "filter"))
	assert.Empty(t, rulesOf(rs, FilterForward))
}

// TestTraverseAllocatesNothing has a rule of each kind that traversal knows.
func TestTraverseAllocatesNothing(t *testing.T) {
	tables := New()
	rs := tables.v4
	require.NoError(t, rs.NewChain("filter/A"))
	for _, spec := range []string{
		"-A FORWARD -j A", "-A A -p tcp -m multiport --dports 1,2,3 -j DROP", "-A A -m limit --limit 1/day -j RETURN", "-A A -j MARK --set-xmark 0x1/0x1",
		"-A FORWARD -s 10.0.0.0/8 -j DROP", "-A FORWARD ! -i eth+ -j DROP", "-A FORWARD -m addrtype --dst-type LOCAL -j DROP",
		"-A FORWARD -m conntrack --ctstate SNAT -j DROP", "-A FORWARD -j ACCEPT",
	} {
		c, r, err := ParseRule(spec)
		require.NoError(t, err)
		require.NoError(t, rs.Append(c, r))
	}
	p := samplePacket(tables)
	require.Equal(t, accept, rs.traverse(filterTable, p))
	require.Equal(t, FilterForward, p.chain)
	require.Equal(t, 6, p.rule)
	require.Zero(t, testing.AllocsPerRun(100, func() { rs.traverse(filterTable, p) }))
}
