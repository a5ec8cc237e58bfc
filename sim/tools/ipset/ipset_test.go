package ipset_test

import (
	"context"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"drydock/nat"
	"drydock/sim/simtest"
	"drydock/sim/tools/command"
	"drydock/sim/tools/ipset"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A machine is what ipset needs of one.
type machine struct {
	command.Machine
	tables *nat.Tables
}

func (m machine) Firewall() *nat.Tables { return m.tables }

func run(m command.Machine, line, input string) (string, int) {
	var out strings.Builder
	call := &command.Call{Machine: m, Args: quoted(line), Stdin: strings.NewReader(input), Stdout: &out, Stderr: &out}
	status := ipset.Ipset(context.Background(), call)
	return out.String(), status
}

// quoted splits at blanks outside of double quotes.
func quoted(line string) (words []string) {
	for i, part := range strings.Split(line, `"`) {
		if i%2 == 1 {
			words = append(words, part)
		} else {
			words = append(words, strings.Fields(part)...)
		}
	}
	return words
}

var initval = regexp.MustCompile(`initval 0x[0-9a-f]{8}`)

// unordered makes what differs from run to run the same, and sorts the entries.
func unordered(s string) string {
	lines := strings.Split(initval.ReplaceAllString(s, "initval 0x"), "\n")
	from := slices.Index(lines, "Members:") + 1
	if from == 0 {
		from = 1 + slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "create ") })
	}
	if from > 0 {
		to := from + slices.IndexFunc(lines[from:], func(l string) bool { return l == "" || strings.HasPrefix(l, "= ") })
		slices.Sort(lines[from:to])
	}
	return strings.Join(lines, "\n")
}

// TestSession plays what was recorded with the real one: one command behind the other.
func TestSession(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/session.txt")
	require.NoError(t, err)
	m := machine{tables: nat.New()}
	for _, block := range strings.Split(string(text), "\n$ ")[1:] {
		line, want, _ := strings.Cut(strings.TrimSuffix(block, "\n"), "\n")
		out, status := run(m, line, "")
		got := out + "= " + string(rune('0'+status))
		assert.Equal(t, unordered(want), unordered(got), line)
	}
}

// TestRestore has the lines of recordings.
func TestRestore(t *testing.T) {
	t.Parallel()
	m := machine{tables: nat.New()}
	for _, tt := range []struct {
		line, input, want string
		status            int
	}{
		{"ipset restore", "create z hash:ip\nadd z 1.1.1.1\n# c\n\nadd z 1.1.1.1\n", "ipset v7.17: Error in line 5: Element cannot be added to the set: it's already added\n", 1},
		{"ipset restore", "add z 1.1.1.2\nfoo\n", "ipset v7.17: No command specified: unknown argument foo\nTry `ipset help' for more information.\n", 2},
		{"ipset -exist restore", "add z 1.1.1.3\nadd z 1.1.1.1\nadd z 1.1.1.9\nCOMMIT\n", "", 0},
		{"ipset restore", "create y hash:ip\nadd y 1.1.1.x\n", "ipset v7.17: Error in line 2: Syntax error: cannot parse 1.1.1.x: resolving to IPv4 address failed\n", 1},
		{"ipset restore", "create -exist y hash:ip\nadd y 1.1.1.4 -exist\n", "", 0},
		{"ipset restore", "create c hash:net comment\nadd c 10.0.0.0/8 comment \"a b\"\n", "", 0},
		{"ipset list -n", "", "z\ny\nc\n", 0},
	} {
		out, status := run(m, tt.line, tt.input)
		assert.Equal(t, tt.want, out, tt.input)
		assert.Equal(t, tt.status, status, tt.input)
	}
	saved, _ := run(m, "ipset save", "")
	other := machine{tables: nat.New()}
	_, status := run(other, "ipset restore", saved)
	require.Zero(t, status)
	again, _ := run(other, "ipset save", "")
	require.Equal(t, saved, again)
}

// Entries expire by the clock of the host, and rules ask about them.
func TestWithRules(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		for line, want := range map[string]int{"ipset create blocked hash:ip timeout 60": 0} {
			_, status := run(h, line, "")
			require.Equal(t, want, status)
		}
		_, status := run(h, "ipset add blocked 192.0.2.1", "")
		require.Zero(t, status)
		time.Sleep(59 * time.Second)
		out, _ := run(h, "ipset list blocked", "")
		require.Contains(t, out, "192.0.2.1 timeout 1\n")
		time.Sleep(time.Second)
		out, _ = run(h, "ipset list blocked", "")
		require.Contains(t, out, "Number of entries: 0\nMembers:\n")
		web := simtest.Run(t, h, "web")
		out, status = run(web, "ipset list", "")
		require.Equal(t, "ipset v7.17: Kernel error received: Operation not permitted\n", out)
		require.Equal(t, 1, status)
	})
}

// FuzzRestore gives lines to restore. What is saved then can be restored.
func FuzzRestore(f *testing.F) {
	f.Add("create a hash:ip\nadd a 10.0.0.1-10.0.0.3\n")
	f.Add("create a hash:net,port family inet6 timeout 5\nadd a fd00::/8,icmpv6:ping nomatch\n")
	f.Add("create p bitmap:port range 1-10\ncreate l list:set\nadd l p\nadd p 3\nswap l p\n")
	f.Fuzz(func(t *testing.T, input string) {
		m := machine{tables: nat.New()}
		run(m, "ipset -q restore", input)
		saved, _ := run(m, "ipset save", "")
		other := machine{tables: nat.New()}
		out, status := run(other, "ipset restore", saved)
		require.Zero(t, status, "%s\n%s", saved, out)
	})
}
