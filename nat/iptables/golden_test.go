package iptables

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "record testdata again with the real iptables (as root)")

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
