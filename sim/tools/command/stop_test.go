package command

import (
	"context"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// programs are what the tests here start, as children of "init", which waits for them.
func programs() Table {
	child := func(ctx context.Context, c *Call, group bool) int {
		child := *c
		child.Args, child.NewGroup = c.Args[1:], group
		return c.Commands.Run(ctx, &child)
	}
	return Table{
		"init": func(ctx context.Context, c *Call) int { return child(ctx, c, false) },
		"job":  func(ctx context.Context, c *Call) int { return child(ctx, c, true) },
		"wait": func(ctx context.Context, c *Call) int { <-ctx.Done(); return Interrupted(ctx) },
		"sleep": func(ctx context.Context, c *Call) int {
			select {
			case <-time.After(10 * time.Second):
				return 0
			case <-ctx.Done():
				return Interrupted(ctx)
			}
		},
		"cat": func(ctx context.Context, c *Call) int {
			io.Copy(c.Stdout, c.Stdin)
			return 0
		},
		"kill": func(ctx context.Context, c *Call) int { // kill PID SIGNAL
			pid := map[string]int{"1": 1, "-1": -1}[c.Args[1]]
			signal, _ := ParseSignal(c.Args[2])
			if c.Kill(pid, signal) {
				return 0
			}
			return 1
		},
	}
}

// TestKillInit has what a process in a PID namespace can do to PID 1, and what its host can.
func TestKillInit(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"1 KILL", "1 STOP", "1 TSTP", "-1 KILL", "-1 TERM"} {
		synctest.Test(t, func(t *testing.T) {
			k := &kernel{}
			done := make(chan int)
			go func() { done <- programs().Run(t.Context(), &Call{Machine: k, Args: []string{"wait"}}) }()
			synctest.Wait()
			programs().Run(t.Context(), &Call{Machine: k, Args: strings.Fields("init kill " + line)})
			synctest.Wait()
			require.Len(t, k.processes.List(), 1, line)
			require.Zero(t, k.processes.Find(1).Stopped(), line)
			k.processes.Find(1).Signal(SIGSTOP)
			require.Equal(t, SIGSTOP, k.processes.Find(1).Stopped(), "from outside")
			k.processes.Find(1).Signal(SIGKILL)
			require.Equal(t, 137, <-done, line)
		})
	}
}

// TestKill addresses processes as kill(2) does. PID 2 starts "job" with PID 3, and that PID 4.
func TestKill(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		pid  int
		want bool
	}{{4, true}, {3, true}, {9, false}, {-4, true}, {-3, false}, {-2, true}} {
		synctest.Test(t, func(t *testing.T) {
			k := &kernel{}
			k.processes.Init(nil)
			done := make(chan int)
			go func() {
				done <- programs().Run(t.Context(), &Call{Machine: k, Args: []string{"init", "job", "wait"}})
			}()
			synctest.Wait()
			caller := &Call{process: k.processes.Find(1)}
			require.Equal(t, tt.want, caller.Kill(tt.pid, 0), tt.pid)
			caller.Kill(tt.pid, SIGTERM)
			if synctest.Wait(); tt.want {
				require.Equal(t, 143, <-done, tt.pid)
				return
			}
			caller.Kill(-1, SIGKILL)
			require.Equal(t, 137, <-done)
		})
	}
}

// TestStop stops a program, which then ends, reads and notices signals only once it goes on.
func TestStop(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		stop   Signal
		others []Signal
		status int
		took   time.Duration
	}{
		{"not at all", SIGWINCH, nil, 0, 10 * time.Second},
		{"its timer runs", SIGSTOP, []Signal{SIGCONT}, 0, 20 * time.Second},
		{"by a terminal", SIGTSTP, []Signal{SIGTERM, SIGCONT}, 143, 20 * time.Second},
		{"twice", SIGTTOU, []Signal{SIGTSTP, SIGCONT}, 0, 20 * time.Second},
		{"SIGKILL ends it", SIGTTIN, []Signal{SIGTERM, SIGKILL}, 137, 20 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			k := &kernel{}
			k.processes.Init(nil)
			done := make(chan int, 1)
			begin := time.Now()
			go func() { done <- programs().Run(t.Context(), &Call{Machine: k, Args: []string{"job", "sleep"}}) }()
			synctest.Wait()
			p := k.processes.Find(3)
			p.Signal(tt.stop)
			if tt.others != nil {
				require.Equal(t, tt.stop, p.Stopped(), tt.name)
				by, _ := p.GroupStopped()
				require.Equal(t, tt.stop, by, tt.name)
				time.Sleep(20 * time.Second)
			}
			for _, s := range tt.others {
				require.Empty(t, done, tt.name)
				p.Signal(s)
				synctest.Wait()
			}
			require.Equal(t, tt.status, <-done, tt.name)
			require.Equal(t, tt.took, time.Since(begin), tt.name)
		})
	}
}

// held returns how many bytes wait in a pipe.
func held(p *Pipe) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.held)
}

// TestStopStreams has a program read and write nothing while it is stopped.
func TestStopStreams(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := &kernel{}
		k.processes.Init(nil)
		in, out := NewPipe(), NewPipe()
		done := make(chan int, 1)
		go func() {
			done <- programs().Run(t.Context(), &Call{Machine: k, Args: []string{"job", "cat"}, Stdin: in, Stdout: out})
		}()
		synctest.Wait()
		p := k.processes.Find(3)
		p.Signal(SIGTSTP)
		synctest.Wait()
		in.Write([]byte("abc"))
		synctest.Wait()
		require.Equal(t, 3, held(in))
		p.Signal(SIGCONT)
		synctest.Wait()
		require.Equal(t, 3, held(out))
		in.CloseWrite()
		require.Zero(t, <-done)
	})
}

// TestAlone has no terminal stop the first process of a session, as nobody could have it go on.
func TestAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := &kernel{}
		k.processes.Init(nil)
		done := make(chan int)
		go func() { done <- programs().Run(t.Context(), &Call{Machine: k, Args: []string{"init", "wait"}}) }()
		synctest.Wait()
		k.processes.SignalGroup(2, SIGTSTP)
		require.Zero(t, k.processes.Find(3).Stopped())
		k.processes.SignalGroup(2, SIGINT)
		require.Equal(t, 130, <-done)
	})
}
