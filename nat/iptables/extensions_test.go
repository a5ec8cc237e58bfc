package iptables

import (
	"io"
	"strings"
	"testing"

	"drydock/nat/internal/words"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestExtensionsAsRecorded has what the real iptables makes of the matches and targets, and
// what it says about those that are wrong. Warnings, which do not fail, are not here.
func TestExtensionsAsRecorded(t *testing.T) {
	t.Parallel()
	const name = "testdata/extensions.txt"
	updateRecordings(t, name)
	for _, want := range readRecordings(t, name) {
		if want.code == 0 {
			want.stderr = nil
			assert.Equal(t, numbered(want).String(), numbered(play(t, want.command)).String())
			continue
		}
		args, err := words.Split(want.command)
		require.NoError(t, err)
		err = Run(io.Discard, newFixture(t, args[0] == "ip6tables"), args[1:]...)
		if ce := (*Error)(nil); assert.ErrorAs(t, err, &ce, want.command) {
			assert.Equal(t, strings.Join(want.stderr, "\n"), err.Error(), want.command)
			assert.Equal(t, want.code, ce.ExitCode(), want.command)
		}
	}
}
