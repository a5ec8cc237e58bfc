// Package jobs is what a shell runs in the background, and who has the terminal.
package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"drydock/sim/tools/command"
)

// Most is how many jobs of a shell there may be at a time.
const Most = 200

// A Job is a statement that runs in the background or is stopped: a process group.
type Job struct {
	ID      int              // %1
	Process *command.Process // the first one of its group; nil in the foreground before there is one
	Text    string
	Done    chan struct{} // closed when it has ended
	Status  int           // valid then
	Told    bool          // its end was shown, or waited for

	toldStop bool // that it is stopped was shown
}

// Stopped returns the signal that has stopped the job, 0 if none has.
func (j *Job) Stopped() command.Signal {
	if j.Ended() || j.Process == nil {
		return 0
	}
	by, _ := j.Process.GroupStopped()
	return by
}

// Wait waits until the job of a group ends or is stopped, by the signal that it returns.
func (j *Job) Wait(g *Group) (stopped command.Signal) {
	if j.Process == nil {
		select {
		case <-g.started:
			j.Process = g.Leader()
		case <-j.Done:
			return 0
		}
	}
	for {
		by, changed := j.Process.GroupStopped()
		if by != 0 && !j.Ended() {
			return by
		}
		select {
		case <-changed:
		case <-j.Done:
			return 0
		}
	}
}

// News tells whether the job has ended or stopped since that was last shown.
func (j *Job) News() bool {
	if j.Stopped() == 0 {
		j.toldStop = false
		return j.Ended() && !j.Told
	}
	return !j.toldStop
}

// Continue lets a job that is stopped go on. It reports whether it was stopped.
func (j *Job) Continue(c *command.Call) bool {
	was := j.Stopped() != 0
	if j.Process != nil {
		c.Kill(-j.Process.Group, command.SIGCONT)
	}
	return was
}

// Ended tells whether the job has ended.
func (j *Job) Ended() bool {
	select {
	case <-j.Done:
		return true
	default:
		return false
	}
}

// State is what jobs shows.
func (j *Job) State(bash bool) string {
	switch by := j.Stopped(); {
	case by != 0 && bash:
		return "Stopped"
	case by != 0:
		return signalText(by)
	case !j.Ended():
		return "Running"
	case j.Status == 0:
		return "Done"
	case j.Status > 128 && j.Status < 128+32:
		return signalText(command.Signal(j.Status - 128))
	case bash:
		return fmt.Sprintf("Exit %d", j.Status)
	}
	return fmt.Sprintf("Done(%d)", j.Status)
}

// signalText is strsignal(3) for the signals that end and stop jobs.
func signalText(s command.Signal) string {
	switch s {
	case command.SIGHUP:
		return "Hangup"
	case command.SIGINT:
		return "Interrupt"
	case command.SIGQUIT:
		return "Quit"
	case command.SIGKILL:
		return "Killed"
	case command.SIGTERM:
		return "Terminated"
	case command.SIGPIPE:
		return "Broken pipe"
	case command.SIGTSTP:
		return "Stopped"
	case command.SIGSTOP:
		return "Stopped (signal)"
	case command.SIGTTIN:
		return "Stopped (tty input)"
	case command.SIGTTOU:
		return "Stopped (tty output)"
	}
	return s.String()
}

// A Table ends the jobs of a process with it, those of its subshells too: no command leaves
// anything behind.
type Table struct {
	Context context.Context // of all jobs
	cancel  context.CancelCauseFunc
	running sync.WaitGroup
}

// NewTable returns a table for a process whose context that is.
func NewTable(ctx context.Context) *Table {
	t := &Table{}
	t.Context, t.cancel = context.WithCancelCause(ctx)
	return t
}

// Follow returns a context for a job in the foreground: it ends with ctx until leave is called,
// and with the shell. end must be called when the job has ended.
func (t *Table) Follow(ctx context.Context) (job context.Context, leave, end func()) {
	job, cancel := context.WithCancelCause(t.Context)
	stop := context.AfterFunc(ctx, func() { cancel(context.Cause(ctx)) })
	leave = func() { stop() }
	return job, leave, func() { stop(); cancel(nil) }
}

// Run runs a job to its end in a goroutine, which then calls ended.
func (t *Table) Run(j *Job, run func() (status int), ended func()) {
	t.running.Add(1)
	go func() {
		defer t.running.Done()
		j.Status = run()
		ended()
		close(j.Done)
	}()
}

// End ends all jobs as by SIGHUP and waits for them.
func (t *Table) End() {
	t.cancel(command.SIGHUP)
	t.running.Wait()
}

// A List is the jobs of one shell. The last one is the current job, %+, and the one before it
// %-: that which was started or stopped last.
type List []*Job

// Add adds a job and gives it its number.
func (l *List) Add(j *Job) {
	j.ID = 1
	for _, other := range *l {
		j.ID = max(j.ID, other.ID+1)
	}
	*l = append(*l, j)
}

// Current makes a job of the list, or that is new, the current one.
func (l *List) Current(j *Job) {
	if i := slices.Index(*l, j); i >= 0 {
		*l = append(slices.Delete(*l, i, i+1), j)
		return
	}
	l.Add(j)
}

// Stopped tells whether there is a job that is stopped.
func (l List) Stopped() bool {
	return slices.ContainsFunc(l, func(j *Job) bool { return j.Stopped() != 0 })
}

// ByID returns the jobs by their numbers.
func (l List) ByID() []*Job {
	return slices.SortedFunc(slices.Values(l), func(a, b *Job) int { return a.ID - b.ID })
}

// Forget drops jobs whose end is known, and where there are too many those that have ended.
func (l *List) Forget() {
	full := len(*l) >= Most
	*l = slices.DeleteFunc(*l, func(j *Job) bool { return j.Ended() && (j.Told || full) })
}

// ErrNone is a job that is not there.
var ErrNone = errors.New("no such job")

// Find returns the job that %1, %+, %-, %text or a process number means. Without an argument it
// is the last one.
func (l List) Find(arg string) (*Job, error) {
	spec, isJob := strings.CutPrefix(arg, "%")
	for i := len(l) - 1; i >= 0; i-- {
		j := l[i]
		switch {
		case arg == "", isJob && (spec == "" || spec == "+" || spec == "%"), isJob && spec == strconv.Itoa(j.ID),
			!isJob && arg == strconv.Itoa(j.Process.PID):
			return j, nil
		case isJob && spec == "-" && i == max(0, len(l)-2):
			return j, nil
		case isJob && spec != "" && strings.HasPrefix(j.Text, spec):
			return j, nil
		}
	}
	return nil, ErrNone
}

// Mark returns + for the current job, - for the one before it, a blank for others.
func (l List) Mark(j *Job) string {
	switch n := len(l); {
	case n > 0 && l[n-1] == j:
		return "+"
	case n > 1 && l[n-2] == j:
		return "-"
	}
	return " "
}

// Line returns a job as the builtin jobs shows it. One that has ended is told then.
func (l List) Line(j *Job, bash, long bool) string {
	mark := l.Mark(j)
	ended, stopped := j.Ended(), j.Stopped() != 0
	j.Told = j.Told || ended
	j.toldStop = stopped
	suffix := ""
	if !ended && !stopped && bash {
		suffix = " &"
	}
	switch {
	case long:
		return fmt.Sprintf("[%d]%s %d %-24s%s%s", j.ID, mark, j.Process.PID, j.State(bash), j.Text, suffix)
	case bash:
		return fmt.Sprintf("[%d]%s  %-24s%s%s", j.ID, mark, j.State(bash), j.Text, suffix)
	}
	return fmt.Sprintf("[%d] %s %-26s%s", j.ID, mark, j.State(bash), j.Text)
}
