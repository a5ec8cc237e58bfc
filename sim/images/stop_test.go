package images_test

import (
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/images"
	"drydock/sim/simtest"
	"drydock/sim/tools/command"

	"github.com/stretchr/testify/require"
)

// TestWebappStops: python 2.7 is the first process of its namespace and catches SIGINT alone, so that
// "docker stop" kills it after ten seconds.
func TestWebappStops(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		web := simtest.Run(t, h, "web", sim.WithImage(images.Webapp()))
		time.Sleep(time.Second)
		begun := time.Now()
		require.NoError(t, web.Stop(t.Context()))
		require.Equal(t, 10*time.Second, time.Since(begun))
		require.Equal(t, 137, web.State().ExitCode)
		require.NoError(t, web.Start())
		time.Sleep(time.Second)
		require.NoError(t, web.Signal(command.SIGINT))
		time.Sleep(time.Second)
		require.Equal(t, 0, web.State().ExitCode)
		require.False(t, web.Running())
	})
}
