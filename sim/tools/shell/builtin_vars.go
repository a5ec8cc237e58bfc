package shell

import (
	"context"
	"fmt"
	"strings"

	"drydock/sim/tools/shell/internal/vars"

	"mvdan.cc/sh/v3/syntax"
)

// set is the builtin: options and parameters, or all variables.
func set(s *shell, _ context.Context, args []string) int {
	if len(args) == 1 {
		for _, name := range s.Vars.Names() {
			if v, _ := s.Vars.Lookup(name); v.Set {
				fmt.Fprintf(s.files.Writer(1), "%s=%s\n", name, s.shown(v))
			}
		}
		return 0
	}
	p := s.options.Parse(args[1:])
	s.NoUnset, s.NoGlob = s.options.Nounset, s.options.Noglob
	byName := p.Bad != "" && p.Bad[0] != '-' && p.Bad[0] != '+'
	switch {
	case p.Bad == "":
	case s.bash && byName:
		return s.refuse(2, "set", "%s: invalid option name", p.Bad)
	case s.bash:
		s.builtinError("set", "%s: invalid option", p.Bad)
		fmt.Fprintln(s.files.Writer(2), "set: usage: set [-aefnux] [-o option-name] [--] [arg ...]")
		return 2
	case byName:
		return s.refuse(2, "set", "Illegal option -o %s", p.Bad)
	default:
		return s.refuse(2, "set", s.words("", "Illegal option %s", "illegal option %s"), p.Bad)
	}
	switch {
	case p.List:
		s.options.List(s.files.Writer(1), s.bash)
	case p.Commands:
		s.options.Commands(s.files.Writer(1))
	}
	// set -- empties the parameters, and set -x leaves them: only what was given counts.
	if p.Given {
		s.Params = p.Rest
	}
	return 0
}

// shown returns a value as set prints it.
func (s *shell) shown(v vars.Var) string {
	if v.Elements != nil {
		return arrayText(v)
	}
	// bash quotes only what a shell would read otherwise, dash everything.
	if s.bash && v.Value != "" && !strings.ContainsAny(v.Value, " \t\n'\"\\$`*?[]{}()<>|&;!~#^") {
		return v.Value
	}
	return "'" + strings.ReplaceAll(v.Value, "'", `'\''`) + "'"
}

// arrayText returns an array as an assignment has it.
func arrayText(v vars.Var) string {
	var b strings.Builder
	for _, key := range v.Keys() {
		fmt.Fprintf(&b, " [%s]=%s", key, doubleQuoted(v.Elements[key]))
	}
	return "(" + strings.TrimPrefix(b.String(), " ") + ")"
}

func doubleQuoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`").Replace(text) + `"`
}

func unset(s *shell, _ context.Context, args []string) int {
	names, functions := args[1:], false
	for len(names) > 0 && (names[0] == "-f" || names[0] == "-v") {
		functions = names[0] == "-f"
		names = names[1:]
	}
	status := 0
	for _, name := range names {
		if functions {
			s.change()
			delete(s.funcs, name)
			continue
		}
		if array, key, ok := strings.Cut(strings.TrimSuffix(name, "]"), "["); ok && s.bash {
			s.Vars.UnsetElement(array, key)
			continue
		}
		if !syntax.ValidName(name) {
			// bash says nothing of parameters, which stay.
			if s.bash && strings.Trim(name, "0123456789") == "" {
				continue
			}
			if s.bash {
				s.builtinError("unset", "`%s': not a valid identifier", name)
				status = 1
				continue
			}
			return s.refuse(2, "unset", "%s: bad variable name", name)
		}
		// Without -f or -v bash takes a name that is no variable for a function.
		if _, isVar := s.Vars.Lookup(name); !isVar && s.bash {
			s.change()
			delete(s.funcs, name)
		}
		if err := s.Vars.Unset(name); err != nil {
			if s.bash {
				s.builtinError("unset", "%s: cannot unset: readonly variable", name)
				status = 1
				continue
			}
			return s.refuse(2, "unset", "%s: is read only", name)
		}
	}
	return status
}
