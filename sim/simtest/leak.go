package simtest

import (
	"bytes"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"drydock/sim"
)

// checkLeaks fails the test if goroutines of a closed host are left. A goroutine
// that has said that it is done still takes a moment to end.
func checkLeaks(tb testing.TB, m *sim.Machine) {
	tb.Helper()
	var leaked []string
	for wait := time.Millisecond; wait < 5*time.Second; wait *= 2 {
		if leaked = goroutinesOf(m); len(leaked) == 0 {
			return
		}
		time.Sleep(wait)
	}
	tb.Errorf("goroutines outlived host %q, by where they are:\n%s", m.Name(), strings.Join(leaked, "\n\n"))
}

// goroutinesOf returns the groups of the goroutine profile that carry the label of
// m.
func goroutinesOf(m *sim.Machine) []string {
	var profile bytes.Buffer
	pprof.Lookup("goroutine").WriteTo(&profile, 1)
	label := `"drydock.host":"` + m.Label() + `"`
	var found []string
	for group := range strings.SplitSeq(profile.String(), "\n\n") {
		if strings.Contains(group, label) {
			found = append(found, group)
		}
	}
	return found
}
