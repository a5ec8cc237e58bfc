package sim_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"drydock/sim"
	"drydock/sim/dockerapi"
	"drydock/sim/simtest"
	"drydock/sim/tools/command"

	"github.com/stretchr/testify/require"
)

// programs are what a small image has.
var programs = command.Table{
	"true": func(context.Context, *command.Call) int { return 0 },
	"exit": func(context.Context, *command.Call) int { return 3 },
	"env": func(_ context.Context, c *command.Call) int {
		c.Printf("%s\n%s\n", c.Dir, strings.Join(c.Env, "\n"))
		return 0
	},
	"cat": func(ctx context.Context, c *command.Call) int {
		if _, err := io.Copy(c.Stdout, c.Stdin); err != nil {
			return command.Interrupted(ctx)
		}
		return 0
	},
	"sleep": command.Uncaught(func(ctx context.Context, c *command.Call) int {
		c.Printf("zzz\n")
		<-ctx.Done()
		return command.Interrupted(ctx)
	}),
	"serve": func(ctx context.Context, c *command.Call) int {
		c.Printf("up\n")
		c.Errorf("warning\n")
		<-ctx.Done()
		c.Printf("down\n")
		return 0
	},
	"tty": func(_ context.Context, c *command.Call) int {
		t := command.TerminalOf(c.Stdin)
		if t == nil {
			c.Printf("not a tty\n")
			return 1
		}
		rows, columns := t.Size()
		c.Printf("%d %d\n", rows, columns)
		return 0
	},
}

var small = sim.Image{Name: "small", Cmd: []string{"serve"}, Commands: programs, WorkingDir: "/srv"}

// TestExec has what os/exec has: streams, status, environment, and what cannot start.
func TestExec(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		ctx := t.Context()
		h := simtest.NewHost(t, sim.WithCommands(programs))
		c, err := h.Run("web", sim.WithImage(small), sim.WithEnv("A=1"))
		require.NoError(t, err)

		require.NoError(t, c.Exec(ctx, "true").Run())
		require.NoError(t, c.Exec(ctx, "/usr/bin/true").Run())
		require.Equal(t, sim.ExitStatus(3), c.Exec(ctx, "exit").Run())
		cmd := c.Exec(ctx, "env")
		cmd.Env = []string{"B=2"}
		out, err := cmd.Output()
		require.NoError(t, err)
		env := c.Env()
		require.Equal(t, "/srv\n"+strings.Join(slices.Insert(env, len(env)-1, "B=2"), "\n")+"\n", string(out), "HOME is last")
		cmd = c.Exec(ctx, "cat")
		cmd.Stdin = strings.NewReader("in and out")
		out, err = cmd.CombinedOutput()
		require.NoError(t, err)
		require.Equal(t, "in and out", string(out))
		out, err = h.Exec(ctx, "env").Output()
		require.NoError(t, err)
		require.Contains(t, string(out), "/root\nPATH=")

		for name, want := range map[string]string{
			"nosuch": `OCI runtime exec failed: exec failed: unable to start container process: exec: "nosuch": executable file not found in $PATH: unknown`,
			"/x":     `OCI runtime exec failed: exec failed: unable to start container process: exec: "/x": stat /x: no such file or directory: unknown`,
			"":       `OCI runtime exec failed: exec failed: unable to start container process: exec: "": executable file not found in $PATH: unknown`,
		} {
			err := c.Exec(ctx, name).Run()
			require.EqualError(t, err, want)
			require.ErrorIs(t, err, sim.ErrNoProgram)
		}
		require.ErrorIs(t, c.Exec(ctx, "nosuch").Run(), fs.ErrNotExist)
		for name, want := range map[string]string{
			"nosuch": `exec: "nosuch": executable file not found in $PATH`, "/x": "fork/exec /x: no such file or directory", "": "exec: no command",
			"/etc/passwd": "fork/exec /etc/passwd: permission denied",
		} {
			err := h.Exec(ctx, name).Run()
			require.EqualError(t, err, want, "a machine knows nothing of Docker")
			require.ErrorIs(t, err, sim.ErrNoProgram)
		}
		require.NoError(t, c.Pause())
		require.ErrorIs(t, c.Exec(ctx, "true").Run(), sim.ErrPaused)
		require.NoError(t, c.Stop(ctx))
		require.ErrorIs(t, c.Exec(ctx, "true").Run(), sim.ErrNotRunning)
	})
}

// TestExecMisused has calls out of order, which os/exec refuses, too.
func TestExecMisused(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t, sim.WithCommands(programs))
		c := simtest.Run(t, h, "web", sim.WithImage(small))
		for _, ns := range []*sim.Netns{&c.Netns, &h.Netns} {
			cmd := ns.Exec(t.Context(), "true")
			require.Zero(t, cmd.PID())
			require.EqualError(t, cmd.Signal(command.SIGTERM), "exec: not started")
			require.EqualError(t, cmd.Wait(), "exec: not started")
			require.NoError(t, cmd.Run())
			require.EqualError(t, cmd.Start(), "exec: already started")
			require.ErrorIs(t, cmd.Signal(command.SIGTERM), os.ErrProcessDone)

			cmd = ns.Exec(t.Context(), "true")
			cmd.Stdout = io.Discard
			for _, output := range []func() ([]byte, error){cmd.Output, cmd.CombinedOutput} {
				_, err := output()
				require.EqualError(t, err, "exec: Stdout already set")
			}
			cmd.Stdout, cmd.Stderr = nil, io.Discard
			_, err := cmd.CombinedOutput()
			require.EqualError(t, err, "exec: Stderr already set")

			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			cmd = ns.Exec(ctx, "true")
			require.ErrorIs(t, cmd.Run(), context.Canceled)
			require.EqualError(t, cmd.Wait(), "exec: not started")

			cmd = ns.Exec(t.Context(), "nosuch")
			require.ErrorIs(t, cmd.Start(), sim.ErrNoProgram)
			require.EqualError(t, cmd.Wait(), "exec: not started")
			cmd.Args[0] = "true"
			require.NoError(t, cmd.Run(), "another try")
		}
	})
}

// TestExecWhileStopping: a command that comes when the container is being stopped does nothing.
func TestExecWhileStopping(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		ran := false
		commands := programs.With(command.Table{"touch": func(context.Context, *command.Call) int { ran = true; return 0 }})
		h := simtest.NewHost(t)
		c := simtest.Run(t, h, "web", sim.WithImage(sim.Image{Cmd: []string{"sleep"}, Commands: commands}))
		synctest.Wait()
		stopped := make(chan error, 1)
		go func() { stopped <- c.Stop(t.Context()) }()
		synctest.Wait()
		require.True(t, c.Running(), "it ignores SIGTERM")
		before := len(c.Processes().List())
		cmd := c.Exec(t.Context(), "touch")
		require.ErrorIs(t, cmd.Start(), sim.ErrNotRunning)
		require.EqualError(t, cmd.Wait(), "exec: not started")
		require.False(t, ran)
		require.Len(t, c.Processes().List(), before)
		require.NoError(t, <-stopped)
	})
}

// TestExecSockets: what a command has opened is closed when it has ended, and its port free.
func TestExecSockets(t *testing.T) {
	t.Parallel()
	listen := func(leave bool) command.Func {
		return func(ctx context.Context, c *command.Call) int {
			l, err := c.Machine.Listen(ctx, "tcp", ":80")
			if err != nil {
				return c.Fail(1, "%v\n", err)
			}
			if _, err := c.Machine.ListenPacket(ctx, "udp", ":53"); err != nil {
				return c.Fail(1, "%v\n", err)
			}
			if leave {
				return 0
			}
			context.AfterFunc(ctx, func() { l.Close() })
			l.Accept()
			return command.Interrupted(ctx)
		}
	}
	commands := command.Table{"leave": listen(true), "serve": listen(false), "sleep": programs["sleep"]}
	h := simtest.NewHost(t, sim.WithCommands(commands))
	c := simtest.Run(t, h, "web", sim.WithImage(sim.Image{Cmd: []string{"sleep"}, Commands: commands}))
	for _, ns := range []*sim.Netns{&c.Netns, &h.Netns} {
		opened := len(ns.Sockets())
		for range 200 {
			out, err := ns.Exec(t.Context(), "leave").CombinedOutput()
			require.NoError(t, err, string(out))
			cmd := ns.Exec(t.Context(), "serve")
			require.NoError(t, cmd.Start())
			for len(ns.Sockets()) < opened+2 {
				time.Sleep(time.Microsecond)
			}
			require.NoError(t, cmd.Signal(command.SIGKILL))
			require.Equal(t, sim.ExitStatus(137), cmd.Wait())
			require.Len(t, ns.Sockets(), opened)
		}
	}
}

// TestExecEnds ends commands by a signal, by their context and with their container.
func TestExecEnds(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		c, err := h.Run("web", sim.WithImage(small))
		require.NoError(t, err)
		start := func(ctx context.Context, name string) *sim.Cmd {
			cmd := c.Exec(ctx, name)
			cmd.Stdin = command.NewPipe()
			require.NoError(t, cmd.Start())
			synctest.Wait()
			return cmd
		}
		cmd := start(t.Context(), "sleep")
		require.Equal(t, 2, cmd.PID())
		require.Len(t, c.Processes().List(), 2)
		cmd.Signal(command.SIGTERM)
		require.Equal(t, sim.ExitStatus(143), cmd.Wait())

		ctx, cancel := context.WithCancel(t.Context())
		cmd = start(ctx, "cat")
		cancel()
		require.Equal(t, sim.ExitStatus(137), cmd.Wait())

		cmd = start(t.Context(), "cat")
		before := time.Now()
		require.NoError(t, c.Stop(t.Context()))
		require.Equal(t, sim.ExitStatus(137), cmd.Wait())
		require.Less(t, time.Since(before), time.Second)
		code, err := c.Wait(t.Context())
		require.NoError(t, err)
		require.Zero(t, code)
		require.Nil(t, c.Processes())
	})
}

// TestExecTTY types to a command.
// TestStuckOutput has commands whose output nobody takes: they write what fits, and the
// container can be killed.
func TestStuckOutput(t *testing.T) {
	t.Parallel()
	yes := func(_ context.Context, c *command.Call) int {
		for {
			if _, err := c.Stdout.Write(make([]byte, 4096)); err != nil {
				return command.Killed
			}
		}
	}
	image := sim.Image{Name: "yes", Cmd: []string{"yes"}, Commands: command.Table{"yes": yes, "sleep": programs["sleep"]}}
	for _, tty := range []bool{false, true} {
		t.Run(fmt.Sprintf("exec tty=%v", tty), func(t *testing.T) {
			simtest.VirtualTime(t, func(t *testing.T) {
				box := simtest.Run(t, simtest.NewHost(t), "box", sim.WithImage(image), sim.WithCommand("sleep"))
				r, w := io.Pipe()
				cmd := box.Exec(t.Context(), "yes")
				cmd.Stdout, cmd.TTY = w, tty
				require.NoError(t, cmd.Start())
				synctest.Wait()
				require.NoError(t, box.Kill())
				require.NoError(t, r.Close())
				require.Equal(t, sim.ExitStatus(command.Killed), cmd.Wait())
			})
		})
		t.Run(fmt.Sprintf("attach tty=%v", tty), func(t *testing.T) {
			simtest.VirtualTime(t, func(t *testing.T) {
				box, err := simtest.NewHost(t).CreateSpec("box", dockerapi.ContainerCreate{Config: dockerapi.Config{Tty: tty}}, sim.WithImage(image))
				require.NoError(t, err)
				r, w := io.Pipe()
				a := box.Attach(sim.Streams{Stdout: w})
				require.NoError(t, box.Start())
				synctest.Wait()
				require.NoError(t, box.Kill())
				require.NoError(t, r.Close())
				require.NoError(t, a.Wait(t.Context()))
			})
		})
	}
}

func TestExecTTY(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		c, err := h.Run("web", sim.WithImage(small))
		require.NoError(t, err)
		cmd := c.Exec(t.Context(), "cat")
		cmd.TTY, cmd.Stdin = true, strings.NewReader("one\rtw\x7fwo\r")
		out, err := cmd.Output()
		require.NoError(t, err)
		require.Equal(t, "one\r\ntw\b \bwo\r\none\r\ntwo\r\n", strings.ReplaceAll(string(out), "one\r\none\r\n", "one\r\n"))

		cmd = c.Exec(t.Context(), "cat")
		typed := command.NewPipe()
		typed.Write([]byte("x\x03"))
		cmd.TTY, cmd.Stdin = true, typed
		out, err = cmd.Output()
		require.Equal(t, sim.ExitStatus(130), err)
		require.Contains(t, string(out), "^C") // which drops what has not been shown

		out, err = c.Exec(t.Context(), "tty").Output()
		require.Equal(t, sim.ExitStatus(1), err)
		require.Equal(t, "not a tty\n", string(out))
		cmd = c.Exec(t.Context(), "tty")
		cmd.TTY = true
		out, err = cmd.Output()
		require.NoError(t, err)
		require.Equal(t, "24 80\r\n", string(out))
		cmd = c.Exec(t.Context(), "tty")
		cmd.TTY = true
		cmd.Resize(50, 132)
		out, err = cmd.Output()
		require.NoError(t, err)
		require.Equal(t, "50 132\r\n", string(out))
	})
}

// TestMainProgram has what a container's program gets of its life, and what it leaves.
func TestMainProgram(t *testing.T) {
	t.Parallel()
	tests := []struct {
		words  []string
		signal command.Signal // by Container.Signal; 0: Stop
		code   int
		took   time.Duration
		log    string
	}{
		{[]string{"serve"}, 0, 0, 0, "up\nwarning\ndown\n"},
		{[]string{"serve"}, command.SIGINT, 0, 0, "up\nwarning\ndown\n"},
		{[]string{"serve"}, command.SIGWINCH, -1, 0, "up\nwarning\n"},
		{[]string{"sleep"}, 0, 137, 10 * time.Second, "zzz\n"},
		{[]string{"sleep"}, command.SIGTERM, -1, 0, "zzz\n"},
		{[]string{"sleep"}, command.SIGKILL, 137, 0, "zzz\n"},
		{[]string{"/bin/exit"}, 0, 3, 0, ""},
		{[]string{"cat"}, 0, 0, 0, ""},
	}
	for _, tt := range tests {
		simtest.VirtualTime(t, func(t *testing.T) {
			h := simtest.NewHost(t)
			c, err := h.Run("web", sim.WithImage(small), sim.WithCommand(tt.words...))
			require.NoError(t, err)
			synctest.Wait()
			before := time.Now()
			if tt.signal == 0 {
				require.NoError(t, c.Stop(t.Context()))
			} else {
				require.NoError(t, c.Signal(tt.signal))
				synctest.Wait()
			}
			if tt.code < 0 {
				require.True(t, c.Running(), "%v %v", tt.words, tt.signal)
			} else {
				code, err := c.Wait(t.Context())
				require.NoError(t, err)
				require.Equal(t, tt.code, code, "%v %v", tt.words, tt.signal)
			}
			require.InDelta(t, tt.took.Seconds(), time.Since(before).Seconds(), 0.2, "%v %v", tt.words, tt.signal)
			var log strings.Builder
			for e := range c.Logs(t.Context(), sim.LogOptions{}) {
				log.Write(e.Text)
			}
			require.Equal(t, tt.log, log.String(), "%v %v", tt.words, tt.signal)
		})
	}
}

// TestMainProgramMissing refuses to start what is not there, and holds nothing.
func TestMainProgramMissing(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		c, err := h.Create("web", sim.WithImage(small), sim.WithCommand("nosuchcmd"))
		require.NoError(t, err)
		want := `failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "nosuchcmd": executable file not found in $PATH: unknown`
		var out bytes.Buffer
		a := c.Attach(sim.Streams{Stdout: &out})
		require.EqualError(t, c.Start(), want)
		require.NoError(t, a.Wait(t.Context()))
		require.Equal(t, 127, c.State().ExitCode)
		require.Equal(t, want, c.State().Error)
		require.Equal(t, "created", c.State().Status)
	})
}

// TestAttach attaches before the start, twice, and leaves in the middle.
func TestAttach(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		c, err := h.Create("web", sim.WithImage(small))
		require.NoError(t, err)
		var both, errs bytes.Buffer
		a := c.Attach(sim.Streams{Stdout: &both, Stderr: &both})
		b := c.Attach(sim.Streams{Stderr: &errs})
		broken := c.Attach(sim.Streams{Stdout: brokenWriter{}})
		require.NoError(t, c.Start())
		synctest.Wait()
		require.NoError(t, broken.Wait(t.Context()))
		require.Equal(t, "up\nwarning\n", both.String())
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, b.Wait(ctx), context.Canceled)
		require.NoError(t, c.Stop(t.Context()))
		require.NoError(t, a.Wait(t.Context()))
		require.Equal(t, "up\nwarning\ndown\n", both.String())
		require.Equal(t, "warning\n", errs.String())

		never := c.Attach(sim.Streams{Stdout: &both})
		require.NoError(t, c.Remove())
		require.NoError(t, never.Wait(t.Context()))
	})
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("gone") }

// TestLogs has which lines are told.
func TestLogs(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		lines := func(ctx context.Context, c *command.Call) int {
			c.Printf("1\n2")
			time.Sleep(time.Second)
			c.Errorf("3\n")
			c.Printf(" two\n")
			time.Sleep(time.Second)
			c.Printf("end")
			return 0
		}
		h := simtest.NewHost(t)
		start := time.Now()
		c, err := h.Run("web", sim.WithImage(sim.Image{Name: "x", Cmd: []string{"lines"}, Commands: command.Table{"lines": lines}}))
		require.NoError(t, err)
		read := func(o sim.LogOptions) string {
			var all strings.Builder
			for e := range c.Logs(t.Context(), o) {
				all.Write(e.Text)
			}
			return all.String()
		}
		synctest.Wait()
		require.Equal(t, "1\n", read(sim.LogOptions{}))
		require.Equal(t, "1\n3\n2 two\nend", read(sim.LogOptions{Follow: true}))
		require.Equal(t, 2*time.Second, time.Since(start).Truncate(time.Second))
		for want, o := range map[string]sim.LogOptions{
			"1\n2 two\nend": {NoStderr: true},
			"3\n":           {NoStdout: true},
			"2 two\nend":    {Tail: 2, Follow: true},
			"":              {Tail: -1},
			"3\n2 two\nend": {Since: start.Add(time.Second / 2)},
			"1\n":           {Until: start.Add(time.Second / 2)},
		} {
			require.Equal(t, want, read(o), "%+v", o)
		}
	})
}
