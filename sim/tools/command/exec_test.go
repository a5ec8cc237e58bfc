package command

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestExec replaces process 1, which catches no signal, by a program that does.
func TestExec(t *testing.T) {
	t.Parallel()
	k := &kernel{}
	table := Table{
		"sh": Uncaught(func(ctx context.Context, c *Call) int {
			c.Notify(SIGTERM)
			child := *c
			child.Args = c.Args[1:]
			return child.Exec(ctx)
		}),
		"server": func(ctx context.Context, c *Call) int {
			p := k.processes.Find(1)
			require.Same(t, p, c.Process())
			require.Equal(t, []string{"server", "-v"}, p.CommandLine())
			p.Signal(SIGTERM)
			<-ctx.Done()
			return Interrupted(ctx)
		},
	}
	require.Equal(t, 143, table.Run(t.Context(), &Call{Machine: k, Args: []string{"sh", "server", "-v"}}))
	require.Equal(t, NotFound, table.Run(t.Context(), &Call{Machine: &kernel{}, Args: []string{"sh", "nosuch"}}))
}

// TestGroup has a command join a group, and not those which it starts.
func TestGroup(t *testing.T) {
	t.Parallel()
	var groups []int
	table := Table{"a": func(ctx context.Context, c *Call) int {
		groups = append(groups, c.Process().Group)
		if child := *c; len(c.Args) > 1 {
			child.Args, child.Group = c.Args[:1], 77
			c.Commands.Run(ctx, &child)
			child.Args, child.Group = []string{"a", "b"}[:1], 0
			c.Commands.Run(ctx, &child)
		}
		return 0
	}}
	table.Run(t.Context(), &Call{Machine: &kernel{}, Args: []string{"a", "b"}})
	require.Equal(t, []int{1, 77, 1}, groups)
	require.Equal(t, []string{"a"}, table.With(Table{Completer("a"): nil}).Names())
}

// TestTooMany has a command that starts itself twice, each time.
func TestTooMany(t *testing.T) {
	t.Parallel()
	k := &kernel{}
	failed := make(chan bool, 2*maxProcesses)
	table := Table{"bomb": func(ctx context.Context, c *Call) int {
		child := *c
		done := make(chan int)
		for range 2 {
			go func() { done <- c.Commands.Run(ctx, &child) }()
		}
		status := max(<-done, <-done)
		if status == NoFork {
			select {
			case failed <- true:
			default:
			}
		}
		return status
	}}
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-failed; cancel() }()
	table["bomb"] = func(f Func) Func {
		return func(ctx context.Context, c *Call) int {
			if ctx.Err() != nil {
				return NoFork
			}
			return f(ctx, c)
		}
	}(table["bomb"])
	require.Equal(t, NoFork, table.Run(ctx, &Call{Machine: k, Args: []string{"bomb"}}))
}
