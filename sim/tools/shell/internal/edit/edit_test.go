package edit_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"drydock/sim/tools/shell/internal/edit"

	"github.com/stretchr/testify/require"
)

func editor(keys string) (*edit.Editor, *bytes.Buffer) {
	var out bytes.Buffer
	return &edit.Editor{In: strings.NewReader(keys), Out: &out, Complete: func(text string) (int, []string) {
		start := strings.LastIndexByte(text, ' ') + 1
		return start, []string{"alpha", "alphabet", "beta/", "gamma", "gamma"}
	}}, &out
}

// TestReadLine presses keys, and has the lines that come of them.
func TestReadLine(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ keys, want string }{
		{"abc\r", "abc"},
		{"abc\n", "abc"},
		{"ac\x1b[Db\r", "abc"},
		{"bc\x01a\r", "abc"},
		{"abx\x7fc\r", "abc"},
		{"one two\x17three\r", "one three"},
		{"one\x15two\r", "two"},
		{"gam\t\r", "gamma "},
		{"x al\tb\t\r", "x alphabet "},
		{"be\tx\r", "beta/x"},
		{"zz\t\tz\r", "zzz"},
		{"\x1b" + strings.Repeat("1", 400) + "a\rb\r", "b"}, // which the library would read for ever
	} {
		e, _ := editor(tt.keys)
		line, err := e.ReadLine(t.Context(), "$ ")
		for err == nil && line != tt.want && strings.HasPrefix(tt.keys, "\x1b1") {
			line, err = e.ReadLine(t.Context(), "$ ")
		}
		require.NoError(t, err, "%q", tt.keys)
		require.Equal(t, tt.want, line, "%q", tt.keys)
	}
}

// TestHistory goes up and down.
func TestHistory(t *testing.T) {
	t.Parallel()
	e, _ := editor("one\rtwo\rtwo\r  \r\x1b[A\x1b[A\r\x1b[A\x1b[A\x1b[B\r")
	for _, want := range []string{"one", "two", "two", "  ", "one", "one"} {
		line, err := e.ReadLine(t.Context(), "$ ")
		require.NoError(t, err)
		require.Equal(t, want, line)
		e.Add(line)
	}
	lines, first := e.History()
	require.Equal(t, []string{"one", "two", "one"}, lines)
	require.Equal(t, 1, first)
	e.Clear()
	lines, _ = e.History()
	require.Empty(t, lines)
}

// TestEnds has ^C, ^D and the end of the input.
func TestEnds(t *testing.T) {
	t.Parallel()
	e, out := editor("half\x03\x04")
	_, err := e.ReadLine(t.Context(), "first\n$ ")
	require.ErrorIs(t, err, edit.ErrInterrupt)
	require.Equal(t, "first\r\n$ half^C\r\n", out.String())
	_, err = e.ReadLine(t.Context(), "$ ")
	require.ErrorIs(t, err, io.EOF)
	_, err = e.ReadLine(t.Context(), "$ ")
	require.ErrorIs(t, err, io.EOF)
}

// FuzzKeys checks that the editor survives all keys.
func FuzzKeys(f *testing.F) {
	for _, s := range []string{"a\x1b[A\x1b[3~\r", "\x1b[1;3C\t\t\r", "\x0c\x14\x0b\x10\x0e\r", "\xff\xc3\r", "\x1b[200~x\x1b[201~\r"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, keys string) {
		e, _ := editor(keys)
		for range len(keys) + 1 {
			if _, err := e.ReadLine(t.Context(), "$ "); err != nil && err != edit.ErrInterrupt {
				return
			}
		}
	})
}

// TestExpand has what bash 5.2 makes of lines.
func TestExpand(t *testing.T) {
	t.Parallel()
	e, _ := editor("")
	for _, line := range []string{"docker run -d nginx", "echo 'a b' c", "ls -l /etc/hosts"} {
		e.Add(line)
	}
	for _, tt := range []struct{ line, want, missing string }{
		{"!!", "ls -l /etc/hosts", ""},
		{"sudo !!; x", "sudo ls -l /etc/hosts; x", ""},
		{"!1", "docker run -d nginx", ""},
		{"!-2", "echo 'a b' c", ""},
		{"cat !$", "cat /etc/hosts", ""},
		{"x !^ !*", "x -l -l /etc/hosts", ""},
		{"!docker", "docker run -d nginx", ""},
		{"!?a b?", "echo 'a b' c", ""},
		{"x !2:1 !echo:$", "x 'a b' c", ""},
		{"^hosts^passwd^", "ls -l /etc/passwd", ""},
		{`x "!!" '!!' \!!`, `x "ls -l /etc/hosts" '!!' \!!`, ""},
		{`echo "hi!"`, `echo "hi!"`, ""},
		{"! true; echo $! ${!x} a! [ a != b ]", "! true; echo $! ${!x} a! [ a != b ]", ""},
		{"!nosuch x", "", "!nosuch"},
		{"!99", "", "!99"},
		{"!:9", "", "!:9"},
		{"^x^y", "", ":s^x^y"},
	} {
		got, changed, missing := e.Expand(tt.line)
		require.Equal(t, tt.missing, missing, tt.line)
		if tt.missing == "" {
			require.Equal(t, tt.want, got, tt.line)
			require.Equal(t, tt.want != tt.line, changed, tt.line)
		}
	}
	e, _ = editor("")
	_, _, missing := e.Expand("!!")
	require.Equal(t, "!!", missing)
}

// TestSearch presses ^R.
func TestSearch(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ keys, want string }{
		{"\x12one\r", "x one 2"},
		{"\x12one\x12\r", "x one 1"},
		{"\x12one\x12\x12\r", "x one 1"},
		{"\x12oneq\x7f\r", "x one 2"},
		{"\x12tw\x1b[C!\r", "t!wo"},
		{"abc\x12one\x07d\r", "abcd"},
		{"\x12nosuch\r", "x one 2"},
		{"\x12qqq\r", ""},
	} {
		e, out := editor(tt.keys)
		for _, line := range []string{"x one 1", "two", "x one 2", "y"} {
			e.Add(line)
		}
		line, err := e.ReadLine(t.Context(), "$ ")
		require.NoError(t, err, "%q", tt.keys)
		require.Equal(t, tt.want, line, "%q", tt.keys)
		require.Contains(t, out.String(), "(reverse-i-search)`")
	}
	e, out := editor("\x12on\x03")
	e.Add("one")
	_, err := e.ReadLine(t.Context(), "$ ")
	require.ErrorIs(t, err, edit.ErrInterrupt)
	require.Equal(t, "$ \r\x1b[K(reverse-i-search)`': \r\x1b[K(reverse-i-search)`o': one\r\x1b[K(reverse-i-search)`on': one\r\x1b[K$ ^C\r\n", out.String())
}

// FuzzExpand checks that history expansion ends, for every history.
func FuzzExpand(f *testing.F) {
	f.Add("a 'b", "!!:1 !-1 !?b? !$")
	f.Add("", "^a^b")
	f.Fuzz(func(_ *testing.T, before, line string) {
		e, _ := editor("")
		e.Add(before)
		e.Expand(line)
	})
}
