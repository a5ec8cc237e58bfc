package simtest

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"drydock/sim"

	"github.com/stretchr/testify/require"
)

// A recorder is a test that notes its failures and runs its cleanups when told to.
type recorder struct {
	testing.TB
	failures []string
	logs     []string
	cleanups []func()
}

func (r *recorder) Helper()                   {}
func (r *recorder) Cleanup(fn func())         { r.cleanups = append(r.cleanups, fn) }
func (r *recorder) Error(args ...any)         { r.failures = append(r.failures, fmt.Sprint(args...)) }
func (r *recorder) Errorf(f string, a ...any) { r.failures = append(r.failures, fmt.Sprintf(f, a...)) }
func (r *recorder) Fatal(args ...any)         { r.Error(args...); runtime.Goexit() }
func (r *recorder) Fatalf(f string, a ...any) { r.Errorf(f, a...); runtime.Goexit() }
func (r *recorder) Logf(format string, a ...any) {
	r.logs = append(r.logs, fmt.Sprintf(format, a...))
	r.TB.Logf(format, a...)
}

func (r *recorder) end() {
	for i := len(r.cleanups) - 1; i >= 0; i-- {
		r.cleanups[i]()
	}
}

func TestHostEndsWithTest(t *testing.T) {
	t.Parallel()
	r := &recorder{TB: t}
	h := NewHost(r)
	c := Run(r, h, "web")
	r.end()
	require.Empty(t, r.failures)
	require.False(t, c.Running())
}

// TestLeak leaves a goroutine that the host does not know of but that began in it.
func TestLeak(t *testing.T) {
	VirtualTime(t, func(t *testing.T) {
		r := &recorder{TB: t}
		h := NewHost(r)
		c := Run(r, h, "web")
		release := make(chan struct{})
		defer close(release)
		require.NoError(t, c.Go(func(context.Context) error {
			go leave(release)
			return nil
		}))
		r.end()
		require.Len(t, r.failures, 1)
		require.Contains(t, r.failures[0], `outlived host "docker"`)
		require.Contains(t, r.failures[0], "simtest.leave")
	})
}

func leave(release chan struct{}) { <-release }

// TestLabel checks that a function keeps the label of its host when it makes
// containers, and that who calls the host from elsewhere does not get it.
func TestLabel(t *testing.T) {
	VirtualTime(t, func(t *testing.T) {
		h := NewHost(t)
		c := Run(t, h, "web")
		require.NotContains(t, strings.Join(goroutinesOf(h.Machine), ""), "simtest.TestLabel")
		require.NoError(t, c.Go(func(ctx context.Context) error {
			Run(t, h, "another")
			<-ctx.Done()
			return nil
		}))
		synctest.Wait()
		require.Contains(t, strings.Join(goroutinesOf(h.Machine), ""), "simtest.TestLabel")
	})
}

// SIM_SEED is printed once, and not for a host made WithSeed, of which it decides nothing.
func TestSeedPrinted(t *testing.T) {
	t.Parallel()
	r := &recorder{TB: t}
	defer r.end()
	NewHost(r, sim.WithSeed(7), sim.WithName("fixed"))
	require.Empty(t, r.logs)
	NewHost(r)
	NewMachine(r)
	require.Len(t, r.logs, 1)
	require.Contains(t, r.logs[0], "SIM_SEED=")
}

func TestSeed(t *testing.T) {
	t.Parallel()
	ids := func() string {
		seeds.Lock()
		delete(seeds.of, t.Name()) // as if the test ran again
		seeds.Unlock()
		var ids []string
		for range 2 {
			ids = append(ids, Run(t, NewHost(t), "web").ID())
		}
		return strings.Join(ids, " ")
	}
	first := ids()
	require.Equal(t, first, ids())
	a, b, _ := strings.Cut(first, " ")
	require.NotEqual(t, a, b)
}

func TestVirtualTime(t *testing.T) {
	t.Parallel()
	VirtualTime(t, func(t *testing.T) {
		c := Run(t, NewHost(t), "web")
		start := time.Now()
		_, err := c.Ping(t.Context(), "172.17.0.99", nil)
		require.Error(t, err)
		require.GreaterOrEqual(t, time.Since(start), time.Second)
	})
}
