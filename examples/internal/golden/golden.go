// Package golden compares what the examples print with files.
package golden

import (
	"context"
	"flag"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"drydock/sim"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// A Mask hides what differs between runs.
type Mask struct {
	Pattern *regexp.Regexp
	With    string
}

// Check runs an example in virtual time, compares all but what the masks hide with
// testdata/transcript.txt, and returns what it printed.
func Check(t *testing.T, run func(ctx context.Context, out io.Writer, opts ...sim.MachineOption) error, masks ...Mask) string {
	var out strings.Builder
	simtest.VirtualTime(t, func(t *testing.T) {
		require.NoError(t, run(t.Context(), &out, sim.WithSeed(1), sim.WithVirtualTime()))
	})
	got := out.String()
	for _, m := range masks {
		got = m.Pattern.ReplaceAllString(got, m.With)
	}
	File(t, "testdata/transcript.txt", got)
	return out.String()
}

// File compares a text with a file.
func File(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}
