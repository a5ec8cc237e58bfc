package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"drydock/sim/tools/internal/condition"
	"drydock/sim/tools/internal/escape"
	"drydock/sim/tools/internal/printf"
)

// echo is the builtin. bash's has options and leaves backslashes alone without -e, dash's is
// the other way round, but for -n.
func echo(s *shell, _ context.Context, args []string) int {
	words, end, escapes := args[1:], "\n", !s.bash && !s.busybox
	style := escape.Echo
	if escapes {
		style = escape.DashEcho
	}
	for len(words) > 0 && len(words[0]) > 1 && words[0][0] == '-' {
		// A word with another letter is text, all of it.
		if strings.Trim(words[0][1:], "neE") != "" || escapes && words[0] != "-n" {
			break
		}
		for _, c := range words[0][1:] {
			switch c {
			case 'n':
				end = ""
			case 'e':
				escapes = true
			case 'E':
				escapes = false
			}
		}
		words = words[1:]
	}
	text := strings.Join(words, " ")
	if escapes {
		var stopped bool
		// \c ends all output.
		if text, stopped = escape.Expand(text, style); stopped {
			end = ""
		}
	}
	io.WriteString(s.files.Writer(1), text+end)
	return 0
}

// print is printf.
func print(s *shell, _ context.Context, args []string) int {
	args = args[1:]
	target := ""
	if len(args) > 1 && args[0] == "-v" && s.bash {
		target, args = args[1], args[2:]
	}
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		if s.bash {
			fmt.Fprintln(s.files.Writer(2), "printf: usage: printf [-v var] format [arguments]")
			return 2
		}
		return s.refuse(2, "printf", "usage: printf format [arg ...]")
	}
	style := printf.Style{Escapes: escape.DashFormat,
		Invalid: func(arg string, partly bool) string {
			if partly && !s.bash {
				return arg + ": not completely converted"
			}
			return arg + s.words(": invalid number", ": expected numeric value", "")
		},
		Directive: func(text string) string { return text + ": invalid directive" },
	}
	if s.bash {
		style.Escapes, style.Quote = escape.Format, printf.Quote
		style.Directive = func(text string) string {
			return "`" + text[len(text)-1:] + "': invalid format character"
		}
	}
	var w io.Writer = s.files.Writer(1)
	var text strings.Builder
	if target != "" {
		w = &text
	}
	faults := printf.Print(w, args[0], args[1:], style)
	for _, fault := range faults {
		s.builtinError("printf", "%s", fault)
	}
	// What was made before a fault is assigned all the same.
	if target != "" && !s.assign(target, text.String()) {
		return 1
	}
	if len(faults) > 0 && strings.HasSuffix(faults[len(faults)-1], "invalid directive") {
		return s.faults()
	}
	return one(len(faults) > 0)
}

// testCommand is test and [.
func testCommand(s *shell, _ context.Context, args []string) int {
	name, args := args[0], args[1:]
	if name == "[" {
		if len(args) == 0 || args[len(args)-1] != "]" {
			s.errorf("%s", s.words("[: missing `]'", "[: missing ]", "missing ]"))
			return 2
		}
		args = args[:len(args)-1]
	}
	value, err := condition.Eval(s, args)
	var bad *condition.Error
	if errors.As(err, &bad) {
		text := s.conditionFault(bad)
		if !s.busybox {
			text = name + ": " + text
		}
		s.errorf("%s", text)
		return 2
	}
	return one(!value)
}

// conditionFault says what is wrong with an expression.
func (s *shell) conditionFault(e *condition.Error) string {
	switch e.Kind {
	case condition.Integer:
		return s.words(e.Arg+": integer expression expected", "Illegal number: "+e.Arg, e.Arg+": bad number")
	case condition.NotUnary:
		return s.words(e.Arg+": unary operator expected", e.Arg+": unexpected operator", e.Arg+": unknown operand")
	case condition.NotBinary:
		return s.words(e.Arg+": binary operator expected", e.Arg+": unexpected operator", e.Arg+": unknown operand")
	case condition.Missing:
		return s.words("argument expected", "argument expected", "")
	case condition.Unclosed:
		return s.words("`)' expected", "closing paren expected", "")
	}
	return s.words("too many arguments", e.Arg+": unexpected operator", e.Arg+": unknown operand")
}

// changeDir is cd.
func changeDir(s *shell, _ context.Context, args []string) int {
	args = args[1:]
	for len(args) > 0 && (args[0] == "-L" || args[0] == "-P" || args[0] == "--") {
		args = args[1:]
	}
	if len(args) > 1 && s.bash {
		s.builtinError("cd", "too many arguments")
		return 1
	}
	dir, show := "", false
	switch {
	case len(args) == 0:
		var set bool
		if dir, set = s.Vars.Get("HOME"); !set {
			// POSIX leaves open what cd does without HOME; dash does nothing.
			if !s.bash {
				return 0
			}
			s.builtinError("cd", "HOME not set")
			return 1
		}
	case args[0] == "-":
		var set bool
		if dir, set = s.Vars.Get("OLDPWD"); !set && s.bash {
			s.builtinError("cd", "OLDPWD not set")
			return 1
		}
		show = true
	default:
		dir = args[0]
	}
	// Names are logical: there are no links, which -P would follow.
	at := dir
	if !strings.HasPrefix(at, "/") {
		at = s.Dir + "/" + at
	}
	at = path.Clean(at)
	if err := s.isDir(at); err != nil {
		return s.refuseDir(dir, err)
	}
	s.Vars.Assign("OLDPWD", s.Dir)
	s.Vars.Assign("PWD", at)
	if s.bash {
		s.Vars.Export("OLDPWD")
	}
	s.Dir = at
	if show {
		fmt.Fprintln(s.files.Writer(1), at)
	}
	return 0
}

func pwd(s *shell, _ context.Context, _ []string) int {
	fmt.Fprintln(s.files.Writer(1), s.Dir)
	return 0
}

// mask is umask. It is that of what the shell creates by redirections.
func mask(s *shell, _ context.Context, args []string) int {
	if len(args) == 1 {
		fmt.Fprintf(s.files.Writer(1), "%04o\n", s.umask)
		return 0
	}
	var n uint32
	if _, err := fmt.Sscanf(args[1], "%o", &n); err != nil || n > 0o777 {
		return s.refuse(s.faults(), "umask", s.words("`%s': invalid symbolic mode operator", "Illegal mode: %s", ""), args[1])
	}
	s.umask = n
	return 0
}
