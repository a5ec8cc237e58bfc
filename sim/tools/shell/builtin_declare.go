package shell

import (
	"context"
	"fmt"
	"io"
	"strings"

	"drydock/sim/tools/shell/internal/vars"

	"mvdan.cc/sh/v3/syntax"
)

// attributes are what declare and its like change.
type attributes struct {
	name           string // of the command
	local, global  bool
	print          bool
	remove         bool // export -n, declare +x
	export         bool
	readOnly       bool
	integer        bool
	indexed, assoc bool
}

// newAttributes returns those of a command without options.
func newAttributes(name string) attributes {
	return attributes{name: name, local: name == "local", export: name == "export", readOnly: name == "readonly"}
}

// option takes an option. It is false if there is no such one.
func (a *attributes) option(arg string) bool {
	on := arg[0] == '-'
	for _, c := range arg[1:] {
		switch c {
		case 'x':
			a.export = true
			a.remove = a.remove || !on
		case 'n':
			if a.name != "export" {
				return false
			}
			a.remove = true
		case 'r':
			a.readOnly = on
		case 'i':
			a.integer = on
		case 'a':
			a.indexed = on
		case 'A':
			a.assoc = on
		case 'g':
			a.global = true
		case 'p':
			a.print = true
		default:
			return false
		}
	}
	return true
}

// apply gives a variable the attributes.
func (a *attributes) apply(v *vars.Var) {
	if a.export {
		v.Export = !a.remove
	}
	v.ReadOnly = v.ReadOnly || a.readOnly
	v.Integer = v.Integer || a.integer
	v.Assoc = v.Assoc || a.assoc
}

// declareArgs is export, readonly and local where they are commands like others: names and
// assignments that are expanded already.
func declareArgs(s *shell, _ context.Context, args []string) int {
	a := newAttributes(args[0])
	args = args[1:]
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		arg := args[0]
		args = args[1:]
		if arg == "--" {
			break
		}
		if !a.option(arg) {
			return s.refuse(2, a.name, s.words(arg+": invalid option", "Illegal option "+arg, ""))
		}
	}
	if a.name == "local" && s.Vars.Depth() == 0 {
		return s.refuse(1, "local", s.words("can only be used in a function", "not in a function", ""))
	}
	if len(args) == 0 {
		s.printVars(s.files.Writer(1), &a)
		return 0
	}
	for _, arg := range args {
		name, value, assigned := strings.Cut(arg, "=")
		if status := s.prepare(&a, name, arg); status != 0 {
			return status
		}
		if assigned && !s.assign(name, value) {
			return s.status
		}
		s.Vars.Change(name, a.apply)
	}
	return 0
}

// prepare checks a name, and makes it local.
func (s *shell) prepare(a *attributes, name, arg string) int {
	if !syntax.ValidName(name) {
		if s.bash {
			s.builtinError(a.name, "`%s': not a valid identifier", arg)
			return 1
		}
		return s.refuse(2, a.name, "%s: bad variable name", name)
	}
	local := a.local || !a.global && (a.name == "declare" || a.name == "typeset") && s.Vars.Depth() > 0
	if local {
		if err := s.Vars.Local(name, s.bash); err != nil {
			return s.refuse(1, a.name, "%v", s.Refused(name, err))
		}
	}
	return 0
}

// printVars prints the variables that have the attributes.
func (s *shell) printVars(w io.Writer, a *attributes) {
	for _, name := range s.Vars.Names() {
		v, _ := s.Vars.Lookup(name)
		if a.export && !v.Export || a.readOnly && !v.ReadOnly || a.assoc && !v.Assoc || a.indexed && (v.Elements == nil || v.Assoc) {
			continue
		}
		s.printVar(w, a, name, v)
	}
}

func (s *shell) printVar(w io.Writer, a *attributes, name string, v vars.Var) {
	if !s.bash {
		text := a.name + " " + name
		if v.Set {
			text += "=" + s.shown(v)
		}
		fmt.Fprintln(w, text)
		return
	}
	flags := ""
	for _, f := range []struct {
		letter string
		on     bool
	}{{"a", v.Elements != nil && !v.Assoc}, {"A", v.Assoc}, {"i", v.Integer}, {"r", v.ReadOnly}, {"x", v.Export}} {
		if f.on {
			flags += f.letter
		}
	}
	if flags == "" {
		flags = "-"
	}
	switch {
	case v.Elements != nil:
		fmt.Fprintf(w, "declare -%s %s=%s\n", flags, name, arrayText(v))
	case v.Set:
		fmt.Fprintf(w, "declare -%s %s=%s\n", flags, name, doubleQuoted(v.Value))
	default:
		fmt.Fprintf(w, "declare -%s %s\n", flags, name)
	}
}

// declare is declare, local, export, readonly and typeset of bash, whose arguments are
// assignments.
func (s *shell) declare(cmd *syntax.DeclClause) {
	a := newAttributes(cmd.Variant.Value)
	if s.status = 0; a.name == "local" && s.Vars.Depth() == 0 {
		s.status = s.refuse(1, "local", "can only be used in a function")
		return
	}
	names := 0
	for _, arg := range cmd.Args {
		if arg.Name != nil {
			names++
			s.declareOne(&a, arg)
		} else {
			fields, err := s.Fields(arg.Value)
			if err != nil {
				s.expansion(err)
				return
			}
			for _, text := range fields {
				if len(text) > 1 && (text[0] == '-' || text[0] == '+') && text != "--" {
					if !a.option(text) {
						s.status = s.refuse(2, a.name, "%s: invalid option", text)
						return
					}
					continue
				}
				names++
				s.declareText(&a, text)
			}
		}
		if s.flow != going {
			return
		}
	}
	if names == 0 {
		s.printVars(s.files.Writer(1), &a)
	}
}

// declareOne is one assignment or name that the parser has found.
func (s *shell) declareOne(a *attributes, arg *syntax.Assign) {
	name := arg.Name.Value
	if a.print {
		v, ok := s.Vars.Lookup(name)
		if !ok {
			s.status = s.refuse(1, a.name, "%s: not found", name)
			return
		}
		s.printVar(s.files.Writer(1), a, name, v)
		return
	}
	// The value is that of before the variable became local: local x=$x.
	value, err := "", error(nil)
	if arg.Array == nil && arg.Value != nil {
		value, err = s.Word(arg.Value)
	}
	if err != nil {
		s.expansion(err)
		return
	}
	if status := s.prepare(a, name, name); status != 0 {
		s.status = status
		return
	}
	if a.assoc || a.indexed && arg.Array == nil {
		if v, _ := s.Vars.Lookup(name); v.Elements == nil && !s.assigned(name, s.Vars.Clear(name, a.assoc)) {
			return
		}
	}
	if a.integer {
		s.Vars.Change(name, func(v *vars.Var) { v.Integer = true })
	}
	switch {
	case arg.Naked:
	case arg.Array != nil:
		if !s.assignArray(name, arg) {
			return
		}
	case arg.Index != nil || arg.Append:
		if !s.assignment(arg) {
			return
		}
	default:
		if !s.assign(name, value) {
			return
		}
	}
	s.Vars.Change(name, a.apply)
}

// declareText is an assignment or name that came of an expansion.
func (s *shell) declareText(a *attributes, text string) {
	name, value, assigned := strings.Cut(text, "=")
	if status := s.prepare(a, name, text); status != 0 {
		s.status = status
		return
	}
	if assigned && !s.assign(name, value) {
		return
	}
	s.Vars.Change(name, a.apply)
}
