package shell

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// A found is what a name means as a command.
type found struct{ kind, text string }

// what finds out what a name means.
func (s *shell) what(name string, functions bool) (found, bool) {
	if alias, ok := s.aliases[name]; ok && functions {
		return found{"alias", alias}, true
	}
	if syntax.IsKeyword(name) {
		return found{kind: "keyword"}, true
	}
	if _, ok := s.funcs[name]; ok && functions {
		return found{kind: "function"}, true
	}
	if _, ok := s.builtins[name]; ok {
		return found{kind: "builtin"}, true
	}
	if strings.Contains(name, "/") {
		if _, err := s.call.Commands.Lookup(s.call.Files, s.Dir, name); err != nil {
			return found{}, false
		}
		return found{"file", name}, true
	}
	at, ok := s.call.Commands.Path(s.call.Files, name)
	return found{"file", at}, ok
}

// typeCommand is type.
func typeCommand(s *shell, _ context.Context, args []string) int {
	args = args[1:]
	word, onlyPath := false, false
	for len(args) > 0 && s.bash && (args[0] == "-t" || args[0] == "-p") {
		word, onlyPath = args[0] == "-t", args[0] == "-p"
		args = args[1:]
	}
	status := 0
	w := s.files.Writer(1)
	for _, name := range args {
		f, ok := s.what(name, true)
		switch {
		case !ok && (word || onlyPath):
			status = 1
		case !ok && s.bash:
			s.builtinError("type", "%s: not found", name)
			status = 1
		case !ok:
			fmt.Fprintf(w, "%s: not found\n", name)
			status = 127
		case word:
			fmt.Fprintln(w, f.kind)
		case onlyPath && f.kind == "file":
			fmt.Fprintln(w, f.text)
		case !onlyPath:
			fmt.Fprintln(w, s.describe(name, f))
		}
	}
	return status
}

// describe says in words what a name means.
func (s *shell) describe(name string, f found) string {
	switch f.kind {
	case "alias":
		return name + s.words(" is aliased to `"+f.text+"'", " is an alias for "+f.text, "")
	case "keyword":
		return name + " is a shell keyword"
	case "function":
		return name + s.words(" is a function", " is a shell function", "")
	case "builtin":
		if special[name] && !s.bash && !s.busybox {
			return name + " is a special shell builtin"
		}
		return name + " is a shell builtin"
	}
	return name + " is " + f.text
}

// commandCommand is command: it runs without functions, and with -v tells what would be run.
func commandCommand(s *shell, ctx context.Context, args []string) int {
	args = args[1:]
	if len(args) > 0 && args[0] == "-p" {
		args = args[1:]
	}
	if len(args) > 0 && (args[0] == "-v" || args[0] == "-V") {
		return s.commandNames(args[0] == "-V", args[1:])
	}
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		return 0
	}
	if run, ok := s.builtins[args[0]]; ok {
		return run(s, ctx, args)
	}
	s.program(ctx, args, nil)
	return s.status
}

// commandNames is command -v and -V.
func (s *shell) commandNames(words bool, names []string) int {
	status := 0
	some := false
	for i, name := range names {
		if i > 0 && !s.bash {
			break // dash looks at one
		}
		f, ok := s.what(name, true)
		some = some || ok
		switch {
		case !ok:
			status = one(true)
			if !s.bash {
				status = 127
			}
			if words {
				s.builtinError("command", "%s: not found", name)
			}
		case words:
			fmt.Fprintln(s.files.Writer(1), s.describe(name, f))
		case f.kind == "alias":
			fmt.Fprintf(s.files.Writer(1), "alias %s='%s'\n", name, f.text)
		case f.kind == "file":
			fmt.Fprintln(s.files.Writer(1), f.text)
		default:
			fmt.Fprintln(s.files.Writer(1), name)
		}
	}
	if some && s.bash {
		return 0
	}
	return status
}

// hash remembers nothing, so there is nothing that -r would forget.
func hash(s *shell, _ context.Context, args []string) int {
	status := 0
	for _, name := range args[1:] {
		if name == "-r" {
			continue
		}
		if _, ok := s.what(name, true); !ok {
			s.builtinError("hash", "%s: not found", name)
			status = 1
		}
	}
	return status
}

func alias(s *shell, _ context.Context, args []string) int {
	w := s.files.Writer(1)
	show := func(name string) {
		prefix := ""
		if s.bash {
			prefix = "alias "
		}
		fmt.Fprintf(w, "%s%s='%s'\n", prefix, name, strings.ReplaceAll(s.aliases[name], "'", `'\''`))
	}
	if len(args) == 1 {
		for _, name := range slices.Sorted(maps.Keys(s.aliases)) {
			show(name)
		}
		return 0
	}
	status := 0
	for _, arg := range args[1:] {
		name, value, assigned := strings.Cut(arg, "=")
		if assigned {
			size := len(name) + len(value)
			for name, value := range s.aliases {
				size += len(name) + len(value)
			}
			if s.tooLarge(size) {
				return s.status
			}
			s.change()
			s.aliases[name] = value
			continue
		}
		if _, ok := s.aliases[name]; ok {
			show(name)
			continue
		}
		s.noAlias("alias", name)
		status = 1
	}
	return status
}

func (s *shell) noAlias(command, name string) {
	if s.bash {
		s.builtinError(command, "%s: not found", name)
	} else {
		fmt.Fprintf(s.files.Writer(2), "%s: %s not found\n", command, name)
	}
}

func unalias(s *shell, _ context.Context, args []string) int {
	s.change()
	status := 0
	for _, name := range args[1:] {
		if name == "-a" {
			clear(s.aliases)
			continue
		}
		if _, ok := s.aliases[name]; !ok {
			s.noAlias("unalias", name)
			status = 1
		}
		delete(s.aliases, name)
	}
	return status
}
