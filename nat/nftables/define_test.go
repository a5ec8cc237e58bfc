package nftables

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"drydock/nat"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestDefine has variables in files, and how nft 1.0.6 lists the rules or what it says of them.
func TestDefine(t *testing.T) {
	t.Parallel()
	const head = "add table ip t\nadd chain ip t c\n"
	for _, tt := range []struct{ text, want string }{
		{"define a = 1\ndefine a = 2\n", "f:4:8-8: Error: redefinition of symbol 'a'\ndefine a = 2\n       ^\n"},
		{"define a = 1\nadd rule ip t c tcp dport $a\nredefine a = 2\nadd rule ip t c tcp dport $a\n", "tcp dport 1\ntcp dport 2\n"},
		{"define a = 1\ndefine b = $a\nredefine a = 2\nadd rule ip t c tcp dport $b\n", "tcp dport 1\n"},
		{"define a = 1\nundefine a\nadd rule ip t c tcp dport $a\n", "f:5:28-28: Error: unknown identifier 'a'\nadd rule ip t c tcp dport $a\n                           ^\n"},
		{"redefine a = 2\nadd rule ip t c tcp dport $a\n", "tcp dport 2\n"},
		{"define a = { 1, 2 }\ndefine b = 7\nadd rule ip t c tcp dport { $a, 5, $b }\nadd rule ip t c tcp dport $a\n", "tcp dport { 1, 2, 5, 7 }\ntcp dport { 1, 2 }\n"},
		{"define a = { }\n", "f:3:12-14: Error: Set is empty\ndefine a = { }\n           ^^^\n"},
		{"define a = \"eth*\"\nadd rule ip t c iifname $a\nadd rule ip t c iifname { $a, lo }\n", "iifname \"eth*\"\niifname { \"eth*\", \"lo\" }\n"},
		{"define a = 10.0.0.0/8\nadd rule ip t c ip saddr $a\nadd rule ip t c ip saddr { $a }\nadd rule ip t c ip saddr != $a\n", "ip saddr 10.0.0.0/8\nip saddr 10.0.0.0/8\nip saddr != 10.0.0.0/8\n"},
		{"define a = 1; define b = 2\nadd rule ip t c tcp dport { $a, $b }\n", "tcp dport { 1, 2 }\n"},
		{"table ip t {\n define a = 1\n chain c {\n define b = 2\n tcp dport $a\n tcp dport $b\n }\n chain d {\n tcp dport $b\n }\n}\n",
			"f:11:13-13: Error: unknown identifier 'b'\n tcp dport $b\n            ^\n"},
		{"table ip t {\n define a = 1\n chain c {\n tcp dport $a\n }\n}\nadd rule ip t c tcp dport $a\n", "f:9:28-28: Error: unknown identifier 'a'\nadd rule ip t c tcp dport $a\n                           ^\n"},
	} {
		tables := nat.New().Nft()
		got := ""
		if err := Apply(tables, "f", head+tt.text); err != nil {
			got = err.Error()
		}
		for r := range tables.View().Rules(nat.FamilyIP, "t", "c") {
			got += RuleText(r, nat.FamilyIP) + "\n"
		}
		assert.Equal(t, tt.want, got, tt.text)
	}
}

// TestElementsOfVariables has elements with what a variable was when they were read.
func TestElementsOfVariables(t *testing.T) {
	t.Parallel()
	tables := nat.New().Nft()
	require.NoError(t, Apply(tables, "f", `add table ip t
add set ip t s { type inet_service; }
define a = 1
define b = { 2, 3 }
add element ip t s { $a, $b }
redefine a = 4
add element ip t s { $a }
undefine a
delete element ip t s $b
`))
	var out bytes.Buffer
	require.NoError(t, Run(&out, tables, nil, "list", "set", "ip", "t", "s"))
	assert.Contains(t, out.String(), "elements = { 1, 4 }")
}

// TestBounds has input that would make more of itself than there is room for, and what Linux refuses for its length.
func TestBounds(t *testing.T) {
	t.Parallel()
	const head = "add table ip t\nadd chain ip t c\nadd set ip t s { type inet_service; }\n"
	doubled := "define a0 = { 1" + strings.Repeat(", 2", 200) + " }\n"
	for i := range 12 {
		doubled += fmt.Sprintf("define a%d = { $a%d, $a%[2]d }\n", i+1, i)
	}
	for name, tt := range map[string]struct{ text, want string }{
		"rule":       {doubled + "add rule ip t c tcp dport $a12\n", "variable too long"},
		"elements":   {doubled + "add element ip t s $a12\n", "variable too long"},
		"set":        {doubled + "add set ip t s1 { type inet_service; elements = $a12; }\n", "variable too long"},
		"all":        {"define a = { " + strings.Repeat("1, ", 1000) + " }\n" + strings.Repeat("add element ip t s $a\n", 1000), "variable too long"},
		"some":       {"define a = 1\n" + strings.Repeat("add rule ip t c tcp dport $a\n", 1000), ""},
		"in braces":  {"define a = 1\nadd rule ip t c tcp dport { " + strings.Repeat("$a, ", 100000) + "}\n", ""},
		"128":        {"add rule ip t c" + strings.Repeat(" counter", 128) + "\n", ""},
		"129":        {"add rule ip t c" + strings.Repeat(" counter", 129) + "\n", "Invalid argument"},
		"key":        {"add set ip t s1 { type mark . mark . mark . mark . mark . mark; elements = { 1 . 2 . 3 . 4 . 5 . 6 }; }\n", "Invalid argument"},
		"80 bytes":   {"add set ip t s1 { type ipv6_addr . ipv6_addr . ipv6_addr . ipv6_addr . ipv6_addr; }\n", "Invalid argument"},
		"data":       {"add map ip t m { type mark : mark . mark . mark . mark . mark . mark; elements = { 1 : 1 . 2 . 3 . 4 . 5 . 6 }; }\n", "Invalid argument"},
		"element":    {"add map ip t m { type mark : mark . mark; }\nadd element ip t m { 1 : 1 . 2 . 3 . 4 . 5 . 6 }\n", "unexpected ."},
		"semicolons": {strings.Repeat(";", 1<<20) + "\n", ""},
	} {
		err := Apply(nat.New().Nft(), "f", head+tt.text)
		if tt.want == "" {
			assert.NoError(t, err, name)
			continue
		}
		assert.ErrorContains(t, err, tt.want, name)
	}
}

// TestLexerKeepsNothing reads a text without a list of its tokens.
func TestLexerKeepsNothing(t *testing.T) {
	src := &source{text: strings.Repeat(";", 1<<16)}
	assert.Less(t, testing.AllocsPerRun(3, func() { parse(src) }), 1e5)
	p := newParser(src, &lexer{text: src.text}, nil)
	for p.next().kind != ending {
		require.LessOrEqual(t, cap(p.frames[0].tokens), 8)
	}
}

// TestForeignSet lists a set that was made without the words of nft, and reads -f where nobody opens files.
func TestForeignSet(t *testing.T) {
	t.Parallel()
	tables := nat.New().Nft()
	require.NoError(t, tables.Edit(func(tx *nat.NftEdit) error {
		tx.AddTable(nat.NftTable{Name: "t"})
		e, _ := nat.NewElements(2, nat.Element{Key: nat.Words{nat.NumberWord(1), nat.NumberWord(2)}})
		return tx.AddSet(nat.FamilyIP, "t", nat.NftSet{Name: "s", Width: 2}, e)
	}))
	var out bytes.Buffer
	require.NoError(t, Run(&out, tables, nil, "list", "ruleset"))
	assert.Contains(t, out.String(), "type integer . integer\n\t\telements = { 1 . 2 }")
	assert.EqualError(t, Run(nil, tables, nil, "-f", "x"), "internal:0:0-0: Error: Could not open file \"x\": File does not exist\n\n\n")
}
