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
	}
	require.Equal(t, []string{"one", "two", "one"}, e.History())
	e.Clear()
	require.Empty(t, e.History())
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
