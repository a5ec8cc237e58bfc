package sim_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"drydock/sim"
	"drydock/sim/dockerapi"
	"drydock/sim/simtest"
	"drydock/sim/tools/command"

	"github.com/stretchr/testify/require"
)

// exits is an image that runs for some time and ends with a status.
func exits(after time.Duration, status int) sim.Image {
	return sim.Image{Name: "app", Main: func(ctx context.Context, _ *sim.Container) error {
		select {
		case <-time.After(after):
			return sim.ExitStatus(status)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}}
}

// TestRestartBackoff: the times between the runs are dockerd's, and begin anew after a run of
// ten seconds.
func TestRestartBackoff(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		s := h.Subscribe(time.Time{})
		defer s.Close()
		var runs atomic.Int32
		c := simtest.Run(t, h, "app", sim.WithRestart("always"), sim.WithImage(sim.Image{Main: func(context.Context, *sim.Container) error {
			if runs.Add(1) == 13 {
				time.Sleep(10 * time.Second)
			}
			return nil
		}}))
		var delays []string
		var died time.Time
		for len(delays) < 15 {
			e, err := s.Next(t.Context())
			require.NoError(t, err)
			switch e.Action {
			case "die":
				died = e.Time
			case "start":
				delays = append(delays, e.Time.Sub(died).String())
			}
		}
		require.Equal(t, strings.Fields("100ms 200ms 400ms 800ms 1.6s 3.2s 6.4s 12.8s 25.6s 51.2s 1m0s 1m0s 100ms 200ms"), delays[1:])
		require.Equal(t, 14, c.Inspect().RestartCount)
	})
}

// TestRestartPolicies: who is started again, and how often.
func TestRestartPolicies(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		policy   string
		status   int
		restarts int // within an hour, with the one that is due
		state    string
	}{
		{"no", 1, 0, "exited"},
		{"", 1, 0, "exited"},
		{"on-failure", 0, 0, "exited"},
		{"on-failure:3", 1, 3, "exited"},
		{"on-failure:1", 137, 1, "exited"},
		{"on-failure", 2, 69, "restarting"},
		{"always", 0, 69, "restarting"},
		{"unless-stopped", 1, 69, "restarting"},
	} {
		t.Run(strings.ReplaceAll(tt.policy, ":", "-"), func(t *testing.T) {
			t.Parallel()
			simtest.VirtualTime(t, func(t *testing.T) {
				h := simtest.NewHost(t)
				c := simtest.Run(t, h, "app", sim.WithRestart(tt.policy), sim.WithImage(exits(0, tt.status)))
				time.Sleep(time.Hour)
				synctest.Wait()
				info := c.Inspect()
				require.Equal(t, tt.state, info.State.Status)
				require.Equal(t, tt.status, info.State.ExitCode)
				require.Equal(t, tt.state == "restarting", info.State.Restarting)
				require.Equal(t, tt.state == "restarting", info.State.Running)
				require.Equal(t, tt.restarts, info.RestartCount)
			})
		})
	}
}

// TestWhileRestarting: what can be done to a container that waits for its restart.
func TestWhileRestarting(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		c := simtest.Run(t, h, "app", sim.WithRestart("always"), sim.WithImage(exits(0, 3)))
		waitLong := func() {
			time.Sleep(time.Hour)
			_, err := c.WaitFor(t.Context(), sim.WaitNextExit)
			require.NoError(t, err)
			time.Sleep(5 * time.Second)
		}
		waitLong()
		require.Equal(t, "Restarting (3) 5 seconds ago", c.Summary().Status)
		require.Equal(t, "restarting", c.Summary().State)
		require.True(t, c.Running())
		require.False(t, c.IP().IsValid())
		require.Empty(t, c.Inspect().NetworkSettings.IPAddress)
		require.NoError(t, c.Start())
		require.True(t, c.State().Restarting, "start does nothing")
		require.EqualError(t, c.Remove(), "You cannot remove a restarting container "+c.ID()+". Stop the container before attempting removal or force remove")
		require.EqualError(t, c.Pause(), "Container "+c.ID()+" is restarting, wait until the container is running")
		require.EqualError(t, c.Exec(t.Context(), "true").Run(), "Container "+c.ID()+" is restarting, wait until the container is running")
		net := simtest.NewNetwork(t, h, "net")
		require.NoError(t, c.Connect(net))

		for what, end := range map[string]func() error{
			"stop":   func() error { return c.Stop(t.Context()) },
			"kill":   c.Kill,
			"signal": func() error { return c.Signal(command.SIGHUP) },
		} {
			code := make(chan int, 1)
			wait := c.PrepareWait(sim.WaitNotRunning)
			go func() {
				status, _ := wait(t.Context())
				code <- status
			}()
			finished := c.State().FinishedAt
			require.NoError(t, end(), what)
			require.Equal(t, 3, <-code)
			time.Sleep(time.Hour)
			s := c.State()
			require.Equal(t, dockerapi.State{Status: "exited", ExitCode: 3, StartedAt: s.StartedAt, FinishedAt: finished}, s, what)
			require.NoError(t, c.Start())
			require.LessOrEqual(t, c.Inspect().RestartCount, 1, "counted anew") // it may have ended already
			waitLong()
		}
		require.NoError(t, c.Restart(t.Context()))
		waitLong()
		require.NoError(t, c.ForceRemove())
		_, ok := h.Container("app")
		require.False(t, ok)
	})
}

// TestNoRestartAfterStop: who is stopped stays so, whatever its status.
func TestNoRestartAfterStop(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		c := simtest.Run(t, h, "app", sim.WithRestart("always"), sim.WithImage(exits(time.Hour, 0)))
		for what, end := range map[string]func() error{
			"stop":   func() error { return c.Stop(t.Context()) },
			"kill":   c.Kill,
			"signal": func() error { return c.Signal(command.SIGINT) },
		} {
			require.NoError(t, end())
			time.Sleep(time.Minute)
			require.Equal(t, "exited", c.State().Status, what)
			require.NoError(t, c.Start())
		}
		asked := sim.Image{StopSignal: "SIGUSR1", Main: exits(time.Hour, 0).Main}
		other := simtest.Run(t, h, "other", sim.WithRestart("always"), sim.WithImage(asked))
		require.NoError(t, other.Signal(command.SIGTERM))
		time.Sleep(time.Minute)
		require.Equal(t, 1, other.Inspect().RestartCount, "another signal than that for a stop")
		unless := simtest.Run(t, h, "unless", sim.WithRestart("unless-stopped"), sim.WithImage(asked))
		require.NoError(t, unless.Signal(command.SIGTERM))
		time.Sleep(time.Minute)
		require.Equal(t, "exited", unless.State().Status, "any signal of a user is a stop to that policy")
		failing := sim.Image{StopSignal: "SIGUSR1", Main: exits(time.Second, 3).Main}
		again := simtest.Run(t, h, "again", sim.WithRestart("unless-stopped"), sim.WithImage(failing))
		time.Sleep(time.Second + time.Millisecond)
		require.True(t, again.State().Restarting)
		require.NoError(t, again.Signal(command.SIGTERM))
		require.True(t, again.State().Restarting, "the restart that is due comes")
		time.Sleep(time.Minute)
		require.Equal(t, "exited", again.State().Status, "and no other one")
		require.Equal(t, 1, again.Inspect().RestartCount)
		require.NoError(t, again.Start())
		time.Sleep(time.Second + time.Millisecond)
		require.True(t, again.State().Restarting, "who starts it forgets the signal")
		require.NoError(t, again.Stop(t.Context()))
	})
}

// TestRestartFails: a container whose restart fails stays where it is.
func TestRestartFails(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		c := simtest.Run(t, h, "app", sim.WithRestart("on-failure"), sim.WithPublish("80:80"), sim.WithImage(exits(time.Minute, 3)))
		wait := c.PrepareWait(sim.WaitNextExit)
		status, err := wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, 3, status)
		l, err := h.Listen(t.Context(), "tcp", ":80")
		require.NoError(t, err)
		defer l.Close()
		time.Sleep(time.Hour)
		s := c.State()
		require.Equal(t, "exited", s.Status)
		require.Equal(t, 3, s.ExitCode)
		require.Contains(t, s.Error, "address already in use")
	})
}

// TestRestartAtClose: a host that closes waits for nobody's restart.
func TestRestartAtClose(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		for _, name := range []string{"first", "second"} {
			simtest.Run(t, h, name, sim.WithRestart("always"), sim.WithImage(exits(0, 1)))
		}
		time.Sleep(time.Hour)
		first, _ := h.Container("first")
		wait := first.PrepareWait(sim.WaitRemoved)
		begin := time.Now()
		require.NoError(t, h.Close())
		require.Zero(t, time.Since(begin))
		for _, wait := range []func(context.Context) (int, error){wait, first.PrepareWait(sim.WaitNextExit)} {
			status, err := wait(t.Context())
			require.NoError(t, err, "nor does anybody wait for a removal")
			require.Equal(t, 1, status)
		}
	})
}

// TestAutoRemove: the container goes when it has exited, however that comes about.
func TestAutoRemove(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		image  sim.Image
		end    func(c *sim.Container) error
		status int
	}{
		{"exits", exits(time.Second, 7), func(c *sim.Container) error { time.Sleep(2 * time.Second); return nil }, 7},
		{"stopped", exits(time.Hour, 0), func(c *sim.Container) error { return c.Stop(context.Background()) }, 143},
		{"killed", exits(time.Hour, 0), (*sim.Container).Kill, 137},
		{"removed", exits(time.Hour, 0), (*sim.Container).ForceRemove, 137},
		{"ends while stopped", sim.Image{Main: deaf}, func(c *sim.Container) error {
			go c.Kill()
			return c.Stop(context.Background())
		}, 137},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			simtest.VirtualTime(t, func(t *testing.T) {
				h := simtest.NewHost(t)
				c := simtest.Run(t, h, "app", sim.WithAutoRemove(), sim.WithImage(tt.image))
				wait, s := c.PrepareWait(sim.WaitRemoved), h.Subscribe(time.Time{})
				defer s.Close()
				require.NoError(t, tt.end(c))
				status, err := wait(t.Context())
				require.NoError(t, err)
				require.Equal(t, tt.status, status)
				_, ok := h.Container("app")
				require.False(t, ok)
				seen := watcher{t, s}.seen()
				require.Contains(t, seen[len(seen)-1], "container destroy")
				simtest.Run(t, h, "app")
			})
		})
	}
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		c := simtest.Run(t, h, "app", sim.WithAutoRemove(), sim.WithImage(exits(time.Hour, 0)))
		require.NoError(t, c.Restart(t.Context()))
		require.True(t, c.Running(), "a restart removes nothing")
		_, err := h.Run("second", sim.WithAutoRemove(), sim.WithLink(c, ""), sim.WithPublish("80:80"))
		require.NoError(t, err)
		third, err := h.Create("third", sim.WithAutoRemove(), sim.WithPublish("80:80"))
		require.NoError(t, err)
		require.Error(t, third.Start())
		_, ok := h.Container("third")
		require.False(t, ok, "nor is one left that cannot be started")
	})
}

// TestWaitFor: each condition in each state.
func TestWaitFor(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		c, err := h.Create("app", sim.WithImage(exits(time.Minute, 4)))
		require.NoError(t, err)
		begin := time.Now()
		results := make(map[string]chan string)
		for _, condition := range []sim.WaitCondition{"", sim.WaitNotRunning, sim.WaitNextExit, sim.WaitRemoved} {
			for _, when := range []string{"created", "running", "exited"} {
				results[when+" "+string(condition)] = make(chan string, 1)
			}
		}
		waitAll := func(when string) {
			for _, condition := range []sim.WaitCondition{"", sim.WaitNotRunning, sim.WaitNextExit, sim.WaitRemoved} {
				wait := c.PrepareWait(condition)
				go func() {
					status, err := wait(t.Context())
					text := time.Since(begin).String()
					if err != nil || status != 0 {
						text += " " + strings.TrimSpace(sim.ExitStatus(status).Error())
					}
					results[when+" "+string(condition)] <- text
				}()
			}
		}
		waitAll("created")
		time.Sleep(time.Second)
		require.NoError(t, c.Start())
		waitAll("running")
		time.Sleep(2 * time.Minute)
		waitAll("exited")
		time.Sleep(time.Second)
		require.NoError(t, c.Start())
		time.Sleep(2 * time.Minute)
		require.NoError(t, c.Remove())
		for what, want := range map[string]string{
			"created ": "0s", "created not-running": "0s", "created next-exit": "1m1s exit status 4", "created removed": "4m2s exit status 4",
			"running ": "1m1s exit status 4", "running not-running": "1m1s exit status 4", "running next-exit": "1m1s exit status 4", "running removed": "4m2s exit status 4",
			"exited ": "2m1s exit status 4", "exited not-running": "2m1s exit status 4", "exited next-exit": "3m2s exit status 4", "exited removed": "4m2s exit status 4",
		} {
			require.Equal(t, want, <-results[what], what)
		}
		for _, condition := range []sim.WaitCondition{sim.WaitNotRunning, sim.WaitNextExit, sim.WaitRemoved} {
			status, err := c.WaitFor(t.Context(), condition)
			require.NoError(t, err, "after the removal")
			require.Equal(t, 4, status)
		}

		other := simtest.Run(t, h, "other")
		_, err = other.WaitFor(t.Context(), "remvoed")
		require.EqualError(t, err, `invalid condition: "remvoed"`)
		require.ErrorIs(t, err, sim.ErrName)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = other.WaitFor(ctx, sim.WaitRemoved)
		require.True(t, errors.Is(err, context.DeadlineExceeded))
	})
}

// TestStopTimeout: how long a stop waits is up to the container, unless the caller says.
func TestStopTimeout(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		image := sim.WithImage(sim.Image{Main: deaf})
		for _, tt := range []struct {
			timeout, ctx, want time.Duration
		}{{10, 0, 10}, {3, 0, 3}, {0, 0, 0}, {3, 30, 30}, {30, 3, 3}, {-1, 60, 60}} {
			seconds := int(tt.timeout)
			c, err := h.CreateSpec("", dockerapi.ContainerCreate{Config: dockerapi.Config{StopTimeout: &seconds}}, image)
			require.NoError(t, err)
			require.NoError(t, c.Start())
			ctx := t.Context()
			if tt.ctx > 0 {
				var cancel func()
				ctx, cancel = context.WithTimeout(ctx, tt.ctx*time.Second)
				defer cancel()
			}
			begin := time.Now()
			require.NoError(t, c.Stop(ctx))
			require.Equal(t, tt.want, time.Since(begin).Truncate(time.Second)/time.Second, "%+v", tt)
		}
	})
}
