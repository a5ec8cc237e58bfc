package veth_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// lost returns which of 1000 frames do not arrive.
func lost(t *testing.T, seed uint64, i veth.Impairment, opts ...veth.Option) []int {
	return lostAfterChange(t, seed, i, i, opts...)
}

// lostAfterChange does so with another impairment from frame 500 on.
func lostAfterChange(t *testing.T, seed uint64, first, second veth.Impairment, opts ...veth.Option) []int {
	var missing []int
	synctest.Test(t, func(t *testing.T) {
		a, b, err := veth.Pair(append(opts, veth.WithSeed(seed), veth.WithImpairment(first))...)
		require.NoError(t, err)
		defer a.Close()
		var atB station
		b.Attach(&atB)
		for n := range 1000 {
			if n == 500 {
				require.NoError(t, a.Impair(second))
			}
			write(t, a, numbered(n))
			sleep(time.Millisecond)
		}
		sleep(time.Minute)
		got := atB.numbers()
		if first.Jitter.Spread == 0 {
			require.True(t, slices.IsSorted(got))
		}
		for n := range 1000 {
			if !slices.Contains(got, n) {
				missing = append(missing, n)
			}
		}
		assert.Equal(t, uint64(len(missing)), a.Stats().TxLost)
		if first.Duplicate.P == 0 {
			conserved(t, a, b)
		}
	})
	return missing
}

func TestLoss(t *testing.T) {
	t.Parallel()
	loss := veth.Loss{P: 0.1}
	first := lost(t, 7, veth.Impairment{Loss: loss})
	assert.InDelta(t, 100, len(first), 30) // three standard deviations

	same := map[string][]int{
		"again":       lost(t, 7, veth.Impairment{Loss: loss}),
		"with delay":  lost(t, 7, veth.Impairment{Loss: loss, Delay: 20 * time.Millisecond}),
		"with rate":   lost(t, 7, veth.Impairment{Loss: loss, Rate: 1e9}),
		"given MACs":  lost(t, 7, veth.Impairment{Loss: loss}, veth.WithMAC(macA, macB)),
		"other queue": lost(t, 7, veth.Impairment{Loss: loss, Queue: 5}),
		"jitter":      lost(t, 7, veth.Impairment{Loss: loss, Delay: 20 * time.Millisecond, Jitter: veth.Jitter{Spread: 10 * time.Millisecond}}),
		"damage":      lost(t, 7, veth.Impairment{Loss: loss, Corrupt: veth.Chance{P: 0}, Slots: veth.Slots{Min: 1, Max: 1}}),
	}
	for name, got := range same {
		assert.Equal(t, first, got, name)
	}
	assert.NotEqual(t, first, lost(t, 8, veth.Impairment{Loss: loss}), "other seed")
	assert.Empty(t, lost(t, 7, veth.Impairment{Delay: 1}))
	assert.Len(t, lost(t, 7, veth.Impairment{Loss: veth.Loss{P: 1}}), 1000)

	// What a frame takes from the generator does not depend on the impairment.
	half := slices.IndexFunc(first, func(n int) bool { return n >= 500 })
	assert.Equal(t, first[half:], lostAfterChange(t, 7, veth.Impairment{Delay: 1}, veth.Impairment{Loss: loss}))
	assert.Equal(t, first[:half], lostAfterChange(t, 7, veth.Impairment{Loss: loss}, veth.Impairment{}))

	// Lower probabilities lose a part of the same frames.
	for _, n := range lost(t, 7, veth.Impairment{Loss: veth.Loss{P: 0.05}}) {
		assert.Contains(t, first, n)
	}
}

// TestLossDirections draws from one generator per direction.
func TestLossDirections(t *testing.T) {
	t.Parallel()
	fates := func(backwards int) []uint64 {
		var got []uint64
		synctest.Test(t, func(t *testing.T) {
			a, b := pair(t, veth.WithImpairment(veth.Impairment{Loss: veth.Loss{P: 0.5}}))
			defer a.Close()
			for n := range 100 {
				write(t, a, numbered(n))
				for range backwards {
					write(t, b, raw(macA, macB, 100))
				}
				got = append(got, a.Stats().TxLost)
			}
			if backwards > 0 {
				assert.NotEqual(t, a.Stats().TxLost, b.Stats().TxLost)
			}
		})
		return got
	}
	assert.Equal(t, fates(0), fates(2))
}
