package sim_test

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/simtest"
	"drydock/sim/tools/command"

	"github.com/stretchr/testify/require"
)

// TestPause: the kernel of a paused container goes on, its programs do not.
func TestPause(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		n := simtest.NewNetwork(t, h, "net")
		web := simtest.Run(t, h, "web", sim.WithNetwork(n), sim.WithImage(sim.Image{Main: serve}), sim.WithPublish("8080:80"))
		cli := simtest.Run(t, h, "cli", sim.WithNetwork(n))
		require.NoError(t, web.WaitListening(t.Context(), "80"))
		require.NoError(t, web.Pause())
		require.Equal(t, "paused", web.State().Status)
		require.True(t, web.Running())
		require.Equal(t, "[172.18.0.2]", lookup(t, cli, "web"))
		require.Equal(t, "172.18.0.2 ttl=64", pinged(t, cli, "172.18.0.2"))

		conn, err := cli.DialContext(t.Context(), "tcp", "web:80")
		require.NoError(t, err, "the kernel accepts")
		_, err = io.WriteString(conn, "GET / HTTP/1.0\r\n\r\n")
		require.NoError(t, err, "and takes data")
		conn.SetReadDeadline(time.Now().Add(time.Hour))
		_, err = conn.Read(make([]byte, 1))
		require.Error(t, err, "but nobody answers")
		require.NotEmpty(t, web.Ports())

		require.NoError(t, web.Unpause())
		conn.SetReadDeadline(time.Time{})
		answer, err := io.ReadAll(conn)
		require.NoError(t, err)
		require.Contains(t, string(answer), "200 OK")
	})
}

// TestPauseStates: what becomes of paused containers, and what is refused.
func TestPauseStates(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		c, err := h.Create("dup", sim.WithImage(sim.Image{Main: serve}))
		require.NoError(t, err)
		refused := func(err, want error, text string) {
			t.Helper()
			require.ErrorIs(t, err, want)
			require.EqualError(t, err, text)
		}
		refused(c.Pause(), sim.ErrNotRunning, "Container "+c.ID()+" is not running")
		refused(c.Unpause(), sim.ErrNotPaused, "Container "+c.ID()+" is not paused")
		require.NoError(t, c.Start())
		refused(c.Unpause(), sim.ErrNotPaused, "Container "+c.ID()+" is not paused")
		for _, end := range []func() error{
			func() error { return c.Stop(t.Context()) },
			c.Kill,
			func() error { return c.Restart(t.Context()) },
			c.ForceRemove,
		} {
			require.NoError(t, c.Start())
			require.NoError(t, c.Pause())
			refused(c.Pause(), sim.ErrPaused, "Container "+c.ID()+" is already paused")
			refused(c.Go(func(context.Context) error { return nil }), sim.ErrPaused, "Container dup is paused, unpause the container before exec")
			refused(c.Start(), sim.ErrPaused, "cannot start a paused container, try unpause instead")
			refused(c.Remove(), sim.ErrRunning, "You cannot remove a paused container "+c.ID()+
				". Unpause and then stop the container before attempting removal or force remove")
			require.NoError(t, end())
			require.False(t, c.State().Paused)
		}
		refused(c.Pause(), sim.ErrNotFound, "No such container: dup")
		refused(c.Unpause(), sim.ErrNotFound, "No such container: dup")
		refused(c.Rename("other"), sim.ErrNotFound, "No such container: dup")
	})
}

// TestSignalPaused: a signal that stops the container has it go on; others wait until it does.
func TestSignalPaused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		stopSignal string
		signal     command.Signal
		goesOn     bool
		events     []string
	}{
		{"", command.SIGTERM, true, []string{"kill", "unpause", "die", "disconnect"}},
		{"", command.SIGHUP, true, []string{"kill", "unpause", "die", "disconnect"}},
		{"", command.SIGWINCH, true, []string{"kill", "unpause"}},
		{"SIGQUIT", command.SIGQUIT, true, []string{"kill", "unpause", "die", "disconnect"}},
		{"SIGQUIT", command.SIGTERM, false, []string{"kill"}},
		{"SIGQUIT", command.SIGKILL, true, []string{"kill", "unpause", "die", "disconnect"}},
	} {
		for _, image := range []sim.Image{{}, {Main: serve}, {Cmd: []string{"serve"}, Commands: programs}} {
			simtest.VirtualTime(t, func(t *testing.T) {
				h := simtest.NewHost(t)
				image.StopSignal = tt.stopSignal
				c := simtest.Run(t, h, "web", sim.WithImage(image))
				require.NoError(t, c.Pause())
				s := watch(t, h)
				actions := func() (list []string) {
					for _, line := range s.seen() {
						list = append(list, strings.Fields(line)[1])
					}
					return list
				}
				require.NoError(t, c.Signal(tt.signal))
				time.Sleep(time.Second)
				require.Equal(t, tt.events, actions(), tt)
				if tt.goesOn {
					return
				}
				require.Equal(t, "paused", c.State().Status)
				require.NoError(t, c.Unpause())
				time.Sleep(time.Second)
				require.Equal(t, []string{"unpause", "die", "disconnect"}, actions(), tt)
			})
		}
	}
}
