package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"

	"drydock/sim/tools/command"

	"mvdan.cc/sh/v3/syntax"
)

// maxJobs bounds the jobs of a shell that have not ended.
const maxJobs = 200

// A job is a statement that runs in the background.
type job struct {
	id      int // %1
	process *command.Process
	text    string
	done    chan struct{} // closed when it has ended
	status  int           // valid then
	told    bool          // its end was shown, or waited for
}

func (j *job) ended() bool {
	select {
	case <-j.done:
		return true
	default:
		return false
	}
}

// state is what jobs shows.
func (j *job) state(d *dialect) string {
	switch {
	case !j.ended():
		return "Running"
	case j.status == 0:
		return "Done"
	case j.status > 128 && j.status < 128+32:
		return signalText(command.Signal(j.status - 128))
	case d.bash:
		return fmt.Sprintf("Exit %d", j.status)
	}
	return fmt.Sprintf("Done(%d)", j.status)
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

// A jobTable ends the jobs of a process with it: no command leaves anything behind.
type jobTable struct {
	ctx     context.Context
	cancel  context.CancelCauseFunc
	running sync.WaitGroup
}

func newJobTable(ctx context.Context) *jobTable {
	t := &jobTable{}
	t.ctx, t.cancel = context.WithCancelCause(ctx)
	return t
}

// end ends all jobs as by SIGHUP and waits for them.
func (t *jobTable) end() {
	t.cancel(command.SIGHUP)
	t.running.Wait()
}

// start runs a statement in the background, as a process in which it replaces the shell if it
// is a simple command.
func (s *shell) start(ctx context.Context, st *syntax.Stmt) {
	s.forget()
	if len(s.mine) >= maxJobs {
		s.fail(command.NoFork, "%s", s.words("fork: retry: Resource temporarily unavailable", "Cannot fork", ""))
		return
	}
	done, ok := s.fork()
	if !ok {
		return
	}
	sub := s.subshell()
	sub.files.retain()
	sub.files.set(0, newFile(nullFile{}, nil, nil))
	sub.interactive, sub.job, sub.last, sub.group = false, true, true, nil
	foreground := *st
	foreground.Background = false
	child := sub.child(s.call.Args, s.Vars.Environ())
	child.NewGroup = s.interactive
	commands := s.call.Commands
	process, run := command.Table{child.Args[0]: func(ctx context.Context, c *command.Call) int {
		c.Commands = commands
		sub.call = c
		sub.statement(ctx, &foreground)
		sub.leave(ctx)
		return sub.status
	}}.Prepare(s.jobs.ctx, child)
	j := &job{id: s.nextJob(), process: process, text: sourceOf(&foreground), done: make(chan struct{})}
	s.mine = append(s.mine, j)
	s.jobs.running.Add(1)
	go func() {
		defer s.jobs.running.Done()
		j.status = run()
		sub.files.release()
		close(j.done)
		done()
	}()
	s.background, s.status = process.PID, 0
	if s.interactive && !s.sub {
		fmt.Fprintf(s.files.writer(2), "[%d] %d\n", j.id, process.PID)
	}
}

// sourceOf returns the text of a statement in one line.
func sourceOf(st *syntax.Stmt) string {
	var b strings.Builder
	syntax.NewPrinter(syntax.SingleLine(true)).Print(&b, st)
	return b.String()
}

func (s *shell) nextJob() int {
	id := 1
	for _, j := range s.mine {
		id = max(id, j.id+1)
	}
	return id
}

// forget drops jobs whose end is known.
func (s *shell) forget() {
	kept := s.mine[:0:0]
	for _, j := range s.mine {
		if !j.ended() || !j.told && len(s.mine) < maxJobs {
			kept = append(kept, j)
		}
	}
	s.mine = kept
}

var errNoJob = errors.New("no such job")

// find returns the job that %1, %+, %- or a process number means. Without an argument it is
// the last one.
func (s *shell) find(arg string) (*job, error) {
	spec, isJob := strings.CutPrefix(arg, "%")
	for i := len(s.mine) - 1; i >= 0; i-- {
		j := s.mine[i]
		switch {
		case arg == "", isJob && (spec == "" || spec == "+" || spec == "%"), isJob && spec == strconv.Itoa(j.id),
			!isJob && arg == strconv.Itoa(j.process.PID):
			return j, nil
		case isJob && spec == "-" && i == max(0, len(s.mine)-2):
			return j, nil
		case isJob && spec != "" && strings.HasPrefix(j.text, spec):
			return j, nil
		}
	}
	return nil, errNoJob
}

// show prints a job as the builtin jobs does.
func (s *shell) show(w io.Writer, j *job) {
	mark := " "
	switch n := len(s.mine); {
	case n > 0 && s.mine[n-1] == j:
		mark = "+"
	case n > 1 && s.mine[n-2] == j:
		mark = "-"
	}
	suffix := ""
	if !j.ended() {
		suffix = " &"
	}
	if s.bash {
		fmt.Fprintf(w, "[%d]%s  %-24s%s%s\n", j.id, mark, j.state(s.dialect), j.text, suffix)
	} else {
		fmt.Fprintf(w, "[%d] %s %-26s%s\n", j.id, mark, j.state(s.dialect), j.text)
	}
	j.told = j.told || j.ended()
}

// tell shows the jobs that have ended since the last prompt.
func (s *shell) tell() {
	for _, j := range s.mine {
		if j.ended() && !j.told {
			s.show(s.files.writer(2), j)
		}
	}
	s.forget()
}
