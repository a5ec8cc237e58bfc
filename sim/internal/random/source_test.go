package random

import (
	"io"
	mathrand "math/rand"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

var _ mathrand.Source64 = (*Source)(nil)

// TestSource: a seed repeats the numbers, another one gives others, and Seed changes
// nothing.
func TestSource(t *testing.T) {
	t.Parallel()
	draw := func(s *Source) (numbers []uint64) {
		for range 10 {
			numbers = append(numbers, s.Uint64(), uint64(s.Int63()))
		}
		b := make([]byte, 8)
		_, err := io.ReadFull(s, b)
		require.NoError(t, err)
		return append(numbers, uint64(b[0]), uint64(b[7]))
	}
	first := draw(NewSource(1))
	require.Equal(t, first, draw(NewSource(1)))
	require.NotEqual(t, first, draw(NewSource(2)))
	seeded := NewSource(1)
	seeded.Seed(2)
	require.Equal(t, first, draw(seeded))
}

// TestSourceShared draws from many goroutines, for the race detector: no number is
// given twice.
func TestSourceShared(t *testing.T) {
	t.Parallel()
	s := NewSource(1)
	var mu sync.Mutex
	drawn := make(map[uint64]bool)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 100 {
				n := s.Uint64()
				mu.Lock()
				drawn[n] = true
				mu.Unlock()
			}
		})
	}
	all.Wait()
	require.Len(t, drawn, 800)
}
