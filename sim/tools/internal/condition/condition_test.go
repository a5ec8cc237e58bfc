package condition

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"
)

type env struct{ fstest.MapFS }

func (env) Terminal(fd int) bool { return fd == 1 }

var files = env{fstest.MapFS{
	"f": {Data: []byte("x"), ModTime: time.Unix(2, 0)}, "e": {ModTime: time.Unix(1, 0)}, "x": {Mode: 0o755}, "d": {Mode: fs.ModeDir | 0o755},
	"s": {Mode: fs.ModeSocket}, "p": {Mode: fs.ModeNamedPipe}, "c": {Mode: fs.ModeCharDevice | fs.ModeDevice}, "b": {Mode: fs.ModeDevice},
}}

// TestEval has expressions of all lengths, and those that are none.
func TestEval(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args string
		want bool
		kind Kind // of what is wrong with bad
		bad  string
	}{
		{args: "", want: false}, {args: "x", want: true}, {args: "-f", want: true}, {args: "! x", want: false},
		{args: "-n x", want: true}, {args: "-z x", want: false}, {args: "-e f", want: true}, {args: "-e no", want: false},
		{args: "-f f", want: true}, {args: "-f d", want: false}, {args: "-d d", want: true}, {args: "-s f", want: true}, {args: "-s e", want: false},
		{args: "-x x", want: true}, {args: "-x f", want: false}, {args: "-S s", want: true}, {args: "-p p", want: true}, {args: "-c c", want: true},
		{args: "-b b", want: true}, {args: "-b c", want: false}, {args: "-t 1", want: true}, {args: "-t 0", want: false}, {args: "-L f", want: false},
		{args: "a = a", want: true}, {args: "a != a", want: false}, {args: "a < b", want: true}, {args: "a > b", want: false},
		{args: "1 -lt 2", want: true}, {args: "2 -le 1", want: false}, {args: "2 -ge 2", want: true}, {args: "-1 -gt 0", want: false}, {args: "1 -ne 2", want: true},
		{args: "f -nt e", want: true}, {args: "f -ot e", want: false}, {args: "f -ef f", want: true}, {args: "f -nt no", want: true},
		{args: "( x )", want: true}, {args: "! a = b", want: true}, {args: "( -f f )", want: true}, {args: "a -a b", want: true}, {args: "-f = -f", want: true},
		{args: "a = a -a b = c -o d = d", want: true}, {args: "! ( a = b -o c = d )", want: true}, {args: "-z x -o -n x", want: true},
		{args: "a b", kind: NotUnary, bad: "a"}, {args: "a b c", kind: NotBinary, bad: "b"}, {args: "1 -eq x", kind: Integer, bad: "x"},
		{args: "a = a b c", kind: TooMany, bad: "b"}, {args: "( a = b -a", kind: Missing, bad: "-a"}, {args: "( a = b -a c", kind: Unclosed, bad: ")"},
	} {
		got, err := Eval(files, strings.Fields(tt.args))
		if tt.bad != "" {
			require.Equal(t, &Error{tt.kind, tt.bad}, err, tt.args)
			continue
		}
		require.NoError(t, err, tt.args)
		require.Equal(t, tt.want, got, tt.args)
	}
}

// FuzzEval checks that no expression panics.
func FuzzEval(f *testing.F) {
	f.Add("! ( a = b ) -a -f x -o")
	f.Add(strings.Repeat("( ", 2000))
	f.Fuzz(func(t *testing.T, args string) { Eval(files, strings.Fields(args)) })
}
