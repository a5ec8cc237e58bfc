package sed_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"drydock/sim/tools/command"
	"drydock/sim/tools/sed"

	"github.com/stretchr/testify/require"
)

func run(ctx context.Context, input string, args ...string) (string, int) {
	var out strings.Builder
	call := &command.Call{Args: append([]string{"sed"}, args...), Stdin: strings.NewReader(input), Stdout: &out, Stderr: &out}
	status := sed.Commands().Run(ctx, call)
	return out.String(), status
}

// TestSed has scripts over standard input. What GNU's sed prints is compared in package tools.
func TestSed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		script, input, want string
		status              int
	}{
		{"s/a/b/", "aa\n", "ba\n", 0},
		{"2q7", "1\n2\n3\n", "1\n2\n", 7},
		{"$!d", "1\n2", "2", 0},
		{":a;s/^\\(.\\{1,3\\}\\)$/ \\1/;ta", "x\n", "   x\n", 0},
		{"s/x/\\", "x\n", "sed: -e expression #1, char 5: unterminated `s' command\n", 1},
		{"s/\\(x\\)\\1/y/", "xx\n", "sed: -e expression #1, char 12: Invalid back reference\n", 1},
		{strings.Repeat("{", 2000), "", "sed: -e expression #1, char 1001: too many blocks\n", 1},
	} {
		got, status := run(t.Context(), tt.input, tt.script)
		require.Equal(t, tt.want, got, tt.script)
		require.Equal(t, tt.status, status, tt.script)
	}
}

// TestBounds has a script that never ends, and one that doubles its text.
func TestBounds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, status := run(ctx, "x\n", ":a;ba")
	require.Equal(t, 130, status)
	got, status := run(t.Context(), "x\n", ":a;s/.*/&&&&&&&&/;ta")
	require.Equal(t, 4, status)
	require.Contains(t, got, "memory exhausted")
}

// FuzzSed checks that no script makes sed panic or run on.
func FuzzSed(f *testing.F) {
	for _, s := range []string{"s/a/b/g", "1,/x/{p;d}", ":a;N;$!ba;s/\\n/ /g", "y/abc/xyz/", "$!N;P;D", "0~3a\\\nx", "/a/I!{;}", "s,[,],,;", "\\,a,p", "G;h;x;H;l;=", "w f\nr f", "c\\", "2,~4!Q3", "s/\\(.\\)/\\U\\1/3w f"} {
		f.Add(s, "one\ntwo\n\nthree")
	}
	f.Fuzz(func(t *testing.T, script, input string) {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if _, status := run(ctx, input, "-n", script); status < 0 || status > 255 {
			t.Errorf("status %d", status)
		}
	})
}
