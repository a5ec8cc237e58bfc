package sim_test

import (
	"context"
	"log/slog"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"drydock/sim"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// TestWaitForTheRest: who begins to wait while a stopped container waits for its
// functions waits for them too.
func TestWaitForTheRest(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t, sim.WithLogger(slog.New(slog.DiscardHandler)))
		c := simtest.Run(t, h, "job")
		require.NoError(t, c.Go(func(context.Context) error { time.Sleep(time.Minute); return nil }))
		start := time.Now()
		go c.Stop(context.Background())
		time.Sleep(20 * time.Second)
		require.Equal(t, "exited", c.State().Status)

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := c.Wait(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		code, err := c.Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, 137, code)
		require.Equal(t, time.Minute, time.Since(start))

		code, err = c.Wait(ctx)
		require.NoError(t, err, "nothing to wait for")
		require.Equal(t, 137, code)
	})
}

// TestKillDuringStart: a container that is killed before its main function begins does
// not begin it.
func TestKillDuringStart(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		var c *sim.Container
		killed := make(chan error, 1)
		logged := 0
		h := simtest.NewHost(t, sim.WithLogger(slog.New(handler(func() {
			if logged++; logged == 1 { // it is running but for that
				go func() { killed <- c.Kill() }()
				synctest.Wait()
			}
		}))))
		c, err := h.Create("job", sim.WithImage(sim.Image{Main: func(context.Context, *sim.Container) error {
			t.Error("a killed container goes on")
			return nil
		}}))
		require.NoError(t, err)
		require.NoError(t, c.Start())
		require.NoError(t, <-killed)
		require.Equal(t, 137, c.State().ExitCode)
	})
}

// TestMainFailNow has a main function that ends its goroutine. It is not waited for.
func TestMainFailNow(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		c := simtest.Run(t, h, "job", sim.WithImage(sim.Image{Main: func(context.Context, *sim.Container) error {
			runtime.Goexit()
			return nil
		}}))
		start := time.Now()
		require.NoError(t, c.Stop(t.Context()))
		require.Less(t, time.Since(start), time.Second)
		require.Equal(t, 137, c.State().ExitCode)
	})
}
