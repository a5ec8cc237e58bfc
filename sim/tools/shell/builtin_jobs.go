package shell

import (
	"context"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"drydock/sim/tools/command"
	"drydock/sim/tools/shell/internal/jobs"
)

// wait waits for all jobs, or for those that the arguments say. A trap ends it.
func wait(s *shell, ctx context.Context, args []string) int {
	if len(args) == 1 {
		for _, j := range s.mine {
			if status, ok := s.await(ctx, j); !ok {
				return status
			}
			j.Told = true
		}
		s.mine.Forget()
		return 0
	}
	if args[1] == "-n" && s.bash {
		return s.awaitAny(ctx)
	}
	status := 0
	for _, arg := range args[1:] {
		j, err := s.mine.Find(arg)
		if err != nil {
			_, notNumber := strconv.Atoi(arg)
			switch {
			case strings.HasPrefix(arg, "%"):
				s.builtinError("wait", s.words("%s: no such job", "No such job: %s", "%s: no such job"), arg)
			case notNumber != nil && s.bash:
				s.builtinError("wait", "`%s': not a pid or valid job spec", arg)
			case s.bash:
				s.builtinError("wait", "pid %s is not a child of this shell", arg)
			}
			status = 127
			continue
		}
		var ok bool
		if status, ok = s.await(ctx, j); !ok {
			return status
		}
		j.Told = true
	}
	s.mine.Forget()
	return status
}

// await waits for a job. It is false if something else ended the wait.
func (s *shell) await(ctx context.Context, j *jobs.Job) (status int, ok bool) {
	select {
	case <-j.Done:
		return j.Status, true
	case <-ctx.Done():
		return command.Interrupted(ctx), false
	case signal := <-s.caught:
		if s.trapped(ctx, signal); s.flow != going {
			return s.status, false // the trap has exited
		}
		return signal.ExitCode(), false
	}
}

// awaitAny is wait -n: the next job that ends.
func (s *shell) awaitAny(ctx context.Context) int {
	if len(s.mine) == 0 {
		return 127
	}
	cases := []reflect.SelectCase{{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(ctx.Done())}}
	for _, j := range s.mine {
		cases = append(cases, reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(j.Done)})
	}
	// Which jobs there are is known only now, so a select statement cannot wait for them.
	i, _, _ := reflect.Select(cases)
	if i == 0 {
		return command.Interrupted(ctx)
	}
	j := s.mine[i-1]
	j.Told = true
	s.mine.Forget()
	return j.Status
}

// jobsCommand is jobs.
func jobsCommand(s *shell, _ context.Context, args []string) int {
	args = args[1:]
	pids, long := false, false
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		switch args[0] {
		case "-p":
			pids = true
		case "-l":
			long = true
		default:
			return s.refuse(2, "jobs", s.words("%s: invalid option", "Illegal option %s", ""), args[0])
		}
		args = args[1:]
	}
	list := s.mine
	if len(args) > 0 {
		j, err := s.mine.Find(args[0])
		if err != nil {
			return s.refuse(s.faults(), "jobs", s.words("%s: no such job", "No such job: %s", ""), args[0])
		}
		list = jobs.List{j}
	}
	for _, j := range list.ByID() {
		if pids {
			fmt.Fprintln(s.files.Writer(1), j.Process.PID)
		} else {
			fmt.Fprintln(s.files.Writer(1), s.mine.Line(j, s.bash, long))
		}
	}
	s.mine.Forget()
	return 0
}

// kill is the builtin, which knows jobs.
func kill(s *shell, _ context.Context, args []string) int {
	args = args[1:]
	if len(args) == 0 {
		fmt.Fprintln(s.files.Writer(2), s.words(
			"kill: usage: kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]", s.name+": 1: kill: Usage: kill [-s sigspec | -signum | -sigspec] [pid | job]... or\nkill -l [exitstatus]", ""))
		return 2
	}
	if args[0] == "-l" || args[0] == "-L" {
		return s.listSignals(args[1:])
	}
	signal, args, ok := s.killSignal(args)
	if !ok {
		return s.faults()
	}
	status := 0
	for _, arg := range args {
		if !s.killOne(signal, arg) {
			status = 1
			if _, err := strconv.Atoi(arg); err != nil {
				status = s.faults()
			}
		}
	}
	return status
}

// killSignal parses the options of kill. 0 asks whether there is such a process.
func (s *shell) killSignal(args []string) (signal command.Signal, rest []string, ok bool) {
	signal = command.SIGTERM
	name := args[0]
	switch {
	case name == "--":
		return signal, args[1:], true
	case (name == "-s" || name == "-n") && len(args) > 1:
		name, args = args[1], args[2:]
	case len(name) > 1 && name[0] == '-':
		name, args = name[1:], args[1:]
	default:
		return signal, args, true
	}
	if name == "0" {
		return 0, args, true
	}
	signal, ok = command.ParseSignal(name)
	if !ok {
		s.builtinError("kill", s.words("%s: invalid signal specification", "invalid signal number or name: %s", "invalid signal number or name: %s"), name)
	}
	return signal, args, ok
}

// killOne sends a signal to a process, a job or, if the number is negative, a group.
func (s *shell) killOne(signal command.Signal, arg string) bool {
	pid, err := strconv.Atoi(arg)
	switch {
	case strings.HasPrefix(arg, "%"):
		var j *jobs.Job
		j, err = s.mine.Find(arg)
		if err != nil {
			s.builtinError("kill", s.words("%s: no such job", "No such job: %s", ""), arg)
			return false
		}
		pid = j.Process.PID
		// At a prompt a job is a group; in a script it is in the shell's own, which must not get the signal.
		if j.Process.Group == pid {
			pid = -pid
		}
		defer s.continueKilled(j, signal)
	case err != nil:
		s.builtinError("kill", s.words("%s: arguments must be process or job IDs", "Illegal number: %s", "invalid number '%s'"), arg)
		return false
	}
	if s.call.Kill(pid, signal) {
		return true
	}
	switch {
	case s.bash:
		s.builtinError("kill", "(%d) - No such process", pid)
	case s.busybox:
		s.errorf("can't kill pid %d: No such process", pid)
	default:
		s.builtinError("kill", "No such process\n")
	}
	return false
}

// listSignals is kill -l.
func (s *shell) listSignals(args []string) int {
	w := s.files.Writer(1)
	for _, arg := range args {
		if n, err := strconv.Atoi(arg); err == nil {
			fmt.Fprintln(w, trapName(command.Signal(n&127)))
		} else if signal, ok := command.ParseSignal(arg); ok {
			fmt.Fprintln(w, int(signal))
		} else {
			s.builtinError("kill", "%s: invalid signal specification", arg)
			return 1
		}
	}
	if len(args) > 0 {
		return 0
	}
	for n := command.Signal(1); n < 32; n++ {
		switch {
		case !s.bash:
			fmt.Fprintln(w, trapName(n))
		case n%5 == 0 || n == 31:
			fmt.Fprintf(w, "%2d) %s\n", int(n), n.String())
		default:
			fmt.Fprintf(w, "%2d) %s\t", int(n), n.String())
		}
	}
	return 0
}
