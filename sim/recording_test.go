package sim_test

import (
	"cmp"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// A recording is a session with Docker Engine that can be repeated, 20.10.24 without opts. All that it
// printed is compared, but for IDs, of which those that are equal must be equal, and what
// is listed here.
type recording struct {
	file   string
	images []sim.Image
	opts   []sim.HostOption
	// notRepeated are the commands that are not repeated as they are, and why. Those with
	// another command instead have the same effect and are not compared.
	notRepeated []notRepeated
	// sectionsNotRepeated is why parts of it are left out.
	sectionsNotRepeated map[string]string
	// normalize changes texts of both sides before they are compared; nil leaves them.
	normalize func(command, text string) string
}

type notRepeated struct{ command, instead, reason string }

// replay repeats a recording in virtual time.
func (r recording) replay(t *testing.T) {
	skipped := make(map[string]bool)
	simtest.VirtualTime(t, func(t *testing.T) {
		cli := newSession(recordedHost(t, r.images, r.opts...))
		same := newIDs()
		for _, s := range readRecording(t, r.file) {
			if s.newHost {
				time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(time.Second)))
				cli.host, same = recordedHost(t, r.images, r.opts...), newIDs()
			}
			if r.sectionsNotRepeated[s.section] != "" {
				skipped[s.section] = true
				continue
			}
			time.Sleep(s.after)
			command, compare := s.command, !s.uncompared
			for _, n := range r.notRepeated {
				if n.command == command {
					skipped[command] = true
					command, compare = n.instead, false
				}
			}
			if command == "" {
				continue
			}
			// Recordings have lost what is before the newlines of terminals and of runc's messages.
			got, want := strings.ReplaceAll(cli.sh(t, same.toOurs(command)), "\r\n", "\n"), s.printed
			if !compare {
				same.rename(got, want) // for the IDs in it
				continue
			}
			if r.normalize != nil {
				got, want = r.normalize(command, got), r.normalize(command, want)
			}
			if s.sorted {
				got, want = sortLines(same.known(got)), sortLines(want)
			} else {
				got = same.rename(got, want)
			}
			require.Equal(t, want, got, "%s:%d: %s", r.file, s.line, s.command)
		}
	})
	for _, n := range r.notRepeated {
		require.True(t, skipped[n.command], "%s does not occur", n.command)
	}
	for section := range r.sectionsNotRepeated {
		require.True(t, skipped[section], "%s does not occur", section)
	}
}

// recordedHost returns a host with the addresses of the recorded one.
func recordedHost(t *testing.T, images []sim.Image, opts ...sim.HostOption) *sim.Host {
	lan := simtest.NewLAN(t)
	opts = append(opts, sim.WithCommands(recordedPrograms()), sim.WithImages(images...), sim.WithUplink(lan, prefix("172.16.80.10/24")), sim.WithUplink(lan, prefix("fd00:80::10/64")))
	return simtest.NewHost(t, opts...)
}

func sortLines(text string) string {
	lines := strings.Split(text, "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// A recorded is a command line and what it printed.
type recorded struct {
	line             int
	section          string
	newHost          bool          // it is for a new host
	after            time.Duration // how much time passes before it
	uncompared       bool
	sorted           bool // its lines have no order that is repeated
	command, printed string
}

// readRecording reads a file in testdata. Its first lines tell the form.
func readRecording(t *testing.T, file string) (list []recorded) {
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	next := recorded{}
	open := false // whether lines belong to the last command
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	for i, line := range lines {
		mark, rest, _ := strings.Cut(line, " ")
		switch {
		case strings.HasPrefix(line, "[root@docker ~]# "), mark == "#$":
			next.line, next.command, next.uncompared = i+1, strings.TrimPrefix(line, "[root@docker ~]# "), mark == "#$"
			if next.uncompared {
				next.command = rest
			}
			list = append(list, next)
			next, open = recorded{section: next.section}, true
		case mark == "===================":
			next.section, open = rest, false
		case mark == "#@":
			next.after, err = time.ParseDuration(rest)
			require.NoError(t, err)
		case mark == "#!":
			next.newHost, open = true, false
		case mark == "#~":
			next.sorted, open = true, false
		case strings.HasPrefix(line, "##"):
			open = false
		case line == "" && (strings.HasPrefix(lines[i+1], "=") || lines[i+1] == "#!"):
			open = false
		case open:
			list[len(list)-1].printed += line + "\n"
		}
	}
	return list
}

// ids tells which recorded ID each of ours stands for. IDs have 64 or 12 digits.
type ids struct{ recorded, ours map[string]string }

func newIDs() ids { return ids{make(map[string]string), make(map[string]string)} }

var idRE = regexp.MustCompile(`\b[0-9a-f]{12}([0-9a-f]{52})?\b`)

// rename replaces our IDs in a text by the recorded ones. One that was not seen before
// stands for what is in its place in the recorded text, if that was not seen either.
func (s ids) rename(text, recorded string) string {
	theirs := idRE.FindAllString(recorded, -1)
	i := -1
	return idRE.ReplaceAllStringFunc(text, func(id string) string {
		i++
		if i >= len(theirs) || len(id) != len(theirs[i]) {
			return id
		}
		a, b := id[:12], theirs[i][:12]
		if s.recorded[a] == "" && s.ours[b] == "" {
			s.recorded[a], s.ours[b] = b, a
		}
		if s.recorded[a] != b {
			return id
		}
		return theirs[i]
	})
}

// known replaces our IDs by the recorded ones, as far as they are known.
func (s ids) known(text string) string {
	return idRE.ReplaceAllStringFunc(text, func(id string) string { return cmp.Or(s.recorded[id[:12]], id) })
}

// toOurs replaces the recorded IDs in a command by ours.
func (s ids) toOurs(command string) string {
	return idRE.ReplaceAllStringFunc(command, func(id string) string { return s.ours[id[:12]] })
}
