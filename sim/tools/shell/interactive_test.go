package shell_test

import (
	"context"
	"io"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"drydock/sim/internal/tty"
	"drydock/sim/tools/command"
	"drydock/sim/tools/shell"

	"github.com/stretchr/testify/require"
)

// A prompt is a shell in a terminal.
type prompt struct {
	t    *testing.T
	pair *tty.Pair
	done chan int
}

// open starts a shell in a terminal, in virtual time.
func open(t *testing.T, m *machine, env []string, args ...string) *prompt {
	p := &prompt{t: t, done: make(chan int, 1), pair: tty.New(m.processes.SignalGroup)}
	s := p.pair.Slave()
	table := commands()
	table[command.Completer("err")] = func(_ context.Context, c *command.Call) int {
		c.Printf("%s-one\n%s-two\n", c.Args[0], c.Args[0])
		return 0
	}
	call := &command.Call{Machine: m, Args: args, Env: env, Stdin: s, Stdout: s, Stderr: s, Dir: "/root"}
	t.Cleanup(func() { p.pair.Close() }) // also when the test fails
	go func() {
		p.done <- table.Run(context.Background(), call)
		s.Close()
	}()
	return p
}

// typed types and returns what the terminal shows once nothing happens any more. The sequences
// of the editor that only move the cursor are left in.
func (p *prompt) typed(text string) string {
	synctest.Wait()
	if text != "" {
		_, err := io.WriteString(p.pair, text)
		require.NoError(p.t, err)
	}
	synctest.Wait()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var b strings.Builder
	buf := make([]byte, 4096)
	for {
		n, err := p.pair.ReadContext(ctx, buf)
		if err != nil {
			return b.String()
		}
		b.Write(buf[:n])
	}
}

// TestPrompt types at a prompt of bash as CentOS sets it.
func TestPrompt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(fstest.MapFS{"etc/bashrc": {Data: []byte("PS1='[\\u@\\h \\W]\\$ '\nalias ll='args -l'\n")}})
		p := open(t, m, []string{"HOME=/root"}, "bash")
		at := "[root@web ~]# "
		for _, tt := range []struct{ typed, shown string }{
			{"", at},
			{"\r", "\r\n" + at},
			{"echo hi\r", "echo hi\r\nhi\r\n" + at},
			{"cd /etc\r", "cd /etc\r\n[root@web etc]# "},
			{"cd\r", "cd\r\n" + at},
			{"nosuch\r", "nosuch\r\nbash: nosuch: command not found\r\n" + at},
			{"ll $?\r", "ll $?\r\n[-l][127]\r\n" + at},
			{"for i in a b\r", "for i in a b\r\n> "},
			{"do echo $i; done\r", "do echo $i; done\r\na\r\nb\r\n" + at},
			{"echo 'a\r", "echo 'a\r\n> "},
			{"\x03", "^C\r\n" + at},
			{"echo $?\r", "echo $?\r\n130\r\n" + at},
			{"half\x03", "half^C\r\n" + at},
			{"echo )\r", "echo )\r\nbash: syntax error near unexpected token `)'\r\nbash: `echo )'\r\n" + at},
			{"cat\r", "cat\r\n"},
			{"line\r", "line\r\nline\r\n"},
			{"\x04", at},
			{"sleep 100\r", "sleep 100\r\n"},
			{"\x03", "^C\r\n" + at},
		} {
			require.Equal(t, tt.shown, p.typed(tt.typed), "%q", tt.typed)
		}
		require.Equal(t, "while sleep 1; do :; done; echo no\r\n", p.typed("while sleep 1; do :; done; echo no\r"))
		time.Sleep(3 * time.Second)
		require.Equal(t, "^C\r\n"+at, p.typed("\x03"))
		require.Equal(t, "sleep 5 | cat\r\n", p.typed("sleep 5 | cat\r"))
		require.Equal(t, "^C\r\n"+at, p.typed("\x03"))
		require.Equal(t, "read x\r\n", p.typed("read x\r"))
		require.Equal(t, "^C\r\n"+at, p.typed("\x03"))
		require.Equal(t, "\x1b[Aread x", "\x1b[A"+p.typed("\x1b[A"))
		require.Contains(t, p.typed("\x15exit 3\r"), "exit 3\r\nexit\r\n")
		require.Equal(t, 3, <-p.done)
	})
}

// TestPrompts has the first prompts of shells and distributions.
func TestPrompts(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ shell, rc, env, want string }{
		{"sh", "", "", "# "},
		{"sh", "", "ENV=/etc/shrc", "sh> "},
		{"ash", "", "", "~ # "},
		{"bash", "", "", "bash-5.2# "},
		{"bash", "PS1='${debian_chroot:+($debian_chroot)}\\u@\\h:\\w\\$ '", "", "root@web:~# "},
		{"bash", "PS1='\\e[1m$(echo sub)\\e[0m> '", "", "\x1b[1msub\x1b[0m> "},
		{"bash", "PS1='two\\nlines '", "", "two\r\nlines "},
		{"bash", "exit 4", "", "exit\r\n"},
	} {
		synctest.Test(t, func(t *testing.T) {
			m := newMachine(fstest.MapFS{"etc/bash.bashrc": {Data: []byte(tt.rc)}, "etc/shrc": {Data: []byte("PS1='sh> '")}})
			p := open(t, m, []string{"HOME=/root", tt.env}, tt.shell)
			require.Equal(t, tt.want, p.typed(""), tt.rc)
			if tt.rc != "exit 4" {
				p.typed("\x04")
			}
			<-p.done
		})
	}
}

// TestPromptJobs has jobs at a prompt, and what is told of them.
func TestPromptJobs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := open(t, newMachine(nil), []string{"HOME=/root"}, "bash", "--norc")
		at := "bash-5.2# "
		require.Equal(t, at, p.typed(""))
		require.Equal(t, "sleep 10 &\r\n[1] 3\r\n"+at, p.typed("sleep 10 &\r"))
		require.Equal(t, "jobs\r\n[1]+  Running                 sleep 10 &\r\n"+at, p.typed("jobs\r"))
		require.Equal(t, "\x03"[1:]+"^C\r\n"+at, p.typed("\x03"), "^C does not reach the job")
		// The job ends before this prompt or before the next.
		require.Contains(t, p.typed("kill %1\r")+p.typed("\r"), "\r\n[1]+  Terminated              sleep 10\r\n"+at)
		require.Equal(t, "sleep 10 &\r\n[1] 4\r\n"+at, p.typed("sleep 10 &\r"))
		require.Equal(t, "fg\r\nsleep 10\r\n", p.typed("fg\r"))
		require.Equal(t, "^C\r\n"+at, p.typed("\x03"))
		require.Equal(t, "sleep 1 &\r\n[1] 5\r\n"+at, p.typed("sleep 1 &\r"))
		time.Sleep(2 * time.Second)
		require.Equal(t, "wait; echo $!\r\n5\r\n"+at, p.typed("wait; echo $!\r"))
		require.Equal(t, "exit\r\n", p.typed("\x04"))
		require.Zero(t, <-p.done)
	})
}

// TestComplete presses Tab.
func TestComplete(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := open(t, newMachine(nil), []string{"HOME=/root"}, "sh")
		require.Equal(t, "# ", p.typed(""))
		require.Equal(t, "falsfalse ", strip(p.typed("fals\t")), "the editor writes the line again")
		require.Equal(t, "^C\r\n# ", p.typed("\x03"))
		require.Equal(t, "cat /etcat /etc/", strip(p.typed("cat /et\t")))
		p.typed("\x03")
		require.Equal(t, "err ererr err-\a", strip(p.typed("err er\t\t")))
		require.Contains(t, p.typed("\t"), "# err err-\r\nerr-one  err-two\r\n# err err-")
		p.typed("\x03")
		require.Contains(t, p.typed("echo $HO\t\r"), "/root\r\n")
		require.Contains(t, p.typed("\x04"), "\r\n")
		require.Zero(t, <-p.done)
	})
}

// strip removes what moves the cursor.
func strip(s string) string {
	for {
		i := strings.Index(s, "\x1b[")
		if i < 0 {
			return s
		}
		j := i + 2
		for j < len(s) && (s[j] >= '0' && s[j] <= '9' || s[j] == ';') {
			j++
		}
		s = s[:i] + s[j+1:]
	}
}

// TestTerminalGoes has a terminal hang up.
func TestTerminalGoes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(nil)
		p := open(t, m, nil, "bash")
		p.typed("sleep 100 & sleep 200\r")
		p.pair.Close()
		require.Equal(t, 129, <-p.done)
		require.Len(t, m.processes.List(), 1, "init alone")
	})
}

// TestPipedScript has a script on standard input, of which commands read a part.
func TestPipedScript(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	script := "read x\nfirst\necho got $x\nif true\nthen cat\nfi\nrest\n"
	call := &command.Call{Machine: newMachine(nil), Args: []string{"sh"}, Stdin: strings.NewReader(script), Stdout: &out, Stderr: &out}
	require.Zero(t, shell.Commands().With(commands()).Run(t.Context(), call))
	require.Equal(t, "got first\nrest\n", out.String())
}
