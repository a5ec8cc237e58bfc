package nftables

import (
	"bytes"
	"os"
	"testing"

	"drydock/nat"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestFile has a file of -f, and how nft 1.0.6 lists what it has made.
func TestFile(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/file.nft")
	require.NoError(t, err)
	want, err := os.ReadFile("testdata/file.listed")
	require.NoError(t, err)
	tables := nat.New().Nft()
	open := func(string) ([]byte, error) { return text, nil }
	require.NoError(t, Run(nil, tables, open, "-f", "file.nft"))
	for range 2 {
		var out bytes.Buffer
		require.NoError(t, Run(&out, tables, nil, "list", "ruleset"))
		require.Equal(t, string(want), out.String())
		text = append([]byte("flush ruleset\n"), out.Bytes()...) // what is listed can be read
		require.NoError(t, Run(nil, tables, open, "-f", "again.nft"))
	}
}

// TestFileErrors has errors in files, as nft 1.0.6 prints them, and that nothing is changed then.
func TestFileErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, want string }{
		{"add table ip x\nadd rule ip x c accept\n", "b.nft:2:15-15: Error: Could not process rule: No such file or directory\nadd rule ip x c accept\n              ^\n"},
		{"add table ip x\nadd chain ip x ; foo\nadd rule x y tcp dport\n", `b.nft:2:16-16: Error: syntax error, unexpected semicolon, expecting string
add chain ip x ; foo
               ^
b.nft:3:23-23: Error: syntax error, unexpected newline
add rule x y tcp dport
                      ^
`},
		{"add table ip x\nadd chain ip x c\nadd rule ip x c foo bar\n", "b.nft:3:17-19: Error: No symbol type information\nadd rule ip x c foo bar\n                ^^^\n"},
		{"table ip x {\n\tchain c {\n\t\ttcp dport foo accept\n\t}\n}\n",
			"b.nft:3:13-15: Error: Could not resolve service: Servname not supported for ai_socktype\n\t\ttcp dport foo accept\n\t\t          ^^^\n"},
		{"table ip x {\n\tchain c {\n\t\tjump nosuch\n\t}\n}\n", "b.nft:3:8-13: Error: Could not process rule: No such file or directory\n\t\tjump nosuch\n\t\t     ^^^^^^\n"},
		{"table ip x {\n\tchain c {\n\t\tmasquerade\n\t}\n\tchain b { type filter hook input priority 0; jump c; }\n}\n",
			"b.nft:5:47-52: Error: Could not process rule: Operation not supported\n\tchain b { type filter hook input priority 0; jump c; }\n\t                                             ^^^^^^\n"},
		{"add table ip x\nadd chain ip x c\nadd rule ip x c ip saddr $FOO accept\n", "b.nft:3:27-29: Error: unknown identifier 'FOO'\nadd rule ip x c ip saddr $FOO accept\n                          ^^^\n"},
		{"include \"nosuch\"\n", "b.nft:1:1-17: Error: File not found: nosuch\ninclude \"nosuch\"\n^^^^^^^^^^^^^^^^^\n"},
		{"table ip z { chain c { } }", "b.nft:1:26-26: Error: syntax error, unexpected '}', expecting newline or semicolon\ntable ip z { chain c { } }\n                         ^\n"},
		{"table inet n {\n\tchain c {\n\t\tdnat to 10.0.0.3\n\t}\n}\n", "b.nft:3:3-6: Error: ip or ip6 must be specified with address for inet tables.\n\t\tdnat to 10.0.0.3\n\t\t^^^^\n"},
	} {
		tables := nat.New().Nft()
		err := Run(nil, tables, func(string) ([]byte, error) { return []byte(tt.text), nil }, "-f", "b.nft")
		require.Error(t, err, tt.text)
		assert.Equal(t, tt.want, err.Error(), tt.text)
		var out bytes.Buffer
		require.NoError(t, Run(&out, tables, nil, "list", "tables"))
		assert.Empty(t, out.String())
	}
}

// TestCommandLines has options and their errors.
func TestCommandLines(t *testing.T) {
	t.Parallel()
	missing := func(string) ([]byte, error) { return nil, os.ErrNotExist }
	for _, tt := range []struct {
		args      []string
		out, fail string
	}{
		{[]string{"-v"}, "nftables v1.0.6 (Lester Gooch #5)\n", ""},
		{nil, "", "nft: no command specified\n"},
		{[]string{"--nosuch"}, "", "nft: unrecognized option '--nosuch'\n"},
		{[]string{"-f"}, "", "nft: option requires an argument -- 'f'\n"},
		{[]string{"-ca", "add table ip x; list ruleset"}, "", ""},
		{[]string{"-i"}, "", "nft: invalid option -- 'i'\n"},
		{[]string{"add table ip x; list ruleset"}, "table ip x {\n}\n", ""},
	} {
		var out bytes.Buffer
		err := Run(&out, nat.New().Nft(), missing, tt.args...)
		if tt.fail != "" {
			require.EqualError(t, err, tt.fail)
			continue
		}
		require.NoError(t, err)
		if tt.out != "" {
			assert.Equal(t, tt.out, out.String())
		}
	}
}

// FuzzRun reads whatever comes: nothing panics, and what is made can be listed and read again.
func FuzzRun(f *testing.F) {
	text, _ := os.ReadFile("testdata/file.nft")
	f.Add(string(text))
	for _, r := range recorded(f) {
		f.Add(r.command)
	}
	f.Add("define a = { 1, 2 }\ndefine b = { $a, $a }\nadd set ip t s { type inet_service; elements = $b; }\n")
	f.Add("add set ip t s { type mark . mark . mark . mark . mark . mark; elements = { 1 . 2 . 3 . 4 . 5 . 6 }; }")
	f.Add("add map ip t m { type ipv4_addr : ipv4_addr . inet_service . mark; elements = { 1.2.3.4 : 1.2.3.5 . 80 . 7 }; }")
	f.Add("add map ip t m { type mark : mark . mark; }\nadd element ip t m { 1 : 1 . 2 . 3 . 4 . 5 . 6 }")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4000 {
			return
		}
		tables := nat.New().Nft()
		base := "add table ip t; add chain ip t c { type filter hook input priority 0; }\n"
		_ = Apply(tables, "x", base+text)
		var out bytes.Buffer
		require.NoError(t, Run(&out, tables, nil, "list", "ruleset"))
		require.NoError(t, Apply(nat.New().Nft(), "again", out.String()), out.String())
	})
}
