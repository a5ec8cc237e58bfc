package main

import (
	"strings"
	"sync"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// A display is what all terminals of a tutorial show.
type display struct {
	mu   sync.Mutex
	text strings.Builder // +checklocks:mu
}

func (d *display) Write(b []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.text.Write(b)
}

func (d *display) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.text.String()
}

// TestTutorials plays each tutorial in virtual time.
func TestTutorials(t *testing.T) {
	for _, name := range names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.NotEmpty(t, title(name))
			dir := t.TempDir()
			var shown display
			simtest.VirtualTime(t, func(t *testing.T) {
				file, err := extract(dir, name)
				require.NoError(t, err)
				p := &player{out: &shown, virtual: true, opts: []sim.MachineOption{sim.WithSeed(1)}}
				started := time.Now()
				err = runScript(p.params(file))
				t.Logf("%v of virtual time", time.Since(started))
				require.NoError(t, err, "%s", &shown)
			})
		})
	}
}
