package main

import (
	"regexp"
	"strings"
	"testing"

	"drydock/examples/internal/golden"

	"github.com/stretchr/testify/require"
)

// The ephemeral port, and how many segments carry a page, depend on scheduling.
var masks = []golden.Mask{
	{Pattern: regexp.MustCompile(`(Hello, [0-9.]+):\d+`), With: "$1:PORT"},
	{Pattern: regexp.MustCompile(`packets \d+  bytes \d+ \([^)]*\)`), With: "packets N  bytes N"},
}

func TestTranscript(t *testing.T) {
	out := golden.Check(t, run, masks...)
	require.NotContains(t, eth0(out), "packets 0")
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
