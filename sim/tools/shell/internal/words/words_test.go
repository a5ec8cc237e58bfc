package words_test

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"drydock/sim/tools/shell/internal/vars"
	"drydock/sim/tools/shell/internal/words"

	"github.com/stretchr/testify/require"
	"mvdan.cc/sh/v3/syntax"
)

// expander returns an expander with variables, parameters and files.
func expander(bash bool) *words.Expander {
	v := vars.New([]string{"HOME=/home/me", "V=one two", "E=", "STAR=*", "N=5", "T=a.tar.gz"}, syntax.ValidName, vars.Order{})
	v.AssignElement("A", "0", "zero")
	v.AssignElement("A", "2", "two 2")
	files := fstest.MapFS{"d/a.c": {}, "d/b.c": {}, "d/.h": {}, "d/sub/x": {}, "d/we*rd": {}, "top": {}}
	return &words.Expander{Vars: v, Params: []string{"1", "2 b", ""}, Bash: bash, Extended: bash, Dir: "/d",
		Special:    func(name string) (string, bool) { return "special", name == "?" || name == "0" },
		Substitute: func(*syntax.CmdSubst) (string, error) { return "sub st\n\n", nil },
		Home:       func(user string) (string, bool) { return "/root", user == "root" },
		ReadDir: func(dir string) ([]fs.DirEntry, error) {
			if dir = strings.TrimPrefix(dir, "/"); dir == "" {
				dir = "."
			}
			return fs.ReadDir(files, dir)
		}}
}

func fields(t testing.TB, e *words.Expander, line string) ([]string, error) {
	file, err := syntax.NewParser().Parse(strings.NewReader("args "+line), "")
	require.NoError(t, err)
	return e.Fields(file.Stmts[0].Cmd.(*syntax.CallExpr).Args[1:]...)
}

// TestFields has words and the arguments that they become. That real shells do so, too, is
// compared in package shell.
func TestFields(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		line, want string
		bash       bool
	}{
		{line: "a 'b c' \"d\" \\e", want: "a|b c|d|e"},
		{line: "$V \"$V\" x${V}y $E \"$E\" $NOSUCH", want: "one|two|one two|xone|twoy|"},
		{line: "\"$@\"", want: "1|2 b|"},
		{line: "x\"$@\"y", want: "x1|2 b|y"},
		{line: "$* \"$*\"", want: "1|2|b|1 2 b "},
		{line: "$(x) \"$(x)\" a$(x)b", want: "sub|st|sub st|asub|stb"},
		{line: "*.c ?.c '*'.c [ab].c *.d /d/s*/* we\\**", want: "a.c|b.c|a.c|b.c|*.c|a.c|b.c|*.d|/d/sub/x|we*rd"},
		{line: "$STAR \"$STAR\" .*", want: "a.c|b.c|sub|we*rd|*|.h"},
		{line: "*/ /*", want: "sub/|/d|/top"},
		{line: "~ ~/x ~root \"~\" ~nosuch a~", want: "/home/me|/home/me/x|/root|~|~nosuch|a~"},
		{line: "${T%.*} ${T%%.*} ${T#*.} ${T##*.} ${#T}", want: "a.tar|a|tar.gz|gz|8"},
		{line: "${V:-x} ${E:-x y} \"${E:-x y}\" ${E-x} ${NOSUCH=new} $NOSUCH ${V:+alt}", want: "one|two|x|y|x y|new|new|alt"},
		{line: "$((N+1)) $((N=7)) $N $((N<<1|1)) $((0x10)) $((010))", want: "6|7|7|15|16|8"},
		{line: "$? $0 ${1} ${9}", want: "special|special|1"},
		{line: "${A[0]} ${A[2]} \"${A[@]}\" ${#A[@]} ${!A[@]} ${A[-1]}", want: "zero|two|2|zero|two 2|2|0|2|two|2", bash: true},
		{line: "{a,b}{1,2} x{,y} {3..1} \"{a,b}\"", want: "a1|a2|b1|b2|x|xy|3|2|1|{a,b}", bash: true},
		{line: "${V/o/0} ${V//o/0} ${V:1:3} ${V: -2} ${V^} ${V^^}", want: "0ne|two|0ne|tw0|ne|wo|One|two|ONE|TWO", bash: true},
		{line: "$'a\\tb' ${V@Q} ${!NOSUCH-x}", want: "a\tb|'one|two'|x", bash: true},
	} {
		got, err := fields(t, expander(tt.bash), tt.line)
		if strings.Contains(tt.line, "NOSUCH-x") {
			require.Error(t, err) // an indirection through nothing
			continue
		}
		require.NoError(t, err, tt.line)
		require.Equal(t, tt.want, strings.Join(got, "|"), tt.line)
	}
}

// TestFaults has expansions that fail, with the words of both shells.
func TestFaults(t *testing.T) {
	t.Parallel()
	for line, want := range map[string][2]string{
		"${NOSUCH?}":     {"NOSUCH: parameter not set", "NOSUCH: parameter not set"},
		"${E:?}":         {"E: parameter null or not set", "E: parameter not set or null"},
		"${E:?say $V}":   {"E: say one two", "E: say one two"},
		"$((1/0))":       {`1/0: division by 0 (error token is "0")`, `arithmetic expression: division by zero: "1/0"`},
		"$((N % (5-N)))": {`N%(5-N): division by 0 (error token is "0")`, `arithmetic expression: division by zero: "N%(5-N)"`},
		"$((09))":        {`09: value too great for base (error token is "09")`, `arithmetic expression: expecting EOF: "09"`},
		"$((2**-1))":     {"exponent less than 0", `arithmetic expression: expecting EOF: "2**-1"`},
	} {
		for i, bash := range []bool{true, false} {
			_, err := fields(t, expander(bash), line)
			require.EqualError(t, err, want[i], line)
		}
	}
	e := expander(true)
	e.NoUnset = true
	_, err := fields(t, e, "$NOSUCH")
	require.EqualError(t, err, "NOSUCH: unbound variable")
}

// FuzzFields checks that no word makes an expansion panic or take more than it may.
func FuzzFields(f *testing.F) {
	for _, s := range []string{"${V//o/$V}", "$((N++ ? 1 : A[2]))", "\"${A[@]#z}\" ${A[*]:1}", "{1..9}{a,$V}", "$'\\x41\\cA' ~/*", "${!A*} ${V@U}", "*/../*", "`x`$(x)", "${V:-\"${E:=$(x)}\"}", "[[:alpha:]-", "@(a|b)*"} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, line string, bash bool) {
		if len(line) > 1000 {
			return
		}
		file, err := syntax.NewParser().Parse(strings.NewReader("args "+line), "")
		if err != nil || len(file.Stmts) == 0 {
			return
		}
		call, ok := file.Stmts[0].Cmd.(*syntax.CallExpr)
		if !ok || len(call.Args) == 0 {
			return
		}
		e := expander(bash)
		got, _ := e.Fields(call.Args...)
		size := 0
		for _, g := range got {
			size += len(g)
		}
		if size > 1<<20 {
			t.Errorf("%d bytes", size)
		}
		for _, w := range call.Args {
			e.Word(w)
			e.Pattern(w)
			e.Document(w)
		}
	})
}
