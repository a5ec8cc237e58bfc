package shell_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"drydock/sim/tools/command"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestBounds has lines that would take all memory or run for ever.
func TestBounds(t *testing.T) {
	t.Parallel()
	const tooLong = "sh: 1: Argument list too long\n"
	double := "x=aaaaaaaaaaaaaaaa; for i in 1 2 3 4 5 6 7 8 9 10 11 12; do x=$x$x; done; "
	for _, tt := range []struct {
		shell, line, want string
		status            int
	}{
		{"sh", "x=aa; for i in " + strings.Repeat("x ", 40) + "; do x=$x$x; done", tooLong, 2},
		{"sh", "set -- a a a a; for i in " + strings.Repeat("x ", 40) + "; do set -- \"$@\" \"$@\"; done", tooLong, 2},
		{"sh", "echo $(yes)", tooLong, 2},
		{"sh", "echo /*/../*/../*/../*/../*/../*/../*/../*", tooLong, 2},
		{"bash", double + "y=${x//a/$x}", "bash: line 1: Argument list too long\n", 1},
		{"bash", "echo {1..9}{1..9}{1..9}{1..9}{1..9}{1..9} >/dev/null", "bash: line 1: Argument list too long\n", 1},
		{"bash", double + "while :; do i=$((i+1)); eval v$i=\\$x; done", "bash: line 1: xrealloc: cannot allocate memory\n", 1},
		{"bash", double + "while :; do i=$((i+1)); alias a$i=$x; done", "bash: line 1: xrealloc: cannot allocate memory\n", 2},
		{"sh", "f() { f; }; f", "sh: 1: Maximum function recursion depth (1000) reached\n", 2},
		{"sh", "x='eval \"$x\"'; eval \"$x\"", "sh: 1: Maximum function recursion depth (1000) reached\n", 2},
		{"bash", "a='a[a]'; echo $((a))", "bash: line 1: a: expression recursion level exceeded\n", 1},
		{"bash", "a='b[a]' b='a[b]'; echo $((a))", "", 1},
		{"sh", strings.Repeat("(", 30000), "sh: 1: Syntax error: too many parentheses\n", 2},
		{"sh", strings.Repeat("{ ", 15000) + "echo a;" + strings.Repeat(" }", 15000), "", 2},
		{"sh", strings.Repeat(" ", 128<<10+1), "sh: Argument list too long\n", 126},
		{"sh", `sh -c 'sh -c "$0" "$0"' 'sh -c "$0" "$0"'`, "sh: fork: Resource temporarily unavailable\n", 254},
		{"sh", "printf '%999999999d' 1 | wc -c", "4096\n", 0},
	} {
		out, status := run(t.Context(), newMachine(nil), "/", nil, tt.shell, "-c", tt.line)
		if tt.want != "" {
			assert.Equal(t, tt.want, out, tt.line[:min(80, len(tt.line))])
		}
		assert.Equal(t, tt.status, status, tt.line[:min(80, len(tt.line))])
	}
}

// TestForks has a line that doubles itself. It ends, and leaves nothing.
func TestForks(t *testing.T) {
	t.Parallel()
	m := newMachine(nil)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	run(ctx, m, "/", nil, "sh", "-c", "f() { f | f & wait; }; f 2>/dev/null")
	require.NoError(t, ctx.Err())
	require.Len(t, m.processes.List(), 1, "init alone")
}

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
		for _, line := range []string{"clock | head -3; sleep 0.5", "while sleep 1; do echo tick; done | head -3", "{ clock; } | cat | head -3"} {
			var out bytes.Buffer
			call := &command.Call{Machine: newMachine(nil), Args: []string{"sh", "-c", line}, Stdout: &out, Stderr: &out}
			require.Zero(t, table.Run(t.Context(), call), line)
			require.Equal(t, "tick\ntick\ntick\n", out.String(), line)
		}
		require.Less(t, time.Since(start), 20*time.Second)
	})
}

// TestEnds has shells end with their context, by signals, and with what they have started.
func TestEnds(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		line   string
		signal command.Signal
		want   string
		status int
	}{
		{"sleep infinity; echo no", command.SIGTERM, "", 143},
		{"while :; do sleep 1; done", command.SIGINT, "", 130},
		{"sleep infinity & wait; echo no", command.SIGHUP, "", 129},
		{"sleep infinity & echo started", 0, "started\n", 0},
		{"trap 'echo got; exit 7' TERM; sleep infinity & wait", command.SIGTERM, "got\n", 7},
		{"trap 'echo usr' USR1; sleep infinity & wait; echo on $?", command.SIGUSR1, "usr\non 138\n", 0},
		{"trap 'echo bye' EXIT; sleep 1", 0, "bye\n", 0},
		{"read x; echo no", command.SIGINT, "", 130},
		{"x=$(sleep infinity); echo no", command.SIGTERM, "", 143},
		{"sleep infinity | cat; echo no", command.SIGQUIT, "", 131},
		{"exec sleep infinity", command.SIGTERM, "", 143},
	} {
		synctest.Test(t, func(t *testing.T) {
			m := newMachine(nil)
			var out bytes.Buffer
			done := make(chan int, 1)
			call := &command.Call{Machine: m, Args: []string{"sh", "-c", tt.line}, Stdin: command.NewPipe(), Stdout: &out, Stderr: &out}
			go func() { done <- commands().Run(t.Context(), call) }()
			synctest.Wait()
			if tt.signal != 0 {
				m.processes.Find(2).Signal(tt.signal)
			}
			require.Equal(t, tt.status, <-done, tt.line)
			require.Equal(t, tt.want, out.String(), tt.line)
			require.Len(t, m.processes.List(), 1, tt.line)
		})
	}
}

// TestFirst has a shell as process 1, which notices no signal, and a program in its place,
// which does.
func TestFirst(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		line, program string
		status        int // after SIGTERM; 0: nothing happens
	}{
		{"server", "server", 143},
		{"exec server", "server", 143},
		{"server; :", "sh", 0},
		{"trap '' TERM; server; :", "sh", 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			m := newMachine(nil)
			m.processes = command.Processes{}
			table := commands().With(command.Table{"server": func(ctx context.Context, _ *command.Call) int {
				<-ctx.Done()
				return command.Interrupted(ctx)
			}})
			done := make(chan int, 1)
			go func() { done <- table.Run(t.Context(), &command.Call{Machine: m, Args: []string{"sh", "-c", tt.line}}) }()
			synctest.Wait()
			first := m.processes.Find(1)
			require.Equal(t, tt.program, first.CommandLine()[0], tt.line)
			first.Signal(command.SIGTERM)
			synctest.Wait()
			if tt.status == 0 {
				require.Empty(t, done, tt.line)
				first.Signal(command.SIGKILL)
				tt.status = 137
			}
			require.Equal(t, tt.status, <-done, tt.line)
		})
	}
}

// TestScripts runs files: with an interpreter, without one, and those that are none.
func TestScripts(t *testing.T) {
	t.Parallel()
	m := newMachine(fstest.MapFS{
		"bin2/hello":        {Data: []byte("#!/bin/sh -e\necho $0 $1 $-\n"), Mode: 0o755},
		"usr/local/bin/own": {Data: []byte("#!/usr/bin/env bash\necho ${1^^}\n"), Mode: 0o755},
		"bin2/plain":        {Data: []byte("x=1\necho plain $1 $x\n"), Mode: 0o755},
		"bin2/data":         {Data: []byte("text\n"), Mode: 0o644},
		"root/.profile":     {Data: []byte("P=profile\n")},
		"etc/profile":       {Data: []byte("E=etc\n")},
	})
	for _, tt := range []struct {
		line, want string
		status     int
	}{
		{"/bin2/hello a", "/bin2/hello a e\n", 0},
		{"cd /bin2; ./hello b; ../bin2/plain c; echo [$x]", "/bin2/hello b e\nplain c 1\n[]\n", 0},
		{"own shout", "SHOUT\n", 0},
		{"/bin2/data", "sh: 1: /bin2/data: Permission denied\n", 126},
		{"sh /bin2/plain d; sh -e /bin2/data", "plain d 1\n/bin2/data: 1: text: not found\n", 127},
		{"command -v own; type own", "/usr/local/bin/own\nown is /usr/local/bin/own\n", 0},
		{"/bin/echo a; /usr/bin/env A=1 /bin/sh -c 'echo $A'", "a\n1\n", 0},
		{"HOME=/root sh -l -c 'echo $E $P'", "etc profile\n", 0},
		{"bash -c 'env' | grep SHLVL; bash -c 'env; :' | grep SHLVL", "SHLVL=0\nSHLVL=1\n", 0},
		{"A=1 export B=2; echo $A; A=3 true; echo $A; local x", "1\n1\nsh: 1: local: not in a function\n", 2},
		{"bash -c 'echo $SHLVL'; bash --nosuch; bash -Z; sh -Z", "1\nbash: --nosuch: invalid option\nbash: -Z: invalid option\nsh: 0: Illegal option -Z\n", 2},
		{"ash -c 'nosuch; cd /nosuch; echo -e \"a\\tb\"; [[ a == a ]] && echo y'", "ash: nosuch: not found\nash: cd: line 0: can't cd to /nosuch: No such file or directory\na\tb\ny\n", 0},
	} {
		out, status := run(t.Context(), m, "/", nil, "sh", "-c", tt.line)
		assert.Equal(t, tt.want, out, tt.line)
		assert.Equal(t, tt.status, status, tt.line)
	}
}
