package shell

import (
	"context"
	"fmt"

	"drydock/sim/tools/command"
	"drydock/sim/tools/shell/internal/jobs"
)

// controls tells whether what the shell runs are jobs, which can be stopped: at a prompt with a
// terminal, and not within a job.
func (s *shell) controls() bool {
	return s.interactive && s.foreground.Terminal != nil && s.group == nil
}

// asJob runs body, which starts programs in a group that has the terminal, until it ends or is
// stopped. It is false in the second case: then body runs on in a goroutine of its own, and must
// use nothing of the shell but a subshell.
func (s *shell) asJob(ctx context.Context, body func(ctx context.Context, g *jobs.Group) int) (status int, ended bool) {
	ctx, leave, end := s.jobs.Follow(ctx)
	g, files := jobs.NewGroup(), s.files
	files.Retain() // redirections are undone while it is stopped
	j := &jobs.Job{Done: make(chan struct{})}
	s.jobs.Run(j, func() int { return body(ctx, g) }, func() { files.Release(); end() })
	j.Text = sourceOf(s.statementNow)
	return s.attend(j, g, leave)
}

// attend waits for a job in the foreground. One that is stopped is a job that can be seen from
// then on.
func (s *shell) attend(j *jobs.Job, g *jobs.Group, leave func()) (status int, ended bool) {
	by := j.Wait(g)
	s.foreground.Take()
	if by == 0 {
		return j.Status, true
	}
	leave()
	s.mine.Current(j)
	fmt.Fprintf(s.files.Writer(2), "\n%s\n", s.mine.Line(j, s.bash, false))
	return by.ExitCode(), false
}

// bringForeground is fg: a job goes on if it is stopped, and has the terminal.
func bringForeground(s *shell, _ context.Context, args []string) int {
	j, status := s.jobOf("fg", args[1:])
	if j == nil {
		return status
	}
	fmt.Fprintln(s.files.Writer(1), j.Text)
	s.foreground.Give(j.Process.Group)
	j.Continue(s.call)
	status, ended := s.attend(j, nil, func() {})
	if ended {
		j.Told = true
		s.mine.Forget()
	}
	return status
}

// sendBackground is bg: jobs that are stopped go on.
func sendBackground(s *shell, _ context.Context, args []string) int {
	specs := args[1:]
	if len(specs) == 0 {
		specs = []string{""}
	}
	for _, spec := range specs {
		j, status := s.jobOf("bg", []string{spec})
		if j == nil {
			return status
		}
		if !j.Continue(s.call) && s.bash {
			s.builtinError("bg", "job %d already in background", j.ID)
			continue
		}
		if s.bash {
			fmt.Fprintf(s.files.Writer(1), "[%d]%s %s &\n", j.ID, s.mine.Mark(j), j.Text)
		} else {
			fmt.Fprintf(s.files.Writer(1), "[%d] %s\n", j.ID, j.Text)
		}
	}
	return 0
}

// jobOf returns the job that the arguments of fg or bg mean, or the status for what is wrong.
func (s *shell) jobOf(name string, args []string) (j *jobs.Job, status int) {
	if !s.interactive {
		return nil, s.refuse(s.faults(), name, "%s", s.words("no job control", "No current job", "no job control"))
	}
	arg := ""
	if len(args) > 0 {
		arg = args[0]
	}
	j, err := s.mine.Find(arg)
	switch {
	case err == nil && !j.Ended():
		return j, 0
	case err == nil && s.bash:
		return nil, s.refuse(1, name, "job has terminated")
	case arg == "":
		return nil, s.refuse(s.faults(), name, "%s", s.words("current: no such job", "No current job", "No current job"))
	}
	return nil, s.refuse(s.faults(), name, s.words("%s: no such job", "No such job: %s", "%s: no such job"), arg)
}

// staysForJobs says, once, that there are stopped jobs, which the end of the shell would end.
func (s *shell) staysForJobs() bool {
	if s.warned || !s.interactive || s.sub || !s.mine.Stopped() {
		return false
	}
	s.warned = true
	fmt.Fprintln(s.files.Writer(2), s.words("There are stopped jobs.", "You have stopped jobs.", "You have stopped jobs."))
	return true
}

// continueKilled lets a stopped job notice the signal that it was sent, as bash does.
func (s *shell) continueKilled(j *jobs.Job, signal command.Signal) {
	if s.bash && (signal == command.SIGTERM || signal == command.SIGHUP) && j.Stopped() != 0 {
		j.Continue(s.call)
	}
}
