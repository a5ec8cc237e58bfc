package command

import (
	"context"
	"io"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// A kernel is a machine with a process table.
type kernel struct {
	Machine
	processes Processes
}

func (k *kernel) Processes() *Processes { return &k.processes }

// TestSignals sends signals to programs that catch them, that do not, and that are process 1.
func TestSignals(t *testing.T) {
	t.Parallel()
	wait := func(ctx context.Context, _ *Call) int { <-ctx.Done(); return Interrupted(ctx) }
	table := Table{
		"go":    wait,
		"sleep": Uncaught(wait),
		"trap": func(ctx context.Context, c *Call) int {
			select {
			case s := <-c.Notify(SIGTERM, SIGINT):
				return int(s)
			case <-ctx.Done():
				return Interrupted(ctx)
			}
		},
	}
	init := func(ctx context.Context, c *Call) int { // the second process is who is signalled
		child := *c
		child.Args = c.Args[1:]
		return c.Commands.Run(ctx, &child)
	}
	tests := []struct {
		line   []string
		signal Signal
		want   int // -1: it goes on, and SIGKILL ends it
	}{
		{[]string{"go"}, SIGTERM, 143},
		{[]string{"go"}, SIGINT, 130},
		{[]string{"go"}, SIGWINCH, -1},
		{[]string{"sleep"}, SIGTERM, -1},
		{[]string{"init", "sleep"}, SIGTERM, 143},
		{[]string{"init", "go"}, SIGUSR1, 138},
		{[]string{"trap"}, SIGTERM, 15},
		{[]string{"trap"}, SIGHUP, 129},
		{[]string{"init", "trap"}, SIGINT, 2},
		{[]string{"init", "trap"}, SIGKILL, 137},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			k := &kernel{}
			status := make(chan int)
			go func() {
				status <- table.With(Table{"init": init}).Run(context.Background(), &Call{Machine: k, Args: tt.line})
			}()
			synctest.Wait()
			list := k.processes.List()
			require.Len(t, list, len(tt.line))
			p := list[len(list)-1]
			require.Equal(t, len(tt.line), p.PID)
			require.Equal(t, 1, p.Group)
			require.Equal(t, tt.line[len(tt.line)-1:], p.Args)
			p.Signal(tt.signal)
			synctest.Wait()
			if tt.want < 0 {
				require.Len(t, k.processes.List(), len(tt.line), "%v ended by %v", tt.line, tt.signal)
				k.processes.SignalGroup(1, SIGKILL)
				tt.want = 137
			}
			require.Equal(t, tt.want, <-status, "%v %v", tt.line, tt.signal)
			require.Empty(t, k.processes.List())
		})
	}
}

// TestParseSignal has what kill(1) takes.
func TestParseSignal(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Signal{
		"TERM": SIGTERM, "SIGTERM": SIGTERM, "sigkill": SIGKILL, "15": SIGTERM, "winch": SIGWINCH, "64": 64,
		"": 0, "0": 0, "65": 0, "-1": 0, "EXIT": 0, "NOSUCH": 0, "SIGSIGTERM": 0,
	} {
		s, ok := ParseSignal(text)
		require.Equal(t, want != 0, ok, text)
		if ok {
			require.Equal(t, want, s, text)
		}
	}
	require.Equal(t, "SIGTERM", SIGTERM.String())
	require.Equal(t, "signal 64", Signal(64).String())
}

// TestPipe has what a pipe holds, and how both of its ends close.
func TestPipe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := NewPipe()
		wrote := make(chan error)
		big := make([]byte, 3*pipeSize)
		go func() {
			_, err := p.Write(big)
			p.CloseWrite()
			wrote <- err
		}()
		got, err := io.ReadAll(p)
		require.NoError(t, err)
		require.NoError(t, <-wrote)
		require.Len(t, got, len(big))
		_, err = p.Write([]byte("x"))
		require.ErrorIs(t, err, io.ErrClosedPipe)

		p = NewPipe()
		go func() {
			_, err := p.Write(big)
			wrote <- err
		}()
		synctest.Wait()
		p.CloseRead()
		require.ErrorIs(t, <-wrote, io.ErrClosedPipe)
		_, err = p.Read(big)
		require.ErrorIs(t, err, io.ErrClosedPipe)

		p = NewPipe()
		ctx, cancel := context.WithCancelCause(t.Context())
		go func() {
			_, err := p.ReadContext(ctx, big)
			wrote <- err
		}()
		cancel(SIGINT)
		require.Equal(t, SIGINT, <-wrote)
	})
}

// TestStdinEnds has a signal end a command that reads.
func TestStdinEnds(t *testing.T) {
	t.Parallel()
	k := &kernel{}
	table := Table{"cat": func(ctx context.Context, c *Call) int {
		go c.Process().Signal(SIGINT)
		_, err := io.Copy(c.Stdout, c.Stdin)
		require.Equal(t, SIGINT, err)
		return Interrupted(ctx)
	}}
	require.Equal(t, 130, table.Run(t.Context(), &Call{Machine: k, Args: []string{"cat"}, Stdin: NewPipe()}))
}
