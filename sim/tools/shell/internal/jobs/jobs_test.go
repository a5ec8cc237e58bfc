package jobs

import (
	"context"
	"testing"

	"drydock/sim/tools/command"

	"github.com/stretchr/testify/require"
)

func job(pid int, text string) *Job {
	return &Job{Process: &command.Process{PID: pid}, Text: text, Done: make(chan struct{})}
}

// TestList numbers, finds, shows and forgets jobs.
func TestList(t *testing.T) {
	t.Parallel()
	var l List
	a, b, c := job(10, "sleep 1"), job(11, "ping x"), job(12, "sleep 2")
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

// TestEnd ends what runs.
func TestEnd(t *testing.T) {
	t.Parallel()
	table := NewTable(t.Context())
	j, ended := job(1, "x"), false
	table.Run(j, func() int { <-table.Context.Done(); return command.Interrupted(table.Context) }, func() { ended = true })
	table.End()
	require.True(t, j.Ended() && ended)
	require.Equal(t, "Hangup", j.State(true))
	require.ErrorIs(t, context.Cause(table.Context), command.SIGHUP)
}
