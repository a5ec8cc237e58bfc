package grep_test

import (
	"strings"
	"testing"

	"drydock/sim/tools/command"
	"drydock/sim/tools/grep"

	"github.com/stretchr/testify/require"
)

func run(t *testing.T, input string, args ...string) (string, int) {
	var out strings.Builder
	call := &command.Call{Args: append([]string{"grep"}, args...), Stdin: strings.NewReader(input), Stdout: &out, Stderr: &out}
	status := grep.Commands().Run(t.Context(), call)
	return out.String(), status
}

// TestGrep searches standard input. What GNU's grep prints is compared in package tools.
func TestGrep(t *testing.T) {
	t.Parallel()
	const text = "eth0 up\nlo up\neth1 down\n"
	for _, tt := range []struct {
		args, want string
		status     int
	}{
		{"eth", "eth0 up\neth1 down\n", 0},
		{"-c up", "2\n", 0},
		{"-n -A1 lo", "2:lo up\n3-eth1 down\n", 0},
		{"-ow [a-z]*", "up\nlo\nup\ndown\n", 0},
		{"-H lo", "(standard input):lo up\n", 0},
		{"nosuch", "", 1},
		{"\\(a\\)\\1", "grep: Invalid back reference\n", 2},
		{"-m0 eth", "", 1},
	} {
		got, status := run(t, text, strings.Fields(tt.args)...)
		require.Equal(t, tt.want, got, tt.args)
		require.Equal(t, tt.status, status, tt.args)
	}
}

// FuzzGrep checks that no pattern makes grep panic, and that -v finds what is not found.
func FuzzGrep(f *testing.F) {
	for _, s := range []string{"a*", "^.$", "[[:alpha:]]", "a\\{2,3\\}", "(a|b)+", "\\<x\\>", "[^]]", "a**", "\\", "{", "(?:x)", "é"} {
		f.Add(s, "a\nbb\n(c)\n", true)
	}
	f.Fuzz(func(t *testing.T, pattern, input string, extended bool) {
		args := []string{"-c", "-e", pattern}
		if extended {
			args = append(args, "-E")
		}
		_, found := run(t, input, args...)
		_, not := run(t, input, append(args, "-v")...)
		if found > 2 || not > 2 || (found == 2) != (not == 2) {
			t.Errorf("status %d and %d", found, not)
		}
		if lines := strings.Count(input, "\n"); lines > 0 && found == 1 && not == 1 {
			t.Errorf("neither %q nor its opposite is in %d lines", pattern, lines)
		}
	})
}
