package iptables

import (
	"drydock/nat"

	"drydock/nat/internal/words"

	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// fixture is the state in which the recorded commands ran: MINE is empty, FULL has a
// rule and USED is jumped to.
const fixture = `*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
COMMIT
*mangle
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:MASQ - [0:0]
-A MASQ -j MASQUERADE
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:FULL - [0:0]
:MINE - [0:0]
:USED - [0:0]
-A OUTPUT -o lo -j USED
-A FULL -j RETURN
COMMIT
`

// A recording is what the real iptables answered to one command line.
type recording struct {
	command string   // "iptables -A INPUT -j DROP"
	code    int      // its exit status
	stdout  []string // what it printed
	stderr  []string
	saved   []string // what iptables -S shows of its table besides the fixture
	exact   []string // what iptables -L -n -v -x shows
	listed  []string // what iptables -L shows
}

// The marks of their lines in a recording.
var recordMarks = []struct {
	mark  string
	lines func(*recording) *[]string
}{
	{"> ", func(r *recording) *[]string { return &r.stdout }},
	{"! ", func(r *recording) *[]string { return &r.stderr }},
	{"S ", func(r *recording) *[]string { return &r.saved }},
	{"x ", func(r *recording) *[]string { return &r.exact }},
	{"L ", func(r *recording) *[]string { return &r.listed }},
}

// readRecordings reads a file of them.
func readRecordings(t testing.TB, name string) []recording {
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	var recs []recording
	for line := range strings.SplitSeq(string(text), "\n") {
		if command, ok := strings.CutPrefix(line, "$ "); ok {
			recs = append(recs, recording{command: command})
			continue
		}
		if line == "" || line[0] == '#' {
			continue
		}
		r := &recs[len(recs)-1]
		if _, err := fmt.Sscanf(line, "= %d", &r.code); err == nil {
			continue
		}
		known := false
		for _, m := range recordMarks {
			if strings.HasPrefix(line+" ", m.mark) {
				lines := m.lines(r)
				*lines = append(*lines, strings.TrimPrefix(line, m.mark))
				if line+" " == m.mark {
					(*lines)[len(*lines)-1] = ""
				}
				known = true
			}
		}
		require.True(t, known, "%s: %q", name, line)
	}
	return recs
}

// String returns the recording as its file has it.
func (r recording) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "$ %s\n", r.command)
	if r.code != 0 {
		fmt.Fprintf(&b, "= %d\n", r.code)
	}
	for _, m := range recordMarks {
		for _, line := range *m.lines(&r) {
			b.WriteString(strings.TrimSuffix(m.mark+line, " \n") + "\n")
		}
	}
	return b.String()
}

// record runs commands with the real iptables, each in the fixture of a network
// namespace of its own.
func record(t testing.TB, commands []string) []recording {
	t.Helper()
	var script strings.Builder
	fmt.Fprintf(&script, "fixture=$(cat <<'EOF'\n%sEOF\n)\nreal() {\n%s\n}\n", fixture, recordScript)
	for _, c := range commands {
		fmt.Fprintf(&script, "real %s\n", shell(t, c))
	}
	name := t.TempDir() + "/recordings"
	require.NoError(t, os.WriteFile(name, inNamespace(t, script.String()), 0o600))
	recs := readRecordings(t, name)
	require.Len(t, recs, len(commands))
	for i := range recs {
		recs[i].command = commands[i]
	}
	return recs
}

// inNamespace runs a script of bash in a network namespace of its own and returns what
// it prints. The test is skipped where there is no such thing or no such iptables.
func inNamespace(t testing.TB, script string) []byte {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	out, err := exec.Command("unshare", "-n", "iptables", "-V").Output()
	if err != nil || !strings.Contains(string(out), version) {
		t.Skipf("needs network namespaces and iptables %s: %s %v", version, out, err)
	}
	cmd := exec.Command("unshare", "-n", "bash")
	cmd.Stdin = strings.NewReader(script)
	cmd.Dir = t.TempDir()
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err = cmd.Output()
	require.NoError(t, err, errs.String())
	return out
}

// TestLikeTheRealOne gives random rules to the real iptables and to this one, and
// compares what both have made of them.
func TestLikeTheRealOne(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	for _, v6 := range []bool{false, true} {
		g := lineMaker{rand.New(rand.NewPCG(uint64(len(t.Name())), 5)), v6}
		program := programName(v6, false)
		rs := newFixture(t, v6)
		var script, got strings.Builder
		fmt.Fprintf(&script, "%s-restore <<'EOF'\n%sEOF\n", program, fixture)
		for range 200 {
			line := g.line()
			args, err := words.Split(line)
			require.NoError(t, err)
			require.NoError(t, Run(io.Discard, rs, args[1:]...), line)
			fmt.Fprintf(&script, "%s || echo refused: %s\n", shell(t, line), shell(t, line))
		}
		for _, table := range tables {
			for _, view := range []string{"-S", "-L -n -v -x", "-L -n --line-numbers"} {
				fmt.Fprintf(&script, "%s -t %s %s\n", program, table, view)
				require.NoError(t, Run(&got, rs, append([]string{"-t", table}, strings.Fields(view)...)...))
			}
		}
		want := lines(string(inNamespace(t, script.String())))
		for i, row := range want {
			want[i] = namedProtocol(row)
		}
		require.Equal(t, want, lines(got.String()))
	}
}

// recordScript runs "$@" and prints a recording.
const recordScript = `  b=$1; t=filter; prev=
  for a; do case $prev in -t|--table|--t) t=$a;; esac; case $a in -tnat) t=nat;; esac; prev=$a; done
  echo "$fixture" | $b-restore -c
  show() { $b -t $t -S | grep '^-A'; }
  xlist() { $b -t $t -L -n -v -x | grep -vE '^(Chain| +pkts|$)'; }
  list() { $b -t $t -L | grep -vE '^(Chain|target|$)'; }
  new() { grep -vxF -f "$1"; }
  show 2>/dev/null >s0; xlist 2>/dev/null >x0; list 2>/dev/null >l0
  echo '$ '
  "$@" >o 2>e; echo "= $?"
  sed 's/^/> /' o; sed 's/^/! /' e
  show 2>/dev/null | grep -vxF -f s0 | sed 's/^/S /'
  xlist 2>/dev/null | grep -vxF -f x0 | sed 's/^/x /'
  list 2>/dev/null | grep -vxF -f l0 | sed 's/^/L /'
  return 0`

// shell returns a command for bash.
func shell(t testing.TB, command string) string {
	args, err := words.Split(command)
	require.NoError(t, err, command)
	for i, w := range args {
		args[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
	}
	return strings.Join(args, " ")
}

// protColumn finds the protocol in a row of iptables -L -n: 1.8.9 prints its number
// where older ones, tutorials and this package print its name.
var protColumn = regexp.MustCompile(`^( *(?:\d+[KMGT]? +){0,3}\S*? +!?)(\d+)( +)(--|-f|!f)`)

// numbered returns the recording with names for the protocols of its numeric rows.
func numbered(r recording) recording {
	for _, rows := range []*[]string{&r.exact, &r.stdout} {
		for i, row := range *rows {
			(*rows)[i] = namedProtocol(row)
		}
	}
	return r
}

func namedProtocol(row string) string {
	m := protColumn.FindStringSubmatch(row)
	if m == nil {
		return row
	}
	n, err := strconv.Atoi(m[2])
	if err != nil || n > 255 {
		return row
	}
	return fmt.Sprintf("%s%-4s %s%s", m[1], nat.Protocol{Number: uint8(n)}.String(), m[4], row[len(m[0]):])
}
