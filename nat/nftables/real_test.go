package nftables

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"drydock/nat"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// commandsOf returns the lines of a file of testdata that are commands.
func commandsOf(t testing.TB, name string) (list []string) {
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	for line := range strings.SplitSeq(string(text), "\n") {
		if line != "" && line[0] != '#' {
			list = append(list, line)
		}
	}
	return list
}

// inNamespace runs a script of bash in a network namespace of its own. The test is skipped where there is no such thing
// or no such nft.
func inNamespace(t testing.TB, script string) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	out, err := exec.Command("unshare", "-n", "nft", "--version").Output()
	if err != nil || !strings.Contains(string(out), version) {
		t.Skipf("needs network namespaces and %s: %s %v", version, out, err)
	}
	cmd := exec.Command("unshare", "-n", "bash")
	cmd.Stdin = strings.NewReader(script)
	cmd.Dir = t.TempDir()
	both, err := cmd.CombinedOutput()
	require.NoError(t, err)
	return string(both)
}

// hints are guesses of what was meant, which are not made here.
var hints = regexp.MustCompile(`; did you mean [^?]*\?`)

// handles are numbers, of which the kernel leaves some out where commands fail.
var handles = regexp.MustCompile(`# handle \d+`)

func comparable(s string) string {
	return handles.ReplaceAllString(hints.ReplaceAllString(s, ""), "# handle N")
}

// A recording is what the real nft answered to a command.
type recording struct{ command, answer string }

// String returns the recording as its file has it.
func (r recording) String() string { return "$ nft " + r.command + "\n" + r.answer }

const recordedFile = "testdata/recorded.txt"

func recorded(t testing.TB) (list []recording) {
	text, err := os.ReadFile(recordedFile)
	require.NoError(t, err)
	for _, part := range strings.Split(string(text), "$ nft ")[1:] {
		command, answer, _ := strings.Cut(part, "\n")
		list = append(list, recording{command, answer})
	}
	return list
}

var update = flag.Bool("update", false, "record anew what the real nft answers")

// TestRecorded has the errors of commands, and the rules after them, which the real nft 1.0.6 printed. They run one
// after the other.
func TestRecorded(t *testing.T) {
	t.Parallel()
	tables := nat.New()
	for _, r := range recorded(t) {
		var out bytes.Buffer
		code := 0
		if err := Run(&out, tables.Nft(), nil, split(r.command)...); err != nil {
			out.WriteString(err.Error())
			code = 1
		}
		fmt.Fprintf(&out, "= %d\n", code)
		assert.Equal(t, comparable(r.answer), comparable(out.String()), "nft %s", r.command)
	}
}

// split is what a shell does with quotes.
func split(line string) (args []string) {
	quote, word := byte(0), false
	for i := range len(line) {
		c := line[i]
		switch {
		case quote != 0 && c == quote, quote == 0 && (c == '\'' || c == '"'):
			if word = true; quote == 0 {
				quote = c
				args = append(args, "")
			} else {
				quote = 0
			}
		case quote == 0 && c == ' ':
			word = false
		case !word:
			word = true
			args = append(args, line[i:i+1])
		default:
			args[len(args)-1] += line[i : i+1]
		}
	}
	return args
}

// TestLikeTheRealOne has the real nft answer again. With -update the answers are recorded.
func TestLikeTheRealOne(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	list := recorded(t)
	if *update {
		list = nil
		for _, c := range commandsOf(t, "testdata/commands.txt") {
			list = append(list, recording{command: c})
		}
	}
	var script strings.Builder
	for i, r := range list {
		fmt.Fprintf(&script, "nft %s; echo \"= $?\"; echo '### %d'\n", r.command, i)
	}
	answers := regexp.MustCompile(`### \d+\n`).Split(inNamespace(t, script.String()), -1)
	require.Len(t, answers, len(list)+1)
	var b strings.Builder
	for i, r := range list {
		if !*update {
			assert.Equal(t, r.answer, answers[i], r.command)
		}
		r.answer = answers[i]
		b.WriteString(r.String())
	}
	if *update {
		require.NoError(t, os.WriteFile(recordedFile, []byte(b.String()), 0o666))
	}
}
