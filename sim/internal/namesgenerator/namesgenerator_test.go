package namesgenerator

import (
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestWords: the lists are Docker's, as far as their ends and recorded names tell.
func TestWords(t *testing.T) {
	t.Parallel()
	require.Len(t, adjectives, 108)
	require.Len(t, surnames, 236)
	for _, list := range [][]string{adjectives, surnames} {
		for _, word := range list {
			require.Regexp(t, `^[a-z]+$`, word)
		}
	}
	for _, word := range []string{"admiring", "zen", "unruffled", "jovial", "stupefied"} {
		require.Contains(t, adjectives, word)
	}
	for _, word := range []string{"albattani", "zhukovsky", "clarke", "ramanujan", "jemison"} {
		require.Contains(t, surnames, word)
	}
}

func TestName(t *testing.T) {
	t.Parallel()
	script := func(numbers ...int) func(int) int {
		return func(n int) int {
			require.NotEmpty(t, numbers)
			next := numbers[0]
			numbers = numbers[1:]
			require.Less(t, next, n)
			return next
		}
	}
	boring, wozniak := slices.Index(adjectives, "boring"), slices.Index(surnames, "wozniak")
	require.Equal(t, "admiring_albattani", Name(script(0, 0), 0))
	require.Equal(t, "admiring_albattani7", Name(script(0, 0, 7), 1))
	require.Equal(t, "admiring_wozniak", Name(script(boring, wozniak, 0, wozniak), 0))
	require.Regexp(t, regexp.MustCompile(`^boring_albattani$`), Name(script(boring, 0), 0))
}
