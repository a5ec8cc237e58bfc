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

// A Job is a statement that runs in the background, a process of its own.
type Job struct {
	ID      int // %1
	Process *command.Process
	Text    string
	Done    chan struct{} // closed when it has ended
	Status  int           // valid then
	Told    bool          // its end was shown, or waited for
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
	switch {
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

// signalText is strsignal(3) for the signals that end jobs.
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

// A List is the jobs that one shell has started, the oldest first.
type List []*Job

// Add adds a job and gives it its number.
func (l *List) Add(j *Job) {
	j.ID = 1
	for _, other := range *l {
		j.ID = max(j.ID, other.ID+1)
	}
	*l = append(*l, j)
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

// Line returns a job as the builtin jobs shows it. One that has ended is told then.
func (l List) Line(j *Job, bash, long bool) string {
	mark := " "
	switch n := len(l); {
	case n > 0 && l[n-1] == j:
		mark = "+"
	case n > 1 && l[n-2] == j:
		mark = "-"
	}
	ended := j.Ended()
	j.Told = j.Told || ended
	suffix := ""
	if !ended && bash {
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
