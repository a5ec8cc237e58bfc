package nat

import (
	"maps"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestLayers changes copies of copies and compares each with a map.
func TestLayers(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	var list [20]layers[int, int]
	var model [20]map[int]int
	for i := range model {
		model[i] = map[int]int{}
	}
	for step := range 20_000 {
		i, k := rng.IntN(len(list)), rng.IntN(200)
		switch rng.IntN(8) {
		case 0:
			j := rng.IntN(len(list))
			list[j], model[j] = list[i].clone(), maps.Clone(model[i])
		case 1, 2:
			list[i].delete(k)
			delete(model[i], k)
		default:
			list[i].set(k, step)
			model[i][k] = step
		}
		v, ok := list[i].get(k)
		w, want := model[i][k]
		require.Equal(t, want, ok)
		require.Equal(t, w, v)
		require.Equal(t, len(model[i]), list[i].n)
		if step%50 == 0 {
			require.Equal(t, model[i], maps.Collect(list[i].all()))
		}
	}
}
