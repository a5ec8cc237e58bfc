package nat

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestElements compares sets with a list: what overlaps, what is found and what goes.
func TestElements(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		g := rand.New(rand.NewPCG(seed, 3))
		width := g.IntN(2) + 1
		var list []Element
		s, _ := NewElements(width)
		has := func(e *Element, w *Words) bool {
			for i := range width {
				if w[i].Compare(e.Key[i]) < 0 || w[i].Compare(e.Last[i]) > 0 {
					return false
				}
			}
			return true
		}
		for range 200 {
			var e Element
			for i := range width {
				e.Key[i] = NumberWord(g.Uint64N(40))
				e.Last[i] = e.Key[i]
				if g.IntN(3) == 0 {
					e.Last[i].Lo += g.Uint64N(4)
				}
			}
			overlap := slices.ContainsFunc(list, func(f Element) bool {
				if width == 1 {
					return f.Key[0].Compare(e.Last[0]) <= 0 && e.Key[0].Compare(f.Last[0]) <= 0
				}
				return has(&f, &e.Key) || has(&f, &e.Last)
			})
			at := slices.IndexFunc(list, func(f Element) bool { return f.Key == e.Key && f.Last == e.Last })
			switch {
			case g.IntN(4) == 0:
				require.Equal(t, at >= 0, s.remove(&e) == nil)
				if at >= 0 {
					list = slices.Delete(list, at, at+1)
				}
			case overlap:
				require.ErrorIs(t, s.add(&e), ErrThere)
			default:
				require.NoError(t, s.add(&e))
				list = append(list, e)
			}
			if g.IntN(20) == 0 {
				s = s.fresh()
			}
			require.Equal(t, len(list), s.Len())
			require.Len(t, slices.Collect(s.All()), len(list))
			w := Words{NumberWord(g.Uint64N(44))}
			if width == 2 {
				w[1] = NumberWord(g.Uint64N(44))
			}
			want := slices.ContainsFunc(list, func(f Element) bool { return has(&f, &w) })
			require.Equal(t, want, s.find(&w, width) != nil)
		}
	}
}
