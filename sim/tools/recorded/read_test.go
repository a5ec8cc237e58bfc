package recorded

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"drydock/sim"

	"github.com/stretchr/testify/require"
)

// A step is a command of a recording and what it printed.
type step struct {
	line    int    // of the prompt in the file, from 1 on
	section string // under which it stands
	note    string // that stands right before it
	where   string // "docker", a container, or "outside-172.16.80.47"
	command string
	printed []string
}

var promptRE = regexp.MustCompile(`^\[root@(\S+) [/~]\]# ?(.*)$`)

// atTimes are lines that Docker's client prints at times, when a container did not start.
var atTimes = re(`^time="[^"]+" level=error msg="error waiting for container: `)

// eachAlone are prompts of scripts that put an empty line before each.
var eachAlone = re(`^\[root@docker ~\]# docker run -d --name pp `)

// text returns what a file has.
func text(t *testing.T, file string) string {
	t.Helper()
	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	b, err := io.ReadAll(z)
	require.NoError(t, err)
	return string(b)
}

// gatewayForwards tells whether the LAN's gateway forwarded: in the first recordings of 28 and 29 it
// did not, and the others note that.
func gatewayForwards(t *testing.T, release sim.Release, session string) bool {
	return release == sim.Docker20 || strings.Contains(text(t, file(release, session)), "forward as in 20.10")
}

// readSession returns the steps of a file.
func readSession(t *testing.T, file string) (list []step) {
	t.Helper()
	var section, note string
	open := false // whether lines belong to the last command
	lines := strings.Split(strings.TrimSuffix(text(t, file), "\n"), "\n")
	for i, line := range lines {
		m := promptRE.FindStringSubmatch(line)
		switch {
		case m != nil:
			list = append(list, step{line: i + 1, section: section, note: note, where: m[1], command: m[2]})
			note, open = "", true
		case strings.HasPrefix(line, "====="):
			section, note, open = strings.TrimSpace(strings.TrimLeft(line, "=")), "", false
		case strings.HasPrefix(line, "## upstream DNS ("):
			list = append(list, step{line: i + 1, section: section, where: upstream, command: "log since mark"})
			note, open = "", true
		case strings.HasPrefix(line, "## "), strings.HasPrefix(line, "#### "):
			note, open = strings.TrimPrefix(line, "## "), i+1 < len(lines) && strings.HasPrefix(lines[i+1], "(exit status ")
		case line == "" && i+1 < len(lines) && strings.HasPrefix(lines[i+1], "====="):
			open = false
		case line == "" && i+1 < len(lines) && eachAlone.MatchString(lines[i+1]):
			open = false
		case open && !atTimes.MatchString(line):
			list[len(list)-1].printed = append(list[len(list)-1].printed, strings.TrimSuffix(line, "\r"))
		}
	}
	return list
}

var releases = []sim.Release{sim.Docker20, sim.Docker28, sim.Docker29}

func file(r sim.Release, session string) string {
	return filepath.Join("testdata", string(r), session+".txt.gz")
}

// sessions returns the recordings of a release by name, without ".txt.gz".
func sessions(t *testing.T, release string) (names []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", release, "*.txt.gz"))
	require.NoError(t, err)
	for _, f := range files {
		names = append(names, strings.TrimSuffix(filepath.Base(f), ".txt.gz"))
	}
	return names
}
