package command

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

// A bound is a machine with an environment.
type bound struct {
	Machine
	env []string
}

func (b bound) Env() []string { return b.env }

// TestTableRun has what a command gets and what becomes of its status.
func TestTableRun(t *testing.T) {
	t.Parallel()
	table := Table{
		"look": func(_ context.Context, c *Call) int {
			in, err := io.ReadAll(c.Stdin)
			if err != nil {
				return 1
			}
			c.Printf("%q %q %q %d\n", c.Args, c.Env, in, len(c.Commands))
			return 0x103
		},
		"flood": func(ctx context.Context, c *Call) int {
			for ctx.Err() == nil {
				c.Printf("x")
			}
			return 0
		},
	}
	var out, errs bytes.Buffer
	run := func(c Call) int { return table.Run(t.Context(), &c) }
	require.Equal(t, 3, run(Call{Machine: bound{env: []string{"A=1"}}, Args: []string{"look", "x"}, Stdout: &out}))
	require.Equal(t, 3, run(Call{Machine: bound{env: []string{"A=1"}}, Args: []string{"look"}, Env: []string{}, Stdout: &out}))
	require.Equal(t, "[\"look\" \"x\"] [\"A=1\"] \"\" 2\n[\"look\"] [] \"\" 2\n", out.String())
	require.Equal(t, 3, run(Call{Args: []string{"look"}})) // without anything
	require.Zero(t, run(Call{}))

	require.Equal(t, NotFound, run(Call{Args: []string{"nosuch"}, Stdout: &out, Stderr: &errs}))
	require.Equal(t, "nosuch: command not found\n", errs.String())

	r, w := io.Pipe()
	r.CloseWithError(errors.New("nobody reads"))
	require.Equal(t, BrokenPipe, run(Call{Args: []string{"flood"}, Stdout: w}))
}

// TestTableWith has the later table win, and leaves both as they are.
func TestTableWith(t *testing.T) {
	t.Parallel()
	status := func(n int) Func { return func(context.Context, *Call) int { return n } }
	a, b := Table{"x": status(1), "y": status(2)}, Table{"y": status(3)}
	both := a.With(b, nil)
	require.Len(t, both, 2)
	require.Equal(t, 3, both.Run(t.Context(), &Call{Args: []string{"y"}}))
	require.Equal(t, 2, a.Run(t.Context(), &Call{Args: []string{"y"}}))
}

// TestSameWriter writes from many goroutines to one writer that is both streams.
func TestSameWriter(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	table := Table{"both": func(_ context.Context, c *Call) int {
		done := make(chan bool)
		for range 10 {
			go func() {
				c.Printf("o")
				c.Errorf("e")
				done <- true
			}()
		}
		for range 10 {
			<-done
		}
		return 0
	}}
	require.Zero(t, table.Run(t.Context(), &Call{Args: []string{"both"}, Stdout: &out, Stderr: &out}))
	require.Equal(t, 20, out.Len())
}
