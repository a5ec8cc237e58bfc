package iptables

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "record testdata again with the real iptables (as root)")

// eachRecording has a subtest for each file of a pattern, so that -run and -update can name
// one: to record takes a second for each command.
func eachRecording(t *testing.T, pattern string, check func(t *testing.T, want recording)) {
	names, err := filepath.Glob("testdata/" + pattern)
	require.NoError(t, err)
	require.NotEmpty(t, names)
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) {
			t.Parallel()
			updateRecordings(t, name)
			for _, want := range readRecordings(t, name) {
				check(t, want)
			}
		})
	}
}

// updateRecordings runs the commands of a file again.
func updateRecordings(t *testing.T, name string) {
	if !*update {
		return
	}
	var commands []string
	for _, r := range readRecordings(t, name) {
		commands = append(commands, r.command)
	}
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	var b strings.Builder
	for line := range strings.SplitSeq(string(text), "\n") {
		if strings.HasPrefix(line, "#") {
			b.WriteString(line + "\n")
		}
	}
	for _, r := range record(t, commands) {
		b.WriteString(r.String())
	}
	require.NoError(t, os.WriteFile(name, []byte(b.String()), 0o600))
}
