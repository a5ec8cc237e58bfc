package sim_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"drydock/sim"

	"github.com/stretchr/testify/require"
)

// TestFirewallRecorded repeats what was done with Docker Engine 28.5.2 and 29.7.2, and compares the
// rules at each stage, and the processes of the userland proxy.
func TestFirewallRecorded(t *testing.T) {
	t.Parallel()
	for _, release := range []sim.Release{sim.Docker28, sim.Docker29} {
		files, err := filepath.Glob(filepath.Join("testdata", "firewall", string(release), "*.txt"))
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, file := range files {
			t.Run(string(release)+"/"+filepath.Base(file), func(t *testing.T) {
				t.Parallel()
				recording{
					file: file,
					images: []sim.Image{
						{Name: "centos:v1", Cmd: []string{"sh", "/sleep.sh"}, Main: sleeper},
						{Name: "nginx", Cmd: []string{"nginx", "-g", "daemon off;"}, Expose: []string{"80"}, Main: sleeper},
						{Name: "multi", Cmd: []string{"who"}, Expose: []string{"80", "443", "53", "53/udp", "8002-8004", "9000", "132/sctp"}, Main: sleeper},
						{Name: "multip", Cmd: []string{"who"}, Expose: []string{"80", "443", "53", "53/udp", "8002-8004", "9000"}, Main: sleeper},
					},
					opts:      []sim.HostOption{sim.WithEngine(release)},
					normalize: func(_, text string) string { return normalizeRules(text) },
				}.replay(t)
			})
		}
	}
}

// notCompared are parts of listings, and why they are not compared.
var notCompared = []struct {
	part         *regexp.Regexp
	with, reason string
}{
	{regexp.MustCompile(`(?m)^#.*\n`), "", "dates"},
	{regexp.MustCompile(`\[\d+:\d+\]`), "[0:0]", "counters of policies count what the recorded hosts sent otherwise"},
	{regexp.MustCompile(` 0    -- `), " all  -- ", "protocols have names here, as before and after iptables 1.8.9"},
	{regexp.MustCompile(` 1    -- `), " icmp -- ", "the same"},
	{regexp.MustCompile(` 6    -- `), " tcp  -- ", "the same"},
	{regexp.MustCompile(` 17   -- `), " udp  -- ", "the same"},
	{regexp.MustCompile(`(?m)^(Chain \S+ \(policy \S+) .*\)$`), "$1)", "the same"},
}

func normalizeRules(text string) string {
	for _, n := range notCompared {
		text = n.part.ReplaceAllString(text, n.with)
	}
	return strings.TrimRight(text, "\n") + "\n"
}
