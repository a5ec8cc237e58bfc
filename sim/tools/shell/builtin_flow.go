package shell

import (
	"context"
	"io"
	"os"
	"strconv"
	"strings"
)

// builtinError reports a fault of a builtin.
func (s *shell) builtinError(name, format string, args ...any) {
	if s.busybox {
		name += ": line " + strconv.Itoa(int(s.line+s.lines)-1)
	}
	s.errorf(name+": "+format, args...)
}

// refuse is builtinError that returns the status. A special builtin ends dash by it.
func (s *shell) refuse(status int, name, format string, args ...any) int {
	s.builtinError(name, format, args...)
	if !s.bash && special[name] {
		s.status = 2
		s.giveUp()
		return 2
	}
	return status
}

func colon(*shell, context.Context, []string) int { return 0 }
func no(*shell, context.Context, []string) int    { return 1 }

// number parses the argument of exit, return and so on.
func (s *shell) number(name, arg string) (n int, ok bool) {
	n, err := strconv.Atoi(arg)
	if err != nil || n < 0 && !s.bash {
		s.refuse(2, name, s.words("%s: numeric argument required", "Illegal number: %s", ""), arg)
		return 0, false
	}
	return n, true
}

// exit is the builtin. Without a number the status is that of the last command.
func exit(s *shell, _ context.Context, args []string) int {
	status := s.status
	if len(args) > 1 {
		n, ok := s.number("exit", args[1])
		if !ok {
			n = 2
		}
		status = n & 0xff
	}
	if s.interactive && s.bash && !s.sub {
		io.WriteString(s.files.Writer(2), "exit\n")
	}
	if s.staysForJobs() {
		return s.status
	}
	s.flow = exiting
	return status
}

func leaveFunction(s *shell, _ context.Context, args []string) int {
	status := s.status
	if len(args) > 1 {
		n, ok := s.number("return", args[1])
		if !ok {
			return 2
		}
		status = n & 0xff
	}
	switch {
	case s.sourced > 0:
		s.flow = returning
	case s.bash:
		s.builtinError("return", "can only `return' from a function or sourced script")
		return 1
	default:
		s.flow = exiting
	}
	return status
}

// leaveLoop is break and continue.
func leaveLoop(s *shell, _ context.Context, args []string) int {
	n := 1
	if len(args) > 1 {
		var ok bool
		if n, ok = s.number(args[0], args[1]); !ok || n < 1 {
			return 1
		}
	}
	if s.loops == 0 {
		if s.bash {
			s.builtinError(args[0], "only meaningful in a `for', `while', or `until' loop")
		}
		return 0
	}
	s.levels, s.flow = min(n, s.loops), breaking
	if args[0] == "continue" {
		s.flow = continuing
	}
	return 0
}

func eval(s *shell, ctx context.Context, args []string) int {
	s.status = 0
	s.evaluate(ctx, strings.Join(args[1:], " "))
	return s.status
}

// source is "." and source: it runs a file in this shell.
func sourceFile(s *shell, ctx context.Context, args []string) int {
	if len(args) < 2 {
		if !s.bash {
			return 0
		}
		return s.refuse(2, args[0], "filename argument required\n%s: usage: %[1]s filename [arguments]", args[0])
	}
	text, err := s.readScript(args[1])
	if err != nil {
		message := s.cannotOpen(args[1], os.O_RDONLY, err)
		if s.bash {
			s.errorf("%s", message)
			return 1
		}
		return s.refuse(2, args[0], "%s", message)
	}
	params := s.Params
	if len(args) > 2 && !(s.name == "dash") {
		s.Params = args[2:]
	}
	lines := s.lines
	s.lines, s.line = 0, 0
	s.sourced++
	s.status = 0
	s.evaluate(ctx, text)
	s.sourced--
	s.Params, s.lines = params, lines
	if s.flow == returning {
		s.flow = going
	}
	return s.status
}

// readScript reads a file to run.
func (s *shell) readScript(name string) (string, error) {
	f, err := s.open(name, os.O_RDONLY)
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxLine+1))
	if err == nil && len(text) > maxLine {
		err = errTooBig
	}
	return string(text), err
}

// execute is exec: it replaces the shell, or redirects it for good.
func execute(s *shell, ctx context.Context, args []string) int {
	if len(args) == 1 {
		s.keepFiles = true
		return 0
	}
	child := s.child(args[1:], s.Vars.Environ())
	if _, err := s.call.Commands.Lookup(child.Files, child.Dir, args[1]); err != nil {
		s.builtinError("exec", "%s: not found", args[1])
		if !s.interactive {
			s.flow = exiting
		}
		return 127
	}
	s.flow = exiting
	if s.sub && !s.job {
		return s.run(ctx, child)
	}
	return child.Exec(ctx)
}

func shift(s *shell, _ context.Context, args []string) int {
	n := 1
	if len(args) > 1 {
		var ok bool
		if n, ok = s.number("shift", args[1]); !ok {
			return s.faults()
		}
	}
	if n < 0 || n > len(s.Params) {
		if !s.bash && !s.busybox {
			return s.refuse(2, "shift", "can't shift that many")
		}
		return 1
	}
	s.Params = s.Params[n:]
	return 0
}
