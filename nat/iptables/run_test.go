package iptables

import (
	"drydock/nat"
	"drydock/nat/internal/words"

	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// newRuleset returns tables without rules.
func newRuleset(v6 bool) *nat.Ruleset {
	if v6 {
		return nat.New().IPv6()
	}
	return nat.New().IPv4()
}

// newFixture returns tables in the state in which the recordings were made.
func newFixture(t testing.TB, v6 bool) *nat.Ruleset {
	t.Helper()
	rs := newRuleset(v6)
	require.NoError(t, Restore(rs, strings.NewReader(fixture)))
	return rs
}

// TestErrorsAsRecorded runs the command lines that the real iptables refused.
func TestErrorsAsRecorded(t *testing.T) {
	t.Parallel()
	eachRecording(t, "errors*.txt", func(t *testing.T, want recording) {
		args, err := words.Split(want.command)
		require.NoError(t, err)
		rs := newFixture(t, args[0] == "ip6tables")
		before := saved(t, rs)
		var out bytes.Buffer
		err = Run(&out, rs, args[1:]...)
		if !assert.EqualError(t, err, strings.Join(want.stderr, "\n"), want.command) {
			return
		}
		var ce *Error
		require.True(t, errors.As(err, &ce))
		assert.Equal(t, want.code, ce.ExitCode(), want.command)
		assert.Empty(t, out.String(), want.command)
		assert.Equal(t, before, saved(t, rs), "changed by %s", want.command)
	})
}

// TestCommandsAsRecorded runs those that it took.
func TestCommandsAsRecorded(t *testing.T) {
	t.Parallel()
	eachRecording(t, "commands*.txt", func(t *testing.T, want recording) {
		assert.Equal(t, numbered(want).String(), numbered(play(t, want.command)).String())
	})
}

// What the Ruleset finds can be told by errors.Is and errors.As.
func TestErrorsWrap(t *testing.T) {
	t.Parallel()
	for command, want := range map[string]error{
		"-A NOSUCH":                       nat.ErrNoChain,
		"-L NOSUCH":                       nat.ErrNoChain,
		"-A INPUT -j NOSUCH":              nat.ErrNoTarget,
		"-D INPUT -j DROP":                nat.ErrNoRule,
		"-D INPUT 7":                      nat.ErrIndex,
		"-N MINE":                         nat.ErrChainExists,
		"-N ACCEPT":                       nat.ErrChainName,
		"-X USED":                         nat.ErrChainInUse,
		"-X FULL":                         nat.ErrNotEmpty,
		"-P MINE DROP":                    nat.ErrNotBuiltin,
		"-P INPUT REJECT":                 nat.ErrPolicy,
		"-t nosuch -L":                    nat.ErrNoTable,
		"-A USED -j USED":                 nat.ErrLoop,
		"-A INPUT -j MASQUERADE":          nat.ErrTarget,
		"-A INPUT -m icmp --icmp-type 8":  nat.ErrProtocol,
		"-A INPUT ! -s 0.0.0.0/0 -j DROP": nat.ErrNever,
	} {
		err := Run(io.Discard, newFixture(t, false), strings.Fields(command)...)
		assert.ErrorIs(t, err, want, command)
		ce := (*Error)(nil)
		require.ErrorAs(t, err, &ce, command)
		assert.Equal(t, "iptables", ce.Program)
	}
}

// TestWords has what release 1.8.9 says where no recording does. Its rules are the fixture's.
func TestWords(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args []string
		want string
		code int
	}{
		{[]string{"-N", "a b"}, "Invalid chain name `a b'", 2},
		{[]string{"-N", "!x"}, "chain name not allowed to start with `!'", 2},
		{[]string{"-W", "5", "-L"}, "--wait-interval only makes sense with --wait\n", 2}, // and a warning before it
		{[]string{"-N", "-x"}, "chain name not allowed to start with `-'", 2},
		{[]string{"-Z", "FULL", "2"}, "Index of zero too big", 1},
		{[]string{"-R", "FULL", "2", "-j", "DROP"}, "Index of replacement too big", 1},
		{[]string{"-I", "FULL", "3", "-j", "DROP"}, "Index of insertion too big", 1},
		{[]string{"-D", "FULL", "2"}, "Index of deletion too big", 1},
		{[]string{"-R", "FULL", "1", "-j", "FULL"}, "RULE_REPLACE failed (Too many links): rule in chain FULL", 4},
		{[]string{"-I", "FULL", "-g", "FULL"}, "RULE_INSERT failed (Too many links): rule in chain FULL", 4},
		{[]string{"-I", "FULL", "-j", "INPUT"}, "RULE_INSERT failed (Operation not supported): rule in chain FULL", 4},
		{[]string{"-A", "INPUT", "-j", "MASQ"}, "Chain 'MASQ' does not exist", 2},
		{[]string{"-D", "INPUT", "-j", "FORWARD"}, "Bad rule (does a matching rule exist in that chain?)", 1},
		{[]string{"-C", "NOSUCH", "-j", "DROP"}, "Bad rule (does a matching rule exist in that chain?)", 1},
		{[]string{"-X", "OUTPUT"}, "CHAIN_DEL failed (Device or resource busy): chain OUTPUT", 4},
		{[]string{"-E", "FULL", "MINE"}, "File exists", 1},
		{[]string{"-E", "INPUT", "X"}, "No chain/target/match by that name", 1},
		{[]string{"-t", "nat", "-P", "OUTPUT", "DROP"}, "\nThe \"nat\" table is not intended for filtering, the use of DROP is therefore inhibited.\n\n", 2},
	} {
		err := Run(io.Discard, newFixture(t, false), tt.args...)
		ce := (*Error)(nil)
		require.ErrorAs(t, err, &ce, tt.args)
		assert.Equal(t, tt.want, ce.Message, tt.args)
		assert.Equal(t, tt.code, ce.ExitCode(), tt.args)
	}
	for _, input := range []string{"*nat\n:OUTPUT DROP [0:0]\nCOMMIT\n", "*nat\n-A OUTPUT -j DROP\nCOMMIT\n"} {
		assert.ErrorContains(t, Restore(newFixture(t, false), strings.NewReader(input)), "The \"nat\" table is not intended for filtering")
	}
}

// The numbers are as the real one prints them.
func TestShortCounters(t *testing.T) {
	t.Parallel()
	for n, want := range map[uint64]string{
		0: "    0", 99999: "99999", 100000: " 100K", 999999: "1000K", 1048576: "1049K", 9999999: "  10M",
		1234567890: "1235M", 999949999: "1000M", 9999999999: "  10G", 12345678901234: "  12T", 123456789012345678: "123457T",
	} {
		assert.Equal(t, want, listing{}.count(n))
	}
	assert.Equal(t, "  100000", listing{exact: true}.count(100000))
}

func TestVersionAndHelp(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, Run(&out, newRuleset(true), "-V"))
	assert.Equal(t, "ip6tables v1.8.9 (nf_tables)\n", out.String())
	out.Reset()
	require.NoError(t, Run(&out, newRuleset(true), "--help"))
	assert.Contains(t, out.String(), "ip6tables [-t table] command\n")
}

// play runs a command here as record does with the real iptables.
func play(t testing.TB, command string) recording {
	args, err := words.Split(command)
	require.NoError(t, err)
	rs := newFixture(t, args[0] == "ip6tables")
	table := "filter"
	for i, w := range args {
		switch {
		case w == "-t" || w == "--table" || w == "--t":
			table = args[i+1]
		case w == "-tnat":
			table = "nat"
		}
	}
	views := func() [3][]string {
		rules := linesOf(t, rs, "-t", table, "-S")
		for len(rules) > 0 && !strings.HasPrefix(rules[0], "-A") {
			rules = rules[1:]
		}
		exact := keep(linesOf(t, rs, "-t", table, "-L", "-n", "-v", "-x"), "Chain", "    pkts")
		return [3][]string{rules, exact, keep(linesOf(t, rs, "-t", table, "-L"), "Chain", "target")}
	}
	before := views()
	r := recording{command: command}
	var out bytes.Buffer
	if err := Run(&out, rs, args[1:]...); err != nil {
		r.stderr = strings.Split(err.Error(), "\n")
		var ce *Error
		require.True(t, errors.As(err, &ce))
		r.code = ce.ExitCode()
	}
	r.stdout = lines(out.String())
	after := views()
	r.saved, r.exact, r.listed = without(after[0], before[0]), without(after[1], before[1]), without(after[2], before[2])
	return r
}

func linesOf(t testing.TB, rs *nat.Ruleset, args ...string) []string {
	var out bytes.Buffer
	require.NoError(t, Run(&out, rs, args...))
	return lines(out.String())
}

func lines(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(s, "\n"), "\n")
}

func keep(lines []string, headers ...string) []string {
	var kept []string
	for _, l := range lines {
		if l != "" && !strings.HasPrefix(l, headers[0]) && !strings.HasPrefix(l, headers[1]) {
			kept = append(kept, l)
		}
	}
	return kept
}

func without(lines, gone []string) []string {
	var kept []string
	for _, l := range lines {
		found := false
		for _, g := range gone {
			found = found || g == l
		}
		if !found {
			kept = append(kept, l)
		}
	}
	return kept
}

func saved(t testing.TB, rs *nat.Ruleset) string {
	var b bytes.Buffer
	require.NoError(t, SaveCounters(&b, rs))
	return withoutDates(b.String())
}

func withoutDates(s string) string {
	var b strings.Builder
	for _, l := range lines(s) {
		if i := strings.Index(l, " on "); strings.HasPrefix(l, "# ") && i > 0 {
			l = l[:i]
		}
		b.WriteString(l + "\n")
	}
	return b.String()
}
