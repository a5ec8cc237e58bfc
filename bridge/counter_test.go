package bridge

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The halves of a counter's word must not overflow into each other.
func TestCounterOverflow(t *testing.T) {
	t.Parallel()
	for name, size := range map[string]int{"bytes first": 1 << 20, "packets first": 1} {
		var c counter
		c.recent.Store(1<<63 - 1<<40 | 1<<39 - 1) // both halves just below full
		packets, bytes := uint64(1<<23-1), uint64(1<<39-1)
		for range 10 {
			c.add(size)
			packets++
			bytes += uint64(size)
		}
		p, b := c.load()
		assert.Equal(t, packets, p, name)
		assert.Equal(t, bytes, b, name)
		assert.Zero(t, c.recent.Load(), name)
	}
}

func TestCounterConcurrent(t *testing.T) {
	t.Parallel()
	var c counter
	c.recent.Store(1<<63 - 1000<<40)
	start, _ := c.load()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 1000 {
				c.add(64)
				c.load()
			}
		})
	}
	wg.Wait()
	p, b := c.load()
	assert.EqualValues(t, start+4000, p)
	assert.EqualValues(t, 4000*64, b)
}
