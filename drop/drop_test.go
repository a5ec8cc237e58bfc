package drop_test

import (
	"sync"
	"testing"

	"drydock/drop"

	"github.com/stretchr/testify/assert"
)

func TestReasons(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for r := range drop.Reason(len(drop.Counts{})) {
		assert.NotEmpty(t, r.String(), "%d", uint8(r))
		seen[r.String()] = true
	}
	assert.Len(t, seen, len(drop.Counts{}), "two reasons in the same words")
	assert.Equal(t, "Reason(200)", drop.Reason(200).String())
}

func TestCounters(t *testing.T) {
	t.Parallel()
	var c drop.Counters
	assert.Zero(t, c.Load())
	assert.Equal(t, "none", c.Load().String())
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			c.Add(drop.NoRoute, 1)
			c.Add(drop.TTL, 2)
			c.Add(200, 1)
		})
	}
	all.Wait()
	n := c.Load()
	assert.Equal(t, drop.Counts{drop.Unknown: 4, drop.NoRoute: 4, drop.TTL: 8}, n)
	assert.EqualValues(t, 16, n.Total())
	assert.EqualValues(t, 16, n.Plus(n)[drop.TTL])
	assert.Equal(t, "4 unknown, 4 no route, 8 TTL exceeded", n.String())
	for r := range n.All() {
		assert.Equal(t, drop.Unknown, r)
		break
	}
}
