package sim_test

import (
	"testing"

	"drydock/sim"
	"drydock/sim/simtest"
)

// recordedReleases are those of which there are recordings, the oldest first. Tables of what Docker does
// are tried with each.
var recordedReleases = []sim.Release{sim.Docker20, sim.Docker28, sim.Docker29}

// eachRelease runs a test with each release, in virtual time.
func eachRelease(t *testing.T, fn func(t *testing.T, release sim.Release)) {
	t.Helper()
	t.Parallel()
	for _, release := range recordedReleases {
		t.Run(string(release), func(t *testing.T) {
			t.Parallel()
			simtest.VirtualTime(t, func(t *testing.T) { fn(t, release) })
		})
	}
}

// A since is what a table expects of releases from one on. Where it is left out they do as the others.
type since map[sim.Release]string

// of returns what is expected of a release: want, or what the newest release that is not after it
// changed.
func (s since) of(release sim.Release, want string) string {
	for _, r := range recordedReleases {
		if changed, ok := s[r]; ok {
			want = changed
		}
		if r == release {
			break
		}
	}
	return want
}
