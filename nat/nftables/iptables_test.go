package nftables

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"drydock/nat"
	"drydock/nat/internal/words"
	"drydock/nat/iptables"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// shownFile has rules of iptables as nft 1.0.6 lists them, those with "!" under its warning; recorded by
// go test -run TestIptablesLikeTheRealOne -update
const shownFile = "testdata/iptables.txt"

// A recordedRule is a command of iptables and what nft lists then.
type recordedRule struct {
	command string
	lines   []string
}

func recordedRules(t testing.TB, text string) (list []recordedRule) {
	for line := range strings.SplitSeq(text, "\n") {
		switch command, isCommand := strings.CutPrefix(line, "$ "); {
		case isCommand:
			list = append(list, recordedRule{command: command})
		case line != "" && line[0] != '#':
			list[len(list)-1].lines = append(list[len(list)-1].lines, line)
		}
	}
	return list
}

func shownRules(t testing.TB) []recordedRule {
	text, err := os.ReadFile(shownFile)
	require.NoError(t, err)
	return recordedRules(t, string(text))
}

// runIptables runs a command of iptables or ip6tables.
func runIptables(t testing.TB, tables *nat.Tables, command string) {
	t.Helper()
	args, err := words.Split(command)
	require.NoError(t, err, command)
	rs := tables.IPv4()
	if args[0] == "ip6tables" {
		rs = tables.IPv6()
	}
	require.NoError(t, iptables.Run(nil, rs, args[1:]...), command)
}

// runNft returns what nft prints, and what it warns of.
func runNft(t testing.TB, tables *nat.Tables, command string) (out, warnings string) {
	t.Helper()
	var o, w bytes.Buffer
	require.NoError(t, RunWarning(&o, &w, tables.Nft(), nil, split(command)...), command)
	return o.String(), w.String()
}

func TestIptables(t *testing.T) {
	t.Parallel()
	for _, r := range shownRules(t) {
		tables := nat.New()
		program, _, _ := strings.Cut(r.command, " ")
		runIptables(t, tables, program+" -N MINE")
		runIptables(t, tables, r.command)
		out, warnings := runNft(t, tables, "list ruleset")
		mark := "  "
		if warnings != "" {
			mark = "! "
		}
		var lines []string
		for line := range strings.SplitSeq(out, "\n") {
			if text, ok := strings.CutPrefix(line, "\t\t"); ok && !strings.HasPrefix(text, "type ") {
				lines = append(lines, mark+text)
			}
		}
		assert.Equal(t, r.lines, lines, r.command)
	}
}

// TestIptablesLikeTheRealOne has the real programs answer again. With -update the answers are recorded.
func TestIptablesLikeTheRealOne(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	old := shownRules(t)
	var script strings.Builder
	for _, r := range old {
		args, err := words.Split(r.command)
		require.NoError(t, err)
		quoted := make([]string, len(args))
		for i, w := range args {
			quoted[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
		fmt.Fprintf(&script, "nft flush ruleset; %s -N MINE; %s >/dev/null 2>&1; echo '$ '; nft list ruleset 2>w | grep -P '^\\t\\t(?!type )' >r\n", args[0], strings.Join(quoted, " "))
		script.WriteString("m='  '; [ -s w ] && m='! '; sed \"s/^\\t\\t/$m/\" r\n")
	}
	now := recordedRules(t, inNamespace(t, script.String()))
	require.Len(t, now, len(old))
	var b strings.Builder
	for i := range now {
		now[i].command = old[i].command
		if !*update {
			assert.Equal(t, old[i], now[i])
		}
		fmt.Fprintf(&b, "$ %s\n%s\n", now[i].command, strings.Join(now[i].lines, "\n"))
	}
	if *update {
		require.NoError(t, os.WriteFile(shownFile, []byte(b.String()), 0o666))
	}
}

// TestIptablesTables has which tables and chains there are, by whose commands.
func TestIptablesTables(t *testing.T) {
	t.Parallel()
	tables := nat.New()
	steps := []struct{ command, want string }{
		{"iptables -L", ""}, {"iptables -F", ""}, {"iptables -Z", ""}, {"iptables -X", ""},
		{"iptables -t nat -N B", "ip nat: B 1\n"},
		{"iptables -t nat -N A", "ip nat: B 1, A 2\n"},
		{"iptables -t nat -A OUTPUT -j A", "ip nat: B 1, A 2, OUTPUT 3 (4)\n"},
		{"nft add table ip mine", "ip nat: B 1, A 2, OUTPUT 3 (4)\nip mine:\n"},
		{"ip6tables -t nat -P INPUT ACCEPT", "ip nat: B 1, A 2, OUTPUT 3 (4)\nip mine:\nip6 nat: INPUT 1\n"},
		{"iptables -t nat -R OUTPUT 1 -j B", "ip nat: B 1, A 2, OUTPUT 3 (5)\nip mine:\nip6 nat: INPUT 1\n"},
		{"iptables -t nat -E A C", "ip nat: B 1, C 2, OUTPUT 3 (5)\nip mine:\nip6 nat: INPUT 1\n"},
		{"iptables -t nat -I OUTPUT -j C", "ip nat: B 1, C 2, OUTPUT 3 (6 5)\nip mine:\nip6 nat: INPUT 1\n"},
		{"iptables -t nat -Z", "ip nat: B 1, C 2, OUTPUT 3 (6 5)\nip mine:\nip6 nat: INPUT 1\n"},
		{"nft delete rule ip nat OUTPUT handle 6", "ip nat: B 1, C 2, OUTPUT 3 (5)\nip mine:\nip6 nat: INPUT 1\n"},
		{"nft flush table ip nat", "ip nat: B 1, C 2, OUTPUT 3\nip mine:\nip6 nat: INPUT 1\n"},
		{"nft rename chain ip nat C D", "ip nat: B 1, D 2, OUTPUT 3\nip mine:\nip6 nat: INPUT 1\n"},
		{"nft add chain ip nat own", "ip nat: B 1, D 2, OUTPUT 3, own 1\nip mine:\nip6 nat: INPUT 1\n"},
		{"nft delete chain ip nat B", "ip nat: D 2, OUTPUT 3, own 1\nip mine:\nip6 nat: INPUT 1\n"},
		{"iptables -t nat -X", "ip nat: own 1\nip mine:\nip6 nat: INPUT 1\n"},
		{"nft delete table ip6 nat", "ip nat: own 1\nip mine:\n"},
		{"nft flush ruleset", ""},
		{"iptables -P OUTPUT DROP", "ip filter: OUTPUT 1 drop\n"},
		{"iptables -X", "ip filter: OUTPUT 1 drop\n"},
		{"nft add chain ip filter OUTPUT { type filter hook output priority filter; policy accept; }", "ip filter: OUTPUT 1\n"},
		{"iptables -F -v", "ip filter: OUTPUT 1, INPUT 2, FORWARD 3\n"},
		{"iptables -X FORWARD", "ip filter: OUTPUT 1, INPUT 2\n"},
		{"nft delete chain ip filter OUTPUT", "ip filter: INPUT 2\n"},
	}
	for _, s := range steps {
		if line, nft := strings.CutPrefix(s.command, "nft "); nft {
			runNft(t, tables, "'"+line+"'")
		} else {
			runIptables(t, tables, s.command)
		}
		require.Equal(t, s.want, outline(t, tables), s.command)
		if strings.HasSuffix(s.want, "drop\n") {
			require.EqualError(t, iptables.Run(nil, tables.IPv4(), "-X", "OUTPUT"), "iptables: Directory not empty.")
		}
	}
	for command, want := range map[string]string{
		"add rule ip filter INPUT tcp dport 22 accept":                                  "Error: Could not process rule: Operation not supported\nadd rule ip filter INPUT tcp dport 22 accept\n                   ^^^^^\n",
		"create table ip filter":                                                        "Error: Could not process rule: File exists\ncreate table ip filter\n                ^^^^^^\n",
		"create chain ip filter INPUT":                                                  "Error: Could not process rule: File exists\ncreate chain ip filter INPUT\n                       ^^^^^\n",
		"delete rule ip filter INPUT handle 77":                                         "Error: No such file or directory\ndelete rule ip filter INPUT handle 77\n                                   ^^\n",
		"add chain ip filter INPUT '{' type filter hook output priority filter ';' '}'": "Error: Could not process rule: File exists\nadd chain ip filter INPUT { type filter hook output priority filter ; }\n                    ^^^^^\n",
	} {
		require.EqualError(t, Run(nil, tables.Nft(), nil, split(command)...), want, command)
	}
}

// outline returns the tables, chains with handles and rules of a list.
func outline(t testing.TB, tables *nat.Tables) string {
	list, _ := runNft(t, tables, "-a list ruleset")
	var b strings.Builder
	for line := range strings.SplitSeq(list, "\n") {
		words := strings.Fields(line)
		_, handle, _ := strings.Cut(line, "# handle ")
		switch {
		case strings.HasPrefix(line, "table"):
			b.WriteString(words[1] + " " + words[2] + ":")
		case strings.HasPrefix(line, "\tchain"):
			b.WriteString(" " + words[1] + " " + handle + ",")
		case strings.HasPrefix(line, "\t\ttype") && strings.Contains(line, "drop"):
			b.WriteString(" drop,")
		case strings.HasPrefix(line, "\t\t") && handle != "":
			b.WriteString(" (" + handle + "),")
		case line == "}":
			b.WriteString("\n")
		}
	}
	return strings.NewReplacer(",\n", "\n", ") (", " ", ", drop", " drop", ", (", " (", "), (", " ").Replace(strings.ReplaceAll(b.String(), "), (", " "))
}

// TestIptablesTogether has a file that replaces all rules of either kind change nothing if it is wrong.
func TestIptablesTogether(t *testing.T) {
	t.Parallel()
	tables := nat.New()
	runIptables(t, tables, "iptables -A INPUT -j ACCEPT")
	before, _ := runNft(t, tables, "list ruleset")
	require.Error(t, Apply(tables.Nft(), "f", "flush ruleset\nadd table ip t\nadd rule ip t nosuch accept\n"))
	after, _ := runNft(t, tables, "list ruleset")
	require.Equal(t, before, after)
	require.NoError(t, Apply(tables.Nft(), "f", "flush ruleset\nadd table ip t\n"))
	after, _ = runNft(t, tables, "list ruleset")
	require.Equal(t, "table ip t {\n}\n", after)
	require.False(t, tables.IPv4().Used("filter"))
}
