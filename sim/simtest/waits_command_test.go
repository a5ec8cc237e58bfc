package simtest

import (
	"context"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"drydock/sim"
	"drydock/sim/internal/bubble"
	"drydock/sim/tools/command"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestCommandsAreTold: of a bubble that stands still it is told which commands wait, and where.
func TestCommandsAreTold(t *testing.T) {
	VirtualTime(t, func(t *testing.T) {
		host := NewHost(t, sim.WithCommands(command.Table{"wait": func(ctx context.Context, _ *command.Call) int {
			<-ctx.Done()
			return 0
		}}))
		web := Run(t, host, "web")
		cmd := web.Exec(t.Context(), "wait", "-c", "1")
		cmd.Stdout = io.Discard
		require.NoError(t, cmd.Start())
		synctest.Wait()
		assert.Contains(t, plights(bubble.Current(), false), "simtest: wait -c 1 in web\n")
		require.NoError(t, web.Kill())
		cmd.Wait()
		time.Sleep(time.Second)
		assert.NotContains(t, plights(bubble.Current(), false), "wait -c 1")
	})
}
