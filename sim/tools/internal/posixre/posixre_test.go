package posixre

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCompile has expressions and what they find. That GNU's programs find the same is compared
// in package tools.
func TestCompile(t *testing.T) {
	t.Parallel()
	ere := Options{Extended: true}
	for _, tt := range []struct {
		expr  string
		o     Options
		text  string
		want  string
		wrong string
	}{
		{expr: "a*b", text: "xaab", want: "aab"},
		{expr: "*b", text: "a*b", want: "*b"},
		{expr: "a+", text: "aa+", want: "a+"},
		{expr: "a\\+", text: "aa+", want: "aa"},
		{expr: "a+", o: ere, text: "aa+", want: "aa"},
		{expr: "a|ab", o: ere, text: "ab", want: "ab"},
		{expr: "\\(a\\|b\\)\\{2\\}", text: "ccab", want: "ab"},
		{expr: "(a|b){2}", o: ere, text: "ccab", want: "ab"},
		{expr: "a{2", o: ere, text: "a{2", want: "a{2"},
		{expr: "[]a]*", text: "]a]b", want: "]a]"},
		{expr: "[^]a]", text: "]ab", want: "b"},
		{expr: "[a\\]", text: "\\", want: "\\"},
		{expr: "[[:upper:]b-d]*", text: "ABbdx", want: "ABbd"},
		{expr: "[[.-.]]", text: "-", want: "-"},
		{expr: "^a$", text: "a", want: "a"},
		{expr: "a^b$c", text: "a^b$c", want: "a^b$c"},
		{expr: "\\<b\\w*\\>", text: "a bc", want: "bc"},
		{expr: "A.C", o: Options{Fold: true}, text: "abc", want: "abc"},
		{expr: "a.c", o: Options{Literal: true}, text: "abca.c", want: "a.c"},
		{expr: "b", o: Options{Whole: true}, text: "ab"},
		{expr: "^b", o: Options{Lines: true}, text: "a\nb", want: "b"},
		{expr: "a**", text: "aa", want: "aa"},
		{expr: "()", o: ere, text: "x"},
		{expr: "\\(a", wrong: "Unmatched ( or \\("},
		{expr: "a\\)", wrong: "Unmatched ) or \\)"},
		{expr: "a)", o: ere, text: "a)", want: "a)"},
		{expr: "[a", wrong: "Unmatched [, [^, [:, [., or [="},
		{expr: "[[:nosuch:]]", wrong: "Invalid character class name"},
		{expr: "[[:]", wrong: "Unmatched [, [^, [:, [., or [="},
		{expr: "[b-a]", wrong: "Invalid range end"},
		{expr: "a\\{1", wrong: "Unmatched { or \\{"},
		{expr: "a\\{x\\}", wrong: "Invalid content of \\{\\}"},
		{expr: "a\\", wrong: "Trailing backslash"},
		{expr: "\\(a\\)\\1", wrong: "Invalid back reference"},
		{expr: "a{1,2}{3}*", o: ere, wrong: "Invalid preceding regular expression"},
	} {
		rx, err := Compile(tt.expr, tt.o)
		if tt.wrong != "" {
			require.EqualError(t, err, tt.wrong, tt.expr)
			continue
		}
		require.NoError(t, err, tt.expr)
		require.Equal(t, tt.want, rx.FindString(tt.text), tt.expr)
	}
}

// FuzzCompile checks that what is translated is an expression of Go, or refused.
func FuzzCompile(f *testing.F) {
	for _, s := range []string{"a*\\(b\\|c\\)\\{1,\\}", "(a|[^]b-d])+?", "[[:alpha:][=x=]]", "^*$", "\\<\\>\\b\\`", "a{,3}"} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, expr string, extended bool) {
		if rx, err := Compile(expr, Options{Extended: extended, Fold: true}); err == nil {
			rx.MatchString(expr)
		}
	})
}
