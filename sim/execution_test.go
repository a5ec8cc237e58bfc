package sim_test

import (
	"strings"
	"testing"

	"drydock/sim"
	"drydock/sim/dockerapi"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// TestExecEvents: what Go runs in a container is told as what docker exec does.
func TestExecEvents(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		c := simtest.Run(t, h, "web", sim.WithImage(small))
		s := watch(t, h)
		actions := func() (list []string) {
			for _, line := range s.seen() {
				action, _, _ := strings.Cut(strings.TrimPrefix(line, "container "), " "+c.ID())
				_, code, ok := strings.Cut(line, "exitCode=")
				if ok {
					action += " " + code[:1]
				}
				list = append(list, action)
			}
			return list
		}
		require.NoError(t, c.Exec(t.Context(), "true", "a", "b").Run())
		require.Equal(t, []string{"exec_create: true a b", "exec_start: true a b", "exec_die 0"}, actions())
		require.Error(t, c.Exec(t.Context(), "exit").Run())
		require.Equal(t, []string{"exec_create: exit ", "exec_start: exit ", "exec_die 3"}, actions())
		require.ErrorIs(t, c.Exec(t.Context(), "nosuch").Run(), sim.ErrNoProgram)
		require.Equal(t, []string{"exec_create: nosuch ", "exec_start: nosuch "}, actions())

		cmd := c.Exec(t.Context(), "sleep")
		require.NoError(t, cmd.Start())
		ids := c.Inspect().ExecIDs
		require.Len(t, ids, 1)
		x, ok := h.Execution(ids[0])
		require.True(t, ok)
		told := x.Inspect()
		require.True(t, told.Running)
		require.Equal(t, c.State().Pid+cmd.PID()-1, told.Pid)
		cmd.Signal(9)
		require.Error(t, cmd.Wait())
		<-x.Done()
		require.Nil(t, c.Inspect().ExecIDs)
		_, ok = h.Execution(ids[0])
		require.False(t, ok, "nobody asks for it any more")
	})
}

// TestCreateExec makes executions that others start by their ID.
func TestCreateExec(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	c := simtest.Run(t, h, "web", sim.WithImage(small))
	x, err := c.CreateExec(dockerapi.ExecCreate{Cmd: []string{"exit"}, User: "1:2"})
	require.NoError(t, err)
	require.Equal(t, []string{x.ID()}, c.Inspect().ExecIDs)
	found, ok := h.Execution(x.ID())
	require.True(t, ok)
	require.NoError(t, found.Check())
	require.NoError(t, found.Start(sim.Streams{}))
	<-x.Done()
	require.EqualError(t, x.Start(sim.Streams{}), "Error: Exec command "+x.ID()+" has already run")
	told := x.Inspect()
	require.Equal(t, 3, *told.ExitCode)
	require.Equal(t, "1:2", told.ProcessConfig.User)
	_, err = c.CreateExec(dockerapi.ExecCreate{})
	require.EqualError(t, err, "No exec command specified")
	idle, err := c.CreateExec(dockerapi.ExecCreate{Cmd: []string{"true"}})
	require.NoError(t, err)
	require.NoError(t, c.Kill())
	require.EqualError(t, idle.Check(), "Container "+c.ID()+" is not running: exited")
	_, err = c.CreateExec(dockerapi.ExecCreate{Cmd: []string{"true"}})
	require.ErrorIs(t, err, sim.ErrNotRunning)
	require.NoError(t, c.Remove())
	_, ok = h.Execution(x.ID())
	require.False(t, ok)
}
