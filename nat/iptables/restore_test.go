package iptables

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestRestoreRefuses has inputs and what the real iptables-restore 1.8.9 says to them.
func TestRestoreRefuses(t *testing.T) {
	t.Parallel()
	const (
		named = "iptables-restore v1.8.9 (nf_tables): "
		help  = "\nTry `iptables-restore -h' or 'iptables-restore --help' for more information."
		at2   = "\nError occurred at line: 2" + help
	)
	for _, tt := range []struct {
		input, want string // the input is in *filter unless it begins with "!"
		code        int
	}{
		{"!*filter\n:INPUT ACCEPT [0:0]\n", "iptables-restore: COMMIT expected at line 3", 1},
		{"!COMMIT\n", "iptables-restore: line 1 failed", 1},
		{"! *filter\nCOMMIT\n", "iptables-restore: line 1 failed", 1},
		{"!-A INPUT -j ACCEPT\n", "iptables-restore: line 1 failed", 1},
		{"!*nosuch\nCOMMIT\n", named + "iptables-restore: line 1 table name 'nosuch' invalid\nError occurred at line: 1" + help, 2},
		{"!*\nCOMMIT\n", named + "iptables-restore: line 1 table name invalid\nError occurred at line: 1" + help, 2},
		{"-A INPUT -j NOSUCH", named + "Chain 'NOSUCH' does not exist" + at2, 2}, // the real one names the line of COMMIT
		{"-A NOSUCH -j ACCEPT", "iptables-restore: line 2 failed: No chain/target/match by that name.", 1},
		{":INPUT", named + "iptables-restore: line 2 policy invalid" + at2, 2},
		{":INPUT FOO [0:0]", "iptables-restore: line 2 failed: Bad policy name.", 1},
		{":MINE", named + "iptables-restore: line 2 policy invalid" + at2, 2},
		{":", named + "iptables-restore: line 2 chain name invalid" + at2, 2},
		{":12345678901234567890123456789 - [0:0]", named + "chain name `12345678901234567890123456789' too long (must be under 29 chars)" + at2, 2},
		{":ACCEPT - [0:0]", named + "chain name may not clash with target name" + at2, 2},
		{"[5:6 -A INPUT", named + "Bad line 2: need ]" + at2, 2},
		{"[x:6] -A INPUT", named + "-c packet counter not numeric" + at2, 2},
		{"[3:6] -A INPUT -c 1 2", named + "multiple -c flags not allowed" + at2, 2},
		{":INPUT ACCEPT [x:0]", named + "invalid policy counters for chain 'INPUT'" + at2, 2},
		{":INPUT ACCEPT", named + "invalid policy counters for chain 'INPUT'" + at2, 2},
		{"[5:6]", named + "no command specified" + at2, 2},
		{" ", named + "no command specified" + at2, 2},
		{"-t nat -A INPUT -j ACCEPT", named + "The -t option cannot be used in iptables-restore.\n" + at2, 2},
		{"-w 5 -A INPUT", named + "You cannot use `-w' from iptables-restore" + at2, 2},
		{"*nat", "Bad argument `*nat'" + at2, 2},
		{"  # comment", "Bad argument `#'" + at2, 2},
		{"COMMIT ", "Bad argument `COMMIT'" + at2, 2},
		{"-A INPUT -m comment --comment 'a b'", "Bad argument `b''" + at2, 2},
		{"-A INPUT -p tcp --dport x", named + "invalid port/service `x' specified" + at2, 2},
		{"-N FOO\n-N FOO", "iptables-restore: line 3 failed: Chain already exists.", 1},
		{"-D INPUT -j ACCEPT", "iptables-restore: line 2 failed: Bad rule (does a matching rule exist in that chain?).", 1},
		{"-A INPUT\n-R INPUT 4", "iptables-restore: line 3 failed: Index of replacement too big.", 1},
		{"-A INPUT\n-I INPUT 4", "iptables-restore: line 3 failed: Index of insertion too big.", 1},
		{"-F FOO", "iptables-restore: line 2 failed: No chain/target/match by that name.", 1},
		{":FOO - [0:0]\n-A FOO\n-X FOO", named + "\nline 4: CHAIN_DEL failed (Device or resource busy): chain FOO", 4},
		{"-A INPUT -i a\n-A INPUT -j DNAT --to-destination 1.2.3.4", named + "\nline 3: RULE_APPEND failed (Invalid argument): rule in chain INPUT", 4},
		{":A - [0:0]\n-A INPUT -j A\n-A A -j A", named + "\nline 4: RULE_APPEND failed (Too many links): rule in chain A", 4},
		{"-P FOO DROP", "iptables-restore: line 2 failed: Bad built-in chain name.", 1},
		{"-A INPUT -m comment --comment \"open", "iptables-restore: line 2 failed", 1}, // which the real one takes
	} {
		rs := newFixture(t, false)
		require.NoError(t, Run(io.Discard, rs, "-P", "FORWARD", "DROP"))
		before := saved(t, rs)
		input, whole := strings.CutPrefix(tt.input, "!")
		if !whole {
			input = "*filter\n" + input + "\nCOMMIT\n"
		}
		err := RestoreCounters(rs, strings.NewReader(input))
		if assert.EqualError(t, err, tt.want, tt.input) {
			ce := (*Error)(nil)
			require.True(t, errors.As(err, &ce))
			assert.Equal(t, tt.code, ce.ExitCode(), tt.input)
		}
		assert.Equal(t, before, saved(t, rs), "changed by %q", tt.input)
	}
}

func TestRestore(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, input, want string }{
		{"chains that are not named go", "*filter\n:FORWARD DROP [0:0]\n:NEW - [0:0]\nCOMMIT\n",
			":INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n:NEW - [0:0]\n"},
		{"commands", "*filter\n-N A\n-A A -j DROP\n-I A 2 -j ACCEPT\n-D A 1\n-P INPUT DROP\n-L\n-V\n-6 -A A\nCOMMIT\n",
			":INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:A - [0:0]\n-A A -j ACCEPT\n"},
		{"blanks and comments", "# a\n\n*filter \n-A\tINPUT \t -j   ACCEPT  \n#\n  -A INPUT -j DROP\nCOMMIT\n# b",
			":INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A INPUT -j ACCEPT\n-A INPUT -j DROP\n"},
		{"a table twice", "*filter\n-A INPUT -j ACCEPT\nCOMMIT\n*filter\n-A INPUT -j DROP\nCOMMIT\n",
			":INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A INPUT -j DROP\n"},
		{"a chain twice begins again", "*filter\n:A - [0:0]\n-A A -j DROP\n:A - [0:0]\nCOMMIT\n",
			":INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:A - [0:0]\n"},
		{"quotes", "*filter\n-A INPUT -m comment --comment \"a \\\"b\\\" \\\\ 'c'\"\r\nCOMMIT\n",
			":INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A INPUT -m comment --comment \"a \\\"b\\\" \\\\ \\'c\\'\"\n"},
		{"counters are not looked at", "*filter\n:INPUT ACCEPT [5:6]\n[7:8] -A INPUT\nCOMMIT\n",
			":INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A INPUT\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rs := newFixture(t, false)
			require.NoError(t, Restore(rs, strings.NewReader(tt.input)))
			var out strings.Builder
			require.NoError(t, Save(&out, rs, "filter"))
			want := "# Generated by iptables-save v1.8.9 (nf_tables)\n*filter\n" + tt.want + "COMMIT\n# Completed\n"
			assert.Equal(t, want, withoutDates(out.String()))
			out.Reset()
			require.NoError(t, Save(&out, rs, "nat"))
			assert.Contains(t, out.String(), "-A MASQ -j MASQUERADE", "other tables stay")
		})
	}
}

func FuzzRestore(f *testing.F) {
	f.Add(fixture, false)
	for _, s := range dockerStates(f) {
		if len(s.text) < 1500 { // minimizing longer ones takes most of the time
			f.Add(s.text, false)
		}
	}
	f.Add("*filter\n:A - [1:2]\n[3:4] -A A -s ::1 -m comment --comment \"x \\\" y\" -j LOG\nCOMMIT\n", true)
	f.Fuzz(func(t *testing.T, input string, v6 bool) {
		rs := newRuleset(v6)
		if err := RestoreCounters(rs, strings.NewReader(input)); err != nil {
			require.NotEmpty(t, err.Error())
			require.Empty(t, saved(t, rs), "a part was restored")
			return
		}
		text := saved(t, rs)
		again := newRuleset(v6)
		require.NoError(t, RestoreCounters(again, strings.NewReader(text)), text)
		require.Equal(t, text, saved(t, again))
	})
}
