package shell

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"drydock/sim/tools/command"
	"drydock/sim/tools/shell/internal/jobs"
	"drydock/sim/tools/shell/internal/streams"

	"mvdan.cc/sh/v3/syntax"
)

// simple runs a command, or only the assignments. Assignments before a command are for that;
// alone they make variables. The status of what only assigns is that of its last command
// substitution.
func (s *shell) simple(ctx context.Context, cmd *syntax.CallExpr) {
	s.substitute = -1
	args, err := s.Fields(s.aliased(cmd.Args)...)
	if err != nil {
		s.expansion(err)
		return
	}
	if len(args) == 0 {
		status := 0
		for _, a := range cmd.Assigns {
			if !s.assignment(a) {
				return
			}
		}
		if s.substitute >= 0 {
			status = s.substitute
		}
		s.status = status
		return
	}
	assigned := make([]string, 0, len(cmd.Assigns))
	for _, a := range cmd.Assigns {
		value, err := s.Word(a.Value)
		if err != nil {
			s.expansion(err)
			return
		}
		assigned = append(assigned, a.Name.Value+"="+value)
	}
	s.trace(assigned, args)
	s.invoke(ctx, args, assigned)
	if s.bash {
		s.Vars.Assign("_", args[len(args)-1])
	}
}

// invoke runs a function, a builtin or a program.
func (s *shell) invoke(ctx context.Context, args, assigned []string) {
	if f, ok := s.funcs[args[0]]; ok {
		restore := s.overlay(assigned)
		s.function(ctx, f, args)
		restore()
		return
	}
	if run, ok := s.builtins[args[0]]; ok {
		restore := func() {}
		if special[args[0]] && !s.bash {
			s.keep(assigned) // as POSIX has it, and bash only in its mode for that
		} else {
			restore = s.overlay(assigned)
		}
		s.status = s.builtin(ctx, run, args)
		restore()
		return
	}
	s.program(ctx, args, assigned)
}

// builtin runs a command of the shell. Builtins do not look at the errors of their writes: a file
// system that is full is told here, once.
func (s *shell) builtin(ctx context.Context, run builtin, args []string) int {
	f := s.files[1]
	if f == nil || f.W == nil {
		return run(s, ctx, args)
	}
	out := &streams.Sink{Ctx: ctx, W: f.W}
	seen := streams.New(f.R, out, nil)
	s.files[1] = seen
	status := run(s, ctx, args)
	if s.files[1] == seen { // otherwise exec has redirected it
		s.files[1] = f
	}
	if out.Err != nil && ctx.Err() == nil {
		s.errorf("%s: write error: %s", args[0], command.Reason(out.Err))
		return 1
	}
	return status
}

// keep assigns for good.
func (s *shell) keep(assigned []string) {
	for _, a := range assigned {
		name, value, _ := strings.Cut(a, "=")
		if !s.assign(name, value) {
			return
		}
	}
}

// overlay assigns for the time of one command, as a function with local variables would. What is
// assigned so is exported, since the programs that the command runs see it.
func (s *shell) overlay(assigned []string) (restore func()) {
	if len(assigned) == 0 {
		return func() {}
	}
	s.Vars.Push()
	for _, a := range assigned {
		name, value, _ := strings.Cut(a, "=")
		if err := errors.Join(s.Vars.Local(name, true), s.Vars.Assign(name, value)); err != nil {
			s.errorf("%v", s.Refused(name, err))
			continue
		}
		s.Vars.Export(name)
	}
	return s.Vars.Pop
}

// program runs a command of the table, or a script. It is looked up here, though the process does
// it again, as it is the shell that says what is wrong, in its words.
func (s *shell) program(ctx context.Context, args, assigned []string) {
	if s.bash {
		assigned = append(slices.Clip(assigned), "_="+s.path(args[0]))
	}
	child := s.child(args, merged(s.Vars.Environ(), assigned))
	_, err := s.call.Commands.Lookup(child.Files, child.Dir, args[0])
	switch {
	case errors.Is(err, command.ErrNoExec):
		s.status = s.script(ctx, child)
		return
	case err != nil:
		s.status = s.notFound(args[0], err)
		return
	case s.last && s.replaceable():
		if s.bash && !s.job { // one shell less is around the program
			level, _ := s.Vars.Get("SHLVL")
			n, _ := strconv.Atoi(level)
			child.Env = merged(child.Env, []string{"SHLVL=" + strconv.Itoa(n-1)})
		}
		s.flow = exiting
		s.status = child.Exec(ctx)
		return
	}
	s.status = s.run(ctx, child)
}

// merged returns an environment with more variables, which win. Neither is changed.
func merged(env, more []string) []string {
	if len(more) == 0 {
		return env
	}
	all := slices.Clone(env)
	for _, v := range more {
		name, _, _ := strings.Cut(v, "=")
		if i := slices.IndexFunc(all, func(e string) bool { return strings.HasPrefix(e, name+"=") }); i >= 0 {
			all[i] = v
		} else {
			all = append(all, v)
		}
	}
	return all
}

// run runs a program in the foreground.
func (s *shell) run(ctx context.Context, child *command.Call) int {
	switch {
	case s.group != nil:
		return s.group.Run(ctx, &s.foreground, child)
	case !s.controls():
		return s.call.Commands.Run(ctx, child)
	}
	status, _ := s.asJob(ctx, func(ctx context.Context, g *jobs.Group) int { return g.Run(ctx, &s.foreground, child) })
	return status
}

// child returns a call with the streams of the shell. The call's own streams stay what they are:
// redirections are the shell's.
func (s *shell) child(args, env []string) *command.Call {
	child := *s.call
	child.Args, child.Env, child.Dir = args, env, s.Dir
	child.Stdin = s.files.Reader(0)
	child.Stdout, child.Stderr = s.files.Writer(1), s.files.Writer(2)
	return &child
}

// replaceable tells whether a program may run in the place of the shell, which saves a process
// and has signals reach it: nothing is left for the shell to do.
func (s *shell) replaceable() bool {
	return len(s.traps) == 0 && (s.job || !s.sub && !s.interactive && s.source == fromLine)
}

// notFound says that there is no such program, and returns the status for it.
func (s *shell) notFound(name string, err error) int {
	info, statErr := s.Stat(name)
	isDir := strings.Contains(name, "/") && statErr == nil && info.IsDir()
	switch {
	case isDir && s.bash:
		s.errorf("%s: Is a directory", name)
	case errors.Is(err, fs.ErrPermission):
		s.errorf("%s: Permission denied", name)
	case strings.Contains(name, "/") && s.bash:
		s.errorf("%s: No such file or directory", name)
		return command.NotFound
	default:
		s.errorf("%s", name+s.words(": command not found", ": not found", ""))
		return command.NotFound
	}
	return 126
}

// script runs a file without "#!", as a subshell.
func (s *shell) script(ctx context.Context, child *command.Call) int {
	text, err := child.ReadFile(child.Args[0])
	if err != nil || len(text) > maxLine {
		s.errorf("%s: cannot execute: required file not found", child.Args[0])
		return 126
	}
	sub := s.subshell()
	sub.name, sub.Params, sub.lines = child.Args[0], child.Args[1:], 0
	sub.text(ctx, string(text))
	return sub.status
}

// function runs a function. Its parameters and local variables end with it.
func (s *shell) function(ctx context.Context, f *syntax.FuncDecl, args []string) {
	if s.calls >= maxCalls {
		s.fail(2, "%s", s.words(args[0]+": maximum function nesting level exceeded (1000)", "Maximum function recursion depth (1000) reached", ""))
		return
	}
	params, loops, last := s.Params, s.loops, s.last
	s.Params, s.loops, s.last = args[1:], 0, false
	s.calls++
	s.sourced++
	s.Vars.Push()
	s.statement(ctx, f.Body)
	s.Vars.Pop()
	s.calls--
	s.sourced--
	s.Params, s.loops, s.last = params, loops, last
	if s.flow == returning {
		s.flow = going
	}
}

// define makes a function.
func (s *shell) define(f *syntax.FuncDecl) {
	if f.Name == nil {
		s.fail(2, "Syntax error: bad function name")
		return
	}
	s.change()
	size := int(f.End().Offset() - f.Pos().Offset())
	for _, other := range s.funcs {
		size += int(other.End().Offset() - other.Pos().Offset())
	}
	if s.tooLarge(size) {
		return
	}
	s.funcs[f.Name.Value] = f
	s.status = 0
}

// tooLarge reports, and says, that functions or aliases have too much text.
func (s *shell) tooLarge(size int) bool {
	if size > maxDefined {
		s.fail(2, "%s", s.words("xrealloc: cannot allocate memory", "Out of space", ""))
	}
	return size > maxDefined
}

// aliased returns words with an alias for the first of them replaced. An alias is a command
// with arguments; one that is more is not replaced.
func (s *shell) aliased(list []*syntax.Word) []*syntax.Word {
	if len(s.aliases) == 0 || len(list) == 0 {
		return list
	}
	seen := make(map[string]bool)
	for {
		name := list[0].Lit()
		text, ok := s.aliases[name]
		if !ok || name == "" || seen[name] || s.bash && !s.interactive {
			return list
		}
		seen[name] = true
		parsed, err := s.parse(text)
		if err != nil || len(parsed.Stmts) != 1 {
			return list
		}
		call, ok := parsed.Stmts[0].Cmd.(*syntax.CallExpr)
		if !ok || len(call.Args) == 0 || len(call.Assigns) > 0 || len(parsed.Stmts[0].Redirs) > 0 {
			return list
		}
		list = slices.Concat(call.Args, list[1:])
	}
}
