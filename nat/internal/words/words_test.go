package words

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSplit(t *testing.T) {
	t.Parallel()
	for line, want := range map[string][]string{
		"":                     nil,
		" -A\tINPUT  -j X ":    {"-A", "INPUT", "-j", "X"},
		`--comment "a b" -j`:   {"--comment", "a b", "-j"},
		`--comment "" -j`:      {"--comment", "", "-j"},
		`"a\"b\\c\d"`:          {`a"b\cd`},
		`"a"b`:                 {"a", "b"},
		`a"b c"d`:              {"ab c", "d"},
		`a\b 'c d'`:            {`a\b`, "'c", "d'"},
		"-A INPUT -j ACCEPT\r": {"-A", "INPUT", "-j", "ACCEPT"},
	} {
		got, err := Split(line)
		require.NoError(t, err)
		assert.Equal(t, want, got, line)
	}
	_, err := Split(`"open`)
	assert.ErrorIs(t, err, ErrQuote)
}

func FuzzQuote(f *testing.F) {
	f.Add("a b")
	f.Add(`"'\`)
	f.Fuzz(func(t *testing.T, s string) {
		for _, quoted := range []string{Quote(s), Name(s)} {
			got, err := Split("x " + quoted + " y")
			require.NoError(t, err)
			require.Equal(t, []string{"x", s, "y"}, got)
		}
	})
}
