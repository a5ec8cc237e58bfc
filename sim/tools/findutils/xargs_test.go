package findutils

import (
	"context"
	"strings"
	"testing"

	"drydock/sim/tools/command"

	"github.com/stretchr/testify/require"
)

// xargs runs a command line with that input, with "args", which prints its arguments and
// returns as its status how many there are.
func xargs(line, input string) (string, int) {
	var out strings.Builder
	table := Commands().With(command.Table{"args": func(_ context.Context, c *command.Call) int {
		c.Printf("%q\n", c.Args[1:])
		return len(c.Args) - 1
	}})
	call := &command.Call{Args: append([]string{"xargs"}, strings.Fields(line)...), Stdin: strings.NewReader(input), Stdout: &out, Stderr: &out}
	status := table.Run(context.Background(), call)
	return out.String(), status
}

// TestXargs has what GNU's xargs does and prints.
func TestXargs(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		line, input, want string
		status            int
	}{
		{"args", "", "[]\n", 0},
		{"-r args", "", "", 0},
		{"args x", "a 'b c'\n\"d\ne\" f\\ g\\\n", "xargs: unmatched double quote; by default quotes are special to xargs unless you use the -0 option\n", 1},
		{"args x", "a 'b c'\n\"d e\" f\\ g ''", "[\"x\" \"a\" \"b c\" \"d e\" \"f g\" \"\"]\n", 123},
		{"-n 2 args", "a b c", "[\"a\" \"b\"]\n[\"c\"]\n", 123},
		{"-n2 args -n", "a", "[\"-n\" \"a\"]\n", 123},
		{"-n 0 args", "a", "xargs: value 0 for -n option should be >= 1\nTry 'xargs --help' for more information.\n", 1},
		{"-I % args x%", "a b\nc", "[\"xa b\"]\n[\"xc\"]\n", 123},
		{"-P 2 args", "a", "xargs: invalid option -- 'P'\nTry 'xargs --help' for more information.\n", 1},
		{"nosuch", "a", "xargs: nosuch: No such file or directory\n", 127},
		{"args " + strings.Repeat("x ", 255), "", "[" + strings.TrimSpace(strings.Repeat("\"x\" ", 255)) + "]\nxargs: args: exited with status 255; aborting\n", 124},
	} {
		out, status := xargs(tt.line, tt.input)
		require.Equal(t, tt.want, out, tt.line)
		require.Equal(t, tt.status, status, tt.line)
	}
}

// FuzzXargs checks that no command line and input makes xargs panic or run for ever.
func FuzzXargs(f *testing.F) {
	f.Add("-n 1 args", "a 'b\n")
	f.Add("-n", "\\")
	f.Add("-rn3 args", "\"\"")
	f.Fuzz(func(t *testing.T, line, input string) {
		if _, status := xargs(line, input); status < 0 || status > 127 {
			t.Errorf("%q: status %d", line, status)
		}
	})
}
