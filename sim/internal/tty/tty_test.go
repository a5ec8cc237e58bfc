package tty

import (
	"bytes"
	"context"
	"io"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"drydock/sim/tools/command"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A session is what is typed at a terminal, what it shows and what a reader gets, one read
// in each pair of brackets.
type session struct {
	typed, shown, read string
	signals            string
}

// sessions are what Linux does: see TestLinux.
var sessions = []session{
	{typed: "ls\n", shown: "ls\r\n", read: "[ls\n]"},
	{typed: "ls\r", shown: "ls\r\n", read: "[ls\n]"},
	{typed: "a\n\nb\n", shown: "a\r\n\r\nb\r\n", read: "[a\n][\n][b\n]"},
	{typed: "half", shown: "half"},
	{typed: "ab\x7fc\n", shown: "ab\b \bc\r\n", read: "[ac\n]"},
	{typed: "a\x7f\x7f\x7fc\n", shown: "a\b \bc\r\n", read: "[c\n]"},
	{typed: "one two\x15x\n", shown: "one two" + strings.Repeat("\b \b", 7) + "x\r\n", read: "[x\n]"},
	{typed: "one two.. \x17x\n", shown: "one two.. " + strings.Repeat("\b \b", 6) + "x\r\n", read: "[one x\n]"},
	{typed: "a_b9\x17\x17\n", shown: "a_b9" + strings.Repeat("\b \b", 4) + "\r\n", read: "[\n]"},
	{typed: "x\xe9\xd7\xe9\x17\n", shown: "x\xe9\xd7\xe9\b \b\r\n", read: "[x\xe9\xd7\n]"},
	{typed: "\x01\x7fx\n", shown: "^A\b \b\b \bx\r\n", read: "[x\n]"},
	{typed: "a\tb\x7f\x7fc\n", shown: "a\tb\b \b\b\b\b\b\b\b\bc\r\n", read: "[ac\n]"},
	{typed: "a\t\x01\t\x7f\n", shown: "a\t^A\t\b\b\b\b\b\b\r\n", read: "[a\t\x01\n]"},
	{typed: "\x1b[A\n", shown: "^[[A\r\n", read: "[\x1b[A\n]"},
	{typed: "\x16\x03\x16\x7f\x16\n\n", shown: "^\b^C^\b^?^\b^J\r\n", read: "[\x03\x7f\n\n]"},
	{typed: "ab\x12\x01\n", shown: "ab^R\r\nab^A\r\n", read: "[ab\x01\n]"},
	{typed: "\x04", read: "[]"},
	{typed: "ab\x04\x04c\n", shown: "abc\r\n", read: "[ab][][c\n]"},
	{typed: "a\nb\x03c\n", shown: "^Cc\r\n", read: "[c\n]", signals: "SIGINT "},
	{typed: "b\x1cc\n", shown: "^\\c\r\n", read: "[c\n]", signals: "SIGQUIT "},
	{typed: "b\x1ac\n", shown: "^Zc\r\n", read: "[c\n]", signals: "SIGTSTP "},
	{typed: "\x13a\x11\n", shown: "a\r\n", read: "[a\n]"},
	{typed: "\x00\x7f\xff\n", shown: "^@\b \b\b \b\xff\r\n", read: "[\xff\n]"},
	{typed: strings.Repeat("x", 4200) + "\x7f\n", shown: strings.Repeat("x", 4200) + "\b \b\r\n", read: "[" + strings.Repeat("x", 4094) + "\n]"},
}

// TestSessions types, and then reads what there is on both sides.
func TestSessions(t *testing.T) {
	t.Parallel()
	for _, tt := range append(sessions, session{typed: "ab\bc\n", shown: "ab\b \bc\r\n", read: "[ac\n]"}) {
		got := session{typed: tt.typed}
		p := New(func(group int, s command.Signal) {
			assert.Equal(t, 7, group)
			got.signals += s.String() + " "
		})
		p.Slave().SetForeground(7)
		n, err := p.Write([]byte(tt.typed))
		require.NoError(t, err)
		require.Equal(t, len(tt.typed), n)
		got.read, got.shown = drain(p.Slave(), true), drain(p, false)
		require.Equal(t, tt, got)
	}
}

// drain reads until a read would wait.
func drain(r command.ContextReader, brackets bool) string {
	var b strings.Builder
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	buf := make([]byte, 8<<10)
	for {
		n, err := r.ReadContext(ctx, buf)
		switch {
		case err != nil && err != io.EOF:
			return b.String()
		case brackets:
			b.WriteString("[" + string(buf[:n]) + "]")
		default:
			b.Write(buf[:n])
		}
	}
}

// TestOutput has what a command writes, cooked and raw.
func TestOutput(t *testing.T) {
	t.Parallel()
	p := New(nil)
	s := p.Slave()
	io.WriteString(s, "a\nb\r\n")
	require.Equal(t, "a\r\nb\r\r\n", drain(p, false))
	require.False(t, s.SetRaw(true))
	require.True(t, s.SetRaw(true))
	io.WriteString(s, "a\n")
	require.Equal(t, "a\n", drain(p, false))
	io.WriteString(p, "x\r\x03")
	require.Equal(t, "", drain(p, false))
	io.WriteString(p, "\x04\x13")
	require.Equal(t, "[x\r\x03\x04\x13]", drain(s, true))

	// What was typed before a change of the mode can be read after it.
	s.SetRaw(false)
	io.WriteString(p, "a\nb\x04\x04c")
	s.SetRaw(true)
	require.Equal(t, "[a\nbc]", drain(s, true))
	io.WriteString(p, "raw")
	s.SetRaw(false)
	io.WriteString(p, "more\n")
	require.Equal(t, "[raw][more\n]", drain(s, true))

	// A small buffer gets parts of a line; the end of the file is no part.
	io.WriteString(p, "abc\n\x04")
	buf := make([]byte, 2)
	for _, want := range []string{"ab", "c\n", ""} {
		n, err := s.Read(buf)
		require.Equal(t, want, string(buf[:n]))
		require.Equal(t, want == "", err == io.EOF)
	}
}

// TestFull has both sides wait for each other.
func TestFull(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := New(nil)
		s := p.Slave()
		done := make(chan error, 1)
		text := strings.Repeat("a line\n", 1<<15)
		go func() { _, err := io.WriteString(s, text); done <- err; s.Close() }()
		synctest.Wait()
		require.Empty(t, done)
		out, err := io.ReadAll(p)
		require.NoError(t, err)
		require.NoError(t, <-done)
		require.Equal(t, strings.ReplaceAll(text, "\n", "\r\n"), string(out))
		_, err = p.Write([]byte("x"))
		require.ErrorIs(t, err, syscall.EIO)

		p = New(nil)
		s = p.Slave()
		go func() { _, err := io.WriteString(p, text[:7*1000]); done <- err }()
		synctest.Wait()
		require.Empty(t, done)
		in := make([]byte, 100)
		for range 1000 {
			n, err := s.Read(in)
			require.NoError(t, err)
			require.Equal(t, "a line\n", string(in[:n]))
		}
		require.NoError(t, <-done)

		// ^S holds output up until ^Q.
		drain(p, false)
		io.WriteString(p, "\x13")
		go func() { _, err := io.WriteString(s, "x"); done <- err }()
		synctest.Wait()
		require.Empty(t, drain(p, false))
		io.WriteString(p, "\x11")
		require.NoError(t, <-done)
		require.Equal(t, "x", drain(p, false))
	})
}

// TestHangup has Close end both directions for who waits and who comes later.
func TestHangup(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var signals []command.Signal
		p := New(func(_ int, s command.Signal) { signals = append(signals, s) })
		s := p.Slave()
		require.Zero(t, s.SetForeground(3))
		p.Resize(24, 80)
		require.Empty(t, signals)
		p.Resize(50, 132)
		rows, columns := s.Size()
		require.Equal(t, []int{50, 132}, []int{rows, columns})

		done := make(chan error, 2)
		go func() { _, err := s.Read(make([]byte, 1)); done <- err }()
		go func() { _, err := s.Write(make([]byte, 1<<20)); done <- err }()
		synctest.Wait()
		p.Close()
		p.Close()
		require.ElementsMatch(t, []error{io.EOF, syscall.EIO}, []error{<-done, <-done})
		_, err := s.Write([]byte("x"))
		require.ErrorIs(t, err, syscall.EIO)
		_, err = p.Write([]byte("x"))
		require.ErrorIs(t, err, io.ErrClosedPipe)
		_, err = p.Read(make([]byte, 1))
		require.ErrorIs(t, err, io.EOF)
		require.Equal(t, []command.Signal{command.SIGWINCH, command.SIGHUP}, signals)
		require.Equal(t, 3, s.SetForeground(0))

		p = New(nil)
		ctx, cancel := context.WithCancelCause(t.Context())
		go func() { _, err := p.Slave().ReadContext(ctx, make([]byte, 1)); done <- err }()
		cancel(command.SIGINT)
		require.Equal(t, command.SIGINT, <-done)
	})
}

// TestCommand has a command find its terminal, and ^C end it.
func TestCommand(t *testing.T) {
	t.Parallel()
	var processes command.Processes
	p := New(processes.SignalGroup)
	table := command.Table{"cat": func(ctx context.Context, c *command.Call) int {
		terminal := command.TerminalOf(c.Stdin)
		require.Same(t, p.Slave(), terminal)
		require.Same(t, p.Slave(), command.TerminalOf(c.Stderr))
		terminal.SetForeground(c.Process().Group)
		go io.WriteString(p, "text\n\x03")
		io.Copy(c.Stdout, c.Stdin)
		return command.Interrupted(ctx)
	}}
	machine := struct {
		command.Machine
		processTable
	}{processTable: processTable{&processes}}
	s := p.Slave()
	require.Equal(t, 130, table.Run(t.Context(), &command.Call{Machine: machine, Args: []string{"cat"}, Stdin: s, Stdout: s, Stderr: s}))
}

type processTable struct{ p *command.Processes }

func (t processTable) Processes() *command.Processes { return t.p }

// FuzzTTY checks that typing neither panics nor grows without bound, and that what is read
// does not depend on how it was cut in pieces.
func FuzzTTY(f *testing.F) {
	for _, s := range sessions[:len(sessions)-1] {
		f.Add([]byte(s.typed), 3)
	}
	f.Fuzz(func(t *testing.T, typed []byte, cut int) {
		var whole, pieces discipline
		feed := func(d *discipline, b []byte) {
			for _, c := range b {
				if d.room() {
					d.input(c)
				}
				if d.size+len(d.line) > maxInput+1 || len(d.lines) > maxInput+1 || len(d.out) > maxOutput+2 {
					t.Fatal("too much is held")
				}
			}
		}
		feed(&whole, typed)
		cut = max(0, min(cut, len(typed)))
		feed(&pieces, typed[:cut])
		feed(&pieces, typed[cut:])
		require.Equal(t, whole, pieces)
		for _, d := range []*discipline{&whole, &pieces} {
			d.setRaw(true)
		}
		require.True(t, bytes.Equal(bytes.Join(whole.lines, nil), bytes.Join(pieces.lines, nil)))
	})
}
