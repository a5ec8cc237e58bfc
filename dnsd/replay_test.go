package dnsd_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// TestRecordings replays recordings of Docker Engine 20.10.24: what docker did is
// done to zones and resolvers, and what dig printed must be printed, but for ids,
// times and the order of several addresses.
func TestRecordings(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		pool  int // the first default subnet that the recording has
		files []string
	}{
		{18, []string{"names.txt", "aliases.txt", "networks.txt"}},
		{19, []string{"links.txt"}},
		{0, []string{"multihomed.txt"}},
		{18, []string{"upstreams.txt"}},
	} {
		t.Run(tt.files[0], func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDocker(t, tt.pool)
				for _, file := range tt.files {
					replay(t, d, file)
				}
			})
		})
	}
}

func replay(t *testing.T, d *docker, file string) {
	text, err := os.ReadFile(filepath.Join("testdata", file))
	require.NoError(t, err)
	blocks := regexp.MustCompile(`(?m)^(?:\[root@|## upstream)`).Split(string(text), -1)[1:]
	starts := regexp.MustCompile(`(?m)^(?:\[root@|## upstream)`).FindAllString(string(text), -1)
	for i, block := range blocks {
		if starts[i] == "## upstream" {
			var log []string
			for _, q := range d.in.take() {
				log = append(log, "    "+q.String()+"\n")
			}
			require.Equal(t, strings.TrimPrefix(block, "\n"), strings.Join(log, ""), "%s: queries at the upstream", file)
			continue
		}
		host, rest, _ := strings.Cut(block, "]# ")
		command, want, _ := strings.Cut(rest, "\n")
		if host == "docker" {
			d.run(command, strings.TrimSpace(want))
			d.in.take() // a recording begins anew
			continue
		}
		got := ""
		for _, one := range strings.Split(command, "; ") {
			got += dig(t, d.containers[host].resolver, one)
		}
		require.Equal(t, stable(want), stable(got), "%s: %s", file, command)
	}
}

// stable is the output of dig without what differs from run to run.
func stable(out string) string {
	out = regexp.MustCompile(`, id: \d+`).ReplaceAllString(out, ", id: N")
	out = regexp.MustCompile(`;; Query time: \d+ msec`).ReplaceAllString(out, ";; Query time: N msec")
	out = regexp.MustCompile(`;; WHEN: .*`).ReplaceAllString(out, ";; WHEN: …")
	var sorted, run []string
	for line := range strings.Lines(out) {
		if strings.Contains(line, "\tA\t") || regexp.MustCompile(`^[0-9.]+\n$`).MatchString(line) {
			run = append(run, line)
			continue
		}
		slices.Sort(run)
		sorted, run = append(append(sorted, run...), line), nil
	}
	slices.Sort(run)
	return strings.TrimRight(strings.Join(append(sorted, run...), ""), "\n")
}
