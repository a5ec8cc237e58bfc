package printf

import (
	"strings"
	"testing"

	"drydock/sim/tools/internal/escape"

	"github.com/stretchr/testify/require"
)

func print(format string, args ...string) (string, []string) {
	var b strings.Builder
	faults := Print(&b, format, args, Style{Escapes: escape.Format, Quote: Quote,
		Invalid: func(arg string, partly bool) string {
			return map[bool]string{true: "partly ", false: "no "}[partly] + arg
		}, Directive: func(text string) string { return "bad " + text }})
	return b.String(), faults
}

// TestPrint has formats, arguments and faults. That real programs print so is compared in
// packages shell and tools.
func TestPrint(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ format, args, want, faults string }{
		{"%s-%d\\n", "a 1 b 2", "a-1\nb-2\n", ""},
		{"x\\x41\\101%%", "", "xAA%", ""},
		{"%5s|%-5s|%.2s|%05d|%x|%o|%c", "ab ab abc 42 255 8 xyz", "   ab|ab   |ab|00042|ff|10|x", ""},
		{"%d %d %d %d", "0x1f 017 'a -3", "31 15 97 -3", ""},
		{"%d,", "x 1x 99999999999999999999", "0,1,9223372036854775807,", "no x|partly 1x"},
		{"%b|%q", "a\\tb\\\\c $x", "a\tb\\c|\\$x", ""},
		{"%b no", "a\\cb", "a", ""},
		{"%*d|%-*d|", "4 7 4 7", "   7|7   |", ""},
		{"%5.1f|%e|%g", "3.14159 1000 0.5", "  3.1|1.000000e+03|0.5", ""},
		{"a%yb", "", "a", "bad %y"},
		{"%s", "", "", ""},
		{"%99999999d", "1", strings.Repeat(" ", maxWidth-1) + "1", ""},
	} {
		got, faults := print(tt.format, strings.Fields(tt.args)...)
		require.Equal(t, tt.want, got, tt.format)
		require.Equal(t, tt.faults, strings.Join(faults, "|"), tt.format)
	}
	require.Equal(t, []string{"''", "a", "a\\ b", "$'a\\nb'"}, []string{Quote(""), Quote("a"), Quote("a b"), Quote("a\nb")})
	require.Equal(t, []string{"''", "a", "'a b'", "\"it's\""}, []string{Quoted(""), Quoted("a"), Quoted("a b"), Quoted("it's")})
}

// FuzzPrint checks that no format panics or prints without bound.
func FuzzPrint(f *testing.F) {
	f.Add("%-+0 #'9.3d%*.*s%b\\0101%%", "1 2 3")
	f.Add("%", "")
	f.Fuzz(func(t *testing.T, format, args string) {
		if len(format) > 100 || len(args) > 100 {
			return
		}
		if got, _ := print(format, strings.Fields(args)...); len(got) > 60*60*2*maxWidth {
			t.Errorf("%d bytes", len(got))
		}
	})
}
