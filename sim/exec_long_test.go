package sim_test

import (
	"context"
	"strings"
	"syscall"
	"testing"

	"drydock/sim"
	"drydock/sim/dockerapi"
	"drydock/sim/simtest"
	"drydock/sim/tools/command"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What execve refuses for its length is not started, and what waits to be started is bounded.
func TestExecTooLong(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		quiet := command.Table{"true": func(context.Context, *command.Call) int { return 0 }}
		host := simtest.NewHost(t, sim.WithCommands(quiet))
		box := simtest.Run(t, host, "box")
		for _, tt := range []struct {
			name string
			args []string
			ok   bool
		}{
			{"one string", []string{strings.Repeat("x", 128<<10-1)}, true},
			{"one string too long", []string{strings.Repeat("x", 128<<10)}, false},
			{"many", strings.Split(strings.Repeat("x ", 200_000), " "), true},
			{"too many", strings.Split(strings.Repeat("x ", 220_000), " "), false},
		} {
			for where, ns := range map[string]*sim.Netns{"exec true": &box.Netns, "fork/exec true": &host.Netns} {
				err := ns.Exec(t.Context(), "true", tt.args...).Run()
				if tt.ok {
					assert.NoError(t, err, tt.name)
					continue
				}
				assert.ErrorIs(t, err, syscall.E2BIG, tt.name)
				assert.ErrorIs(t, err, sim.ErrNoProgram, tt.name)
				assert.ErrorContains(t, err, where+": argument list too long", tt.name)
			}
		}

		held := 0
		for err := error(nil); err == nil; held++ {
			require.Less(t, held, 20)
			_, err = box.CreateExec(dockerapi.ExecCreate{Cmd: []string{"true", strings.Repeat("x", 4<<20)}})
		}
		_, err := box.CreateExec(dockerapi.ExecCreate{Cmd: []string{"true", strings.Repeat("x", 4<<20)}})
		assert.ErrorContains(t, err, "too many exec instances")
		require.NoError(t, box.Restart(context.Background()))
		_, err = box.CreateExec(dockerapi.ExecCreate{Cmd: []string{"true"}})
		assert.NoError(t, err)
	})
}
