package conntrack

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// flood begins n connections, and returns how many were refused.
func (b *bed) flood(from, n int) (refused int) {
	b.t.Helper()
	for i := from; i < from+n; i++ {
		tup := nth(protoUDP, i)
		c, _, err := b.Track(&tup, &any20)
		if err == nil {
			_, err = b.Confirm(c)
		}
		if err != nil {
			require.ErrorIs(b.t, err, ErrFull)
			refused++
		}
		if n := b.Len(); n > int(b.max) {
			b.t.Fatalf("%d connections, of %d at most", n, b.max)
		}
	}
	return refused
}

// check compares the counters with what is in the chains.
func (b *bed) check() {
	b.t.Helper()
	conns, nodes := map[*Conn]int{}, 0
	for i := range b.shards {
		s := &b.shards[i]
		s.mu.Lock()
		buckets, n := *s.buckets.Load(), 0
		for j := range buckets {
			buckets[j].all(func(node *node) {
				n++
				conns[node.conn]++
				if b.shard(node.hash) != s || node.hash&uint64(len(buckets)-1) != uint64(j) || node.conn.has(Dying) ||
					buckets[j].find(&node.key, node.hash, -1<<62, nil) != node {
					b.t.Fatalf("node of %v", node.key.tuple())
				}
			})
		}
		require.Equal(b.t, s.nodes, n)
		require.LessOrEqual(b.t, n, maxLoad*len(buckets))
		require.LessOrEqual(b.t, len(buckets), max(1, 2*n))
		nodes += n
		s.mu.Unlock()
	}
	require.Equal(b.t, b.Len(), len(conns))
	for c, n := range conns {
		if c.has(natClash) {
			n++
		}
		if n != 2 {
			b.t.Fatalf("%v has %d nodes", c.Tuple(Original), n)
		}
	}
}

func TestFloodIsBounded(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{1, 10, 1000, 8192} {
		b := newBed(t, Config{Max: limit})
		refused := b.flood(0, 3*limit)
		b.check()
		assert.Positive(t, b.Len())
		if limit >= 1000 { // hardly ever are 16 chains empty that hold one entry each
			assert.Greater(t, b.Len(), limit/2)
			assert.Less(t, refused, limit/100)
		}
	}
}

// fill enters n assured connections.
func (b *bed) fill(n int) (conns []*Conn) {
	for i := range n {
		c := b.begin(nth(protoTCP, i), syn)
		require.NoError(b.t, b.pass(c, Reply, synack))
		require.NoError(b.t, b.pass(c, Original, ack))
		require.True(b.t, c.has(Assured))
		conns = append(conns, c)
	}
	return conns
}

func TestAssuredAreKept(t *testing.T) {
	t.Parallel()
	b := newBed(t, Config{Max: 1000})
	conns := b.fill(1000)
	require.Equal(t, 2000, b.flood(0, 2000))
	for _, c := range conns {
		require.False(t, c.has(Dying))
	}
	require.Len(t, b.lines(), 1000)
	b.check()

	// Expired ones do not stand in the way, although nobody has met them.
	b.clock.Advance(5 * 24 * time.Hour)
	require.Zero(t, b.flood(0, 10))
	b.check()
}

// Once connections were refused, Linux lets those go that are closing anyway.
func TestClosingGoWhenFull(t *testing.T) {
	t.Parallel()
	b := newBed(t, Config{Max: 1000})
	conns := b.fill(1000)
	for _, c := range conns[:500] {
		require.NoError(t, b.pass(c, Original, fin))
	}
	require.Less(t, b.flood(0, 1000), 200)
	for _, c := range conns[500:] {
		require.False(t, c.has(Dying))
	}
	gone := 0
	for _, c := range conns[:500] {
		if c.has(Dying) {
			gone++
		}
	}
	require.GreaterOrEqual(t, gone, 50)
	b.check()
}

// A connection that was begun when there was room may be refused later.
func TestConfirmIsBounded(t *testing.T) {
	t.Parallel()
	b := newBed(t, Config{Max: 100})
	tup := tuple("udp 10.0.0.1:1 10.0.0.2:2")
	c, err := b.Begin(&tup, &any20)
	require.NoError(t, err)
	b.fill(100)
	_, err = b.Confirm(c)
	require.ErrorIs(t, err, ErrFull)
	require.Equal(t, 100, b.Len())
	b.Delete(func(Entry) bool { return true })
	_, err = b.Confirm(c)
	require.NoError(t, err)
	b.check()
}

// What has expired is given back by the connections that come, and by who lists them.
func TestSweep(t *testing.T) {
	t.Parallel()
	b := newBed(t, Config{})
	b.flood(0, 10000)
	require.Equal(t, 10000, b.Len())
	b.clock.Advance(30 * time.Second)
	require.Empty(t, b.lines())
	require.Zero(t, b.Len())
	b.check()

	b.flood(0, 10000)
	b.clock.Advance(30 * time.Second)
	b.flood(10000, 10000)
	require.Less(t, b.Len(), 10500)
	b.check()

	// At a steady pace the table holds not many more than are alive.
	for i := range 100 {
		b.clock.Advance(time.Second)
		b.flood(100000+i*100, 100)
	}
	require.Less(t, b.Len(), 2*3000)
	require.Len(t, b.lines(), 3000)
}

func TestDeleteGivesBackBuckets(t *testing.T) {
	t.Parallel()
	b := newBed(t, Config{})
	b.flood(0, 20000)
	require.Equal(t, 10000, b.Delete(func(e Entry) bool { return e.Original.SrcPort%2 == 0 }))
	b.check()
	require.Equal(t, 10000, b.Delete(func(Entry) bool { return true }))
	b.check()
}

func TestEntriesStops(t *testing.T) {
	t.Parallel()
	b := newBed(t, Config{})
	b.flood(0, 100)
	n := 0
	for range b.Entries() {
		if n++; n == 10 {
			break
		}
	}
	assert.Equal(t, 10, n)
}
