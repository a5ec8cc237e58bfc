package shell

import (
	"context"
	"fmt"
	"maps"
)

// builtinsOf returns the builtins of a dialect.
func builtinsOf(d *dialect) map[string]builtin {
	switch {
	case d.bash:
		return bashBuiltins
	case d.busybox:
		return busyboxBuiltins
	}
	return dashBuiltins
}

var dashBuiltins, busyboxBuiltins, bashBuiltins map[string]builtin

// The tables refer to functions that refer to them.
func init() {
	dashBuiltins = map[string]builtin{
		":": colon, "true": colon, "false": no, "exit": exit, "return": leaveFunction, "break": leaveLoop, "continue": leaveLoop,
		"eval": eval, ".": sourceFile, "exec": execute, "shift": shift, "set": set, "unset": unset, "export": declareArgs,
		"readonly": declareArgs, "local": declareArgs, "echo": echo, "printf": print, "test": testCommand, "[": testCommand,
		"cd": changeDir, "pwd": pwd, "umask": mask, "read": read, "wait": wait, "jobs": jobsCommand, "fg": bringForeground, "bg": sendBackground,
		"kill": kill, "type": typeCommand, "command": commandCommand, "alias": alias, "unalias": unalias, "trap": trap, "getopts": getopts, "hash": hash,
	}
	busyboxBuiltins = maps.Clone(dashBuiltins)
	busyboxBuiltins["source"], busyboxBuiltins["history"] = sourceFile, history
	bashBuiltins = maps.Clone(busyboxBuiltins)
	bashBuiltins["builtin"], bashBuiltins["shopt"] = onlyBuiltin, shopt
}

// onlyBuiltin is builtin: it runs a builtin even if a function has its name.
func onlyBuiltin(s *shell, ctx context.Context, args []string) int {
	if len(args) == 1 {
		return 0
	}
	run, ok := s.builtins[args[1]]
	if !ok {
		s.builtinError("builtin", "%s: not a shell builtin", args[1])
		return 1
	}
	return run(s, ctx, args[1:])
}

// shopt knows the options that scripts ask for and that are as here: -s of them succeeds.
func shopt(s *shell, _ context.Context, args []string) int {
	status := 0
	for _, name := range args[1:] {
		switch name {
		case "-s", "-q", "expand_aliases", "extglob", "checkwinsize", "histappend":
		default:
			s.builtinError("shopt", "%s: invalid shell option name", name)
			status = 1
		}
	}
	return status
}

// history is what was typed.
func history(s *shell, _ context.Context, args []string) int {
	switch {
	case s.editor == nil:
	case len(args) > 1 && args[1] == "-c" && s.bash:
		s.editor.Clear()
	default:
		lines, first := s.editor.History()
		for i, line := range lines {
			fmt.Fprintf(s.files.Writer(1), "%5d  %s\n", first+i, line)
		}
	}
	return 0
}
