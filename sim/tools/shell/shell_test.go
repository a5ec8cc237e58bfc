package shell_test

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"drydock/sim/tools/command"
	"drydock/sim/tools/coreutils"
	"drydock/sim/tools/findutils"
	"drydock/sim/tools/shell"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// commands are those of the shell and what lines need, with "args", which prints its arguments,
// and "err", which writes to standard error and fails.
func commands() command.Table {
	return shell.Commands().With(coreutils.Commands(), findutils.Commands(), command.Table{
		"args": func(_ context.Context, c *command.Call) int {
			for _, a := range c.Args[1:] {
				c.Printf("[%s]", a)
			}
			c.Printf("\n")
			return 0
		},
		"err": func(_ context.Context, c *command.Call) int { return c.Fail(5, "failed\n") },
	})
}

type files struct {
	command.Machine
	text map[string]string
}

func (f files) ReadFile(name string) ([]byte, error) {
	text, ok := f.text[name]
	if !ok {
		return nil, io.EOF
	}
	return []byte(text), nil
}

func sh(ctx context.Context, line string, env ...string) (out string, status int) {
	var b bytes.Buffer
	m := files{text: map[string]string{"/etc/hosts": "127.0.0.1\tlocalhost\n::1\tip6-localhost\n"}}
	call := &command.Call{Machine: m, Args: []string{"sh", "-c", line}, Env: env, Stdout: &b, Stderr: &b}
	status = commands().Run(ctx, call)
	return b.String(), status
}

func TestShell(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		line, want string
		status     int
	}{
		{line: ""},
		{line: "args a 'b c' \"d  e\" f\\ g ''", want: "[a][b c][d  e][f g][]\n"},
		{line: `args "\$A \" \x \\" '\$'`, want: "[$A \" \\x \\][\\$]\n"},
		{line: "args $V \"$V\" x${V}y $NONE \"$NONE\"", want: "[one][two][one two][xone][twoy][]\n"},
		{line: "A=1; B=$A$A; args $A $B", want: "[1][11]\n"},
		{line: "A=1 env", want: "V=one two\nA=1\n"},
		{line: "A=1; env", want: "V=one two\n"},
		{line: "args $(echo a b; echo c) \"$(echo a; echo b)\" `echo d`", want: "[a][b][c][a\nb][d]\n"},
		{line: "args a#b # c", want: "[a#b]\n"},
		{line: "args * ? [a]", want: "[*][?][[a]]\n"},
		{line: "true && echo yes || echo no; false && echo yes || echo no", want: "yes\nno\n"},
		{line: "! true", status: 1},
		{line: "! false; echo $?", want: "0\n"},
		{line: "false; echo $?; exit", want: "1\n"},
		{line: "exit 3; echo no", status: 3},
		{line: "(exit 3); echo $?", want: "3\n"},
		{line: "{ exit 3; }; echo no", status: 3},
		{line: "exit x", want: "sh: 1: exit: Illegal number: x\n", status: 2},
		{line: "for i in c a b; do echo $i; done | sort | tail -1", want: "c\n"},
		{line: "for i in $V; do args $i; done; echo $i", want: "[one]\n[two]\ntwo\n"},
		{line: "if false; then echo a; elif true; then echo b; else echo c; fi", want: "b\n"},
		{line: "if false; then echo a; else echo c; fi", want: "c\n"},
		{line: "if false; then echo a; fi; echo $?", want: "0\n"},
		{line: "echo x | A=1 cat; A=2 | true; args \"$A\"", want: "x\n[]\n"},
		{line: "echo b >/dev/null; err 2>/dev/null; echo $?", want: "5\n"},
		{line: "err 2>&1 | sort; echo x >&2 | cat", want: "failed\nx\n"},
		{line: "err >/dev/null 2>&1", status: 5},
		{line: "cat </dev/null; cat < /etc/hosts | head -n 1", want: "127.0.0.1\tlocalhost\n"},
		{line: "cat /etc/hosts /nosuch | tail -1", want: "cat: /nosuch: No such file or directory\n::1\tip6-localhost\n"},
		{line: "echo a b | xargs args c; echo 1 2 3 | xargs -n 2 args", want: "[c][a][b]\n[1][2]\n[3]\n"},
		{line: "sh -c 'args $0 $1 $# $2' name one", want: "[name][one][1]\n"},
		{line: "echo 'echo $0' | sh", want: "sh\n"},
		{line: "nosuch", want: "nosuch: command not found\n", status: 127},
		{line: "echo a > /tmp/x", want: "sh: 1: cannot create /tmp/x: Read-only file system\n", status: 2},
		{line: "cat < /nosuch", want: "sh: 1: cannot open /nosuch: No such file\n", status: 2},
		{line: "echo ${V:-x}", want: "sh: 1: Bad substitution\n", status: 2},
		{line: "echo $((1+1))", want: "sh: 1: this kind of expansion: not supported\n", status: 2},
		{line: "echo a\nsleep 1 &", want: "a\nsh: 2: &: not supported\n", status: 2},
		{line: "while true; do echo x; done", want: "sh: 1: this kind of command: not supported\n", status: 2},
		{line: "f() { echo x; }", want: "sh: 1: this kind of command: not supported\n", status: 2},
		{line: "cat <<E\nx\nE", want: "sh: 1: <<E: not supported\n", status: 2},
		{line: "echo a 3>&1", want: "sh: 1: 3>&: not supported\n", status: 2},
		{line: "if", want: "sh: 1: Syntax error: `if` must be followed by a statement list\n", status: 2},
		{line: "echo 'a", want: "sh: 1: Syntax error: reached EOF without closing quote `'`\n", status: 2},
		{line: "sh -x; sh x; sh -c", want: "sh: 0: Illegal option -x\nsh: 0: cannot open x: No such file\nsh: 0: -c requires an argument\n", status: 2},
		{line: strings.Repeat("(", 2000), want: "sh: 1: Syntax error: too many parentheses\n", status: 2},
		{line: strings.Repeat(" ", maxLine+1), want: "sh: Argument list too long\n", status: 126},
		// What doubles at each step ends, and what calls itself.
		{line: `sh -c 'sh -c "$0" "$0"' 'sh -c "$0" "$0"'`, want: "sh: fork: Resource temporarily unavailable\n", status: 254},
		{line: `export A`, want: "export: command not found\n", status: 127},
		{line: "x=aa; for i in " + strings.Repeat("x ", 40) + "; do x=$x$x; done", want: "sh: 1: Argument list too long\n", status: 2},
	} {
		out, status := sh(t.Context(), tt.line, "V=one two")
		assert.Equal(t, tt.want, out, tt.line)
		assert.Equal(t, tt.status, status, tt.line)
	}
}

const maxLine = 128 << 10

// TestPipeEnds has the right side of a pipe end first: the left one does not go on. It is so in
// virtual time, too.
func TestPipeEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		table := commands()
		table["clock"] = func(ctx context.Context, c *command.Call) int {
			for ctx.Err() == nil {
				c.Printf("tick\n")
				time.Sleep(time.Second)
			}
			return 0
		}
		var out bytes.Buffer
		call := &command.Call{Args: []string{"sh", "-c", "clock | head -3; sleep 0.5"}, Stdout: &out, Stderr: &out}
		require.Zero(t, table.Run(t.Context(), call))
		require.Equal(t, "tick\ntick\ntick\n", out.String())
		require.Less(t, time.Since(start), 5*time.Second)

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		call.Args[2] = "sleep infinity; echo no"
		require.Equal(t, 130, table.Run(ctx, call))
	})
}

// FuzzShell checks that every line ends, without a panic and in bounded memory.
func FuzzShell(f *testing.F) {
	for _, s := range []string{
		"for n in $(echo b a | sort); do args -f '{{.Name}}' $n; done", "echo a | xargs args >/dev/null", "A=1 env; exit 3", "(((", "$(", "${a", "`a`",
		"if true; then echo \"$?\"; fi", "cat <<E\nE", "\\", "'", "a=b$a; { args; } 2>&1", "! ! a", "a() { b; }", "sleep 1 | sh", "sleep infinity",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		done := make(chan int)
		go func() {
			_, status := sh(ctx, line)
			done <- status
		}()
		select {
		case status := <-done:
			if status < 0 || status > 255 {
				t.Errorf("%q: status %d", line, status)
			}
		case <-time.After(3 * time.Second):
			panic("it does not end: " + line)
		}
	})
}
