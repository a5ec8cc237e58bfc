package shell_test

import (
	"bytes"
	"context"
	"io/fs"
	"testing"
	"testing/fstest"
	"time"

	"drydock/sim/internal/files"
	"drydock/sim/tools/command"
	"drydock/sim/tools/coreutils"
	"drydock/sim/tools/findutils"
	"drydock/sim/tools/grep"
	"drydock/sim/tools/shell"
)

// commands are those of the shell and what lines need, with "args", which prints its arguments,
// and "err", which writes to standard error and fails.
func commands() command.Table {
	return coreutils.Commands().With(findutils.Commands(), grep.Commands(), shell.Commands(), command.Table{
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

// A machine has files and processes.
type machine struct {
	command.Machine
	files     command.Files
	processes command.Processes
}

func newMachine(more fstest.MapFS) *machine {
	m := &machine{files: files.New(files.Options{Layers: []fs.FS{more, files.Debian()}, Limits: files.Limits{Bytes: 8 << 20, Files: 1000}})}
	m.processes.Init([]string{"init"})
	return m
}

func (m *machine) Hostname() string              { return "web.example" }
func (m *machine) FS() command.Files             { return m.files }
func (m *machine) Processes() *command.Processes { return &m.processes }

// run runs a shell by its arguments, with what it prints in one text.
func run(ctx context.Context, m *machine, dir string, env []string, args ...string) (out string, status int) {
	var b bytes.Buffer
	call := &command.Call{Machine: m, Args: args, Env: env, Dir: dir, Stdout: &b, Stderr: &b}
	status = commands().Run(ctx, call)
	return b.String(), status
}

// FuzzShell checks that every line ends, without a panic and in bounded memory.
func FuzzShell(f *testing.F) {
	for _, s := range []string{
		"for n in $(echo b a | sort); do args -f '{{.Name}}' $n; done", "A=1 env; exit 3", "(((", "$(", "${a", "`a`",
		"if true; then echo \"$?\"; fi", "cat <<E\nE", "\\", "'", "a=b$a; { args; } 2>&1", "! ! a", "a() { b; }; a", "sleep 1 | sh", "sleep infinity",
		"f() { f | f & }; f", "x=${x//a/$x}", "a[1]=2; echo ${a[@]:1} ${#a[*]}", "while :; do :; done", "trap 'echo x' EXIT; kill $$", "echo $((1/0)) ${x:-$((2**3))}",
		"case a in [a-z]) read x <<<y;; esac; [[ $x =~ y ]]", "echo */../* ~x {1..9}", "set -- a b; shift; getopts ab: x -a -b c", "printf '%9999999d%b' 1 '\\0101'",
		"eval 'eval \"$0\"'", "declare -A m=([a]=b); echo ${!m[@]}", "sleep 9 & wait; jobs; fg", "exec 3>f; echo x >&3; . ./f", "time ! true",
	} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, line string, bash bool) {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		name := map[bool]string{true: "bash", false: "sh"}[bash]
		done := make(chan int)
		go func() {
			_, status := run(ctx, newMachine(nil), "/", nil, name, "-c", line)
			done <- status
		}()
		select {
		case status := <-done:
			if status < 0 || status > 255 {
				t.Errorf("%q: status %d", line, status)
			}
		case <-time.After(5 * time.Second):
			panic("it does not end: " + line)
		}
	})
}
