package tooltest

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"drydock/sim/tools/command"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A Step is a command of a transcript and what it printed, with "(exit status N)" at the
// end if that was not 0.
type Step struct{ Line, Output string }

// ReadTranscript reads a file of lines "$ COMMAND", each followed by the output.
func ReadTranscript(t *testing.T, file string) (steps []Step) {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		if command, ok := strings.CutPrefix(line, "$ "); ok {
			steps = append(steps, Step{Line: strings.TrimSuffix(command, "\n")})
			continue
		}
		steps[len(steps)-1].Output += line
	}
	require.NotEmpty(t, steps)
	return steps
}

// Replay runs the commands of a transcript and compares what they print. What varies
// matches one of the patterns, and is replaced by its groups.
func Replay(t *testing.T, file string, table command.Table, call command.Call, varies ...string) {
	t.Helper()
	for _, s := range ReadTranscript(t, file) {
		require.NoError(t, t.Context().Err())
		got := Output(t, table, call, s.Line)
		for _, v := range varies {
			re := regexp.MustCompile(v)
			got, s.Output = re.ReplaceAllString(got, "$1…"), re.ReplaceAllString(s.Output, "$1…")
		}
		assert.Equal(t, s.Output, got, "$ %s", s.Line)
	}
}

// Output runs a line of words and returns what it prints, with its status if it is not 0.
func Output(t *testing.T, table command.Table, call command.Call, line string) string {
	var out bytes.Buffer
	call.Args, call.Stdout, call.Stderr = strings.Fields(line), &out, &out
	if status := table.Run(t.Context(), &call); status != 0 {
		fmt.Fprintf(&out, "(exit status %d)\n", status)
	}
	return out.String()
}
