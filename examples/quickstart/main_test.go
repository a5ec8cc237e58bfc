package main

import (
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"drydock/sim"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the golden transcript")

const golden = "testdata/transcript.txt"

// TestTranscript runs the example in virtual time and compares all but what
// differs between runs.
func TestTranscript(t *testing.T) {
	simtest.VirtualTime(t, func(t *testing.T) {
		var out strings.Builder
		require.NoError(t, run(t.Context(), &out, sim.WithSeed(1), sim.WithVirtualTime()))
		require.NotContains(t, eth0(out.String()), "packets 0")
		got := mask(out.String())
		if *update {
			require.NoError(t, os.WriteFile(golden, []byte(got), 0o644))
		}
		want, err := os.ReadFile(golden)
		require.NoError(t, err)
		require.Equal(t, string(want), got)
	})
}

// eth0 returns the counters of the two eth0.
func eth0(s string) (counters string) {
	for block := range strings.SplitSeq(s, "\n\n") {
		if strings.Contains(block, "eth0: ") {
			counters += block
		}
	}
	return counters
}

// mask hides what depends on scheduling: the ephemeral port, and how many segments
// carry a page.
func mask(s string) string {
	s = regexp.MustCompile(`(Hello, [0-9.]+):\d+`).ReplaceAllString(s, "$1:PORT")
	return regexp.MustCompile(`packets \d+  bytes \d+ \([^)]*\)`).ReplaceAllString(s, "packets N  bytes N")
}
