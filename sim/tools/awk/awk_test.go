package awk_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"drydock/sim/tools/awk"
	"drydock/sim/tools/command"

	"github.com/stretchr/testify/require"
)

func run(ctx context.Context, input string, args ...string) (string, int) {
	var out strings.Builder
	call := &command.Call{Args: append([]string{"awk"}, args...), Env: []string{"A=1"}, Stdin: strings.NewReader(input), Stdout: &out, Stderr: &out}
	status := awk.Commands().Run(ctx, call)
	return out.String(), status
}

// TestAwk has programs over standard input. What mawk prints is compared in package tools.
func TestAwk(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args   []string
		want   string
		status int
	}{
		{[]string{"{print $2}"}, "b\nd\n", 0},
		{[]string{"-Fc", "NR==2{print $1 \"|\" $2}"}, "|d\n"[0:0] + "| d\n", 0},
		{[]string{"-v", "x=a\\tb", "BEGIN{print x, ENVIRON[\"A\"], length(ENVIRON)}"}, "a\tb 1 1\n", 0},
		{[]string{"{print x $1}", "x=1", "-"}, "1a\n1c\n", 0},
		{[]string{"BEGIN{exit 4}"}, "", 4},
		{[]string{"BEGIN{"}, "awk: line 1: syntax error: expected } instead of EOF\n", 2},
		{[]string{"{print}", "nosuch"}, "awk: cannot open \"nosuch\" (No such file or directory)\n", 2},
		{nil, "Usage: awk [Options] [Program] [file ...]\n", 2},
	} {
		got, status := run(t.Context(), "a b\nc d\n", tt.args...)
		require.Equal(t, tt.want, got, tt.args)
		require.Equal(t, tt.status, status, tt.args)
	}
}

// TestConfined has programs that would leave the machine: by commands, files written and files
// read. The real files are not touched.
func TestConfined(t *testing.T) {
	t.Parallel()
	at := filepath.Join(t.TempDir(), "f")
	require.NoError(t, os.WriteFile(at, []byte("secret\n"), 0o600))
	for _, program := range []string{
		`BEGIN{system("rm ` + at + `"); print "x"}`, `BEGIN{print "x" | "cat > ` + at + `"}`, `BEGIN{print "x" > "` + at + `"}`,
		`BEGIN{print "x" >> "` + at + `"}`, `BEGIN{while ((getline l < "` + at + `") > 0) print l}`, `BEGIN{"cat ` + at + `" | getline l; print l}`,
	} {
		got, _ := run(t.Context(), "", program)
		require.NotContains(t, got, "secret", program)
		text, err := os.ReadFile(at)
		require.NoError(t, err)
		require.Equal(t, "secret\n", string(text), program)
	}
	got, _ := run(t.Context(), "", "{print}", at)
	require.NotContains(t, got, "secret")
}

// TestEnds has a program that never ends.
func TestEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, status := run(ctx, "", "BEGIN{while(1);}")
	require.Equal(t, 130, status)
}
