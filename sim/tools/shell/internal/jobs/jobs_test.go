package jobs

import (
	"context"
	"testing"

	"drydock/sim/tools/command"

	"github.com/stretchr/testify/require"
)

// job returns a job of a process that is there.
func job(table *command.Processes, text string) *Job {
	p, _ := table.Add(nil)
	return &Job{Process: p, Text: text, Done: make(chan struct{})}
}

// TestList numbers, finds, shows and forgets jobs.
func TestList(t *testing.T) {
	t.Parallel()
	var l List
	var table command.Processes
	for range 9 {
		table.Add(nil)
	}
	a, b, c := job(&table, "sleep 1"), job(&table, "ping x"), job(&table, "sleep 2")
	for _, j := range []*Job{a, b, c} {
		l.Add(j)
	}
	for arg, want := range map[string]*Job{"": c, "%%": c, "%+": c, "%-": b, "%1": a, "11": b, "%ping": b, "%sleep": c, "%9": nil, "1": nil, "%x": nil} {
		got, err := l.Find(arg)
		require.Equal(t, want, got, arg)
		require.Equal(t, want == nil, err == ErrNone, arg)
	}
	require.Equal(t, "[2]-  Running                 ping x &", l.Line(b, true, false))
	b.Status = 143
	close(b.Done)
	require.Equal(t, "[2] - Terminated                ping x", l.Line(b, false, false))
	l.Forget()
	require.Equal(t, List{a, c}, l)
	close(c.Done)
	c.Status = 3
	l.Forget()
	require.Equal(t, List{a, c}, l, "nobody was told")
	require.Equal(t, "[3]+ 12 Exit 3                  sleep 2", l.Line(c, true, true))
	l.Forget()
	l.Add(b)
	require.Equal(t, 2, b.ID)
}

// TestStopped shows a job that is stopped, and as the current one.
func TestStopped(t *testing.T) {
	t.Parallel()
	var l List
	var table command.Processes
	a, b := job(&table, "sleep 1"), job(&table, "cat")
	l.Add(a)
	l.Add(b)
	require.False(t, l.Stopped() || a.News())
	a.Process.Signal(command.SIGSTOP)
	require.True(t, l.Stopped() && a.News())
	l.Current(a)
	require.Equal(t, "[1]+  Stopped                 sleep 1", l.Line(a, true, false))
	require.Equal(t, "[1] + Stopped (signal)          sleep 1", l.Line(a, false, false))
	require.False(t, a.News())
	require.Equal(t, []*Job{a, b}, l.ByID())
	require.Equal(t, List{b, a}, l)
	a.Process.Signal(command.SIGCONT)
	require.Equal(t, "[1]+  Running                 sleep 1 &", l.Line(a, true, false))
	b.Process.Signal(command.SIGTSTP)
	require.Zero(t, b.Stopped(), "nobody controls it")
}

// TestEnd ends what runs.
func TestEnd(t *testing.T) {
	t.Parallel()
	table := NewTable(t.Context())
	j, ended := job(new(command.Processes), "x"), false
	table.Run(j, func() int { <-table.Context.Done(); return command.Interrupted(table.Context) }, func() { ended = true })
	table.End()
	require.True(t, j.Ended() && ended)
	require.Equal(t, "Hangup", j.State(true))
	require.ErrorIs(t, context.Cause(table.Context), command.SIGHUP)
}
