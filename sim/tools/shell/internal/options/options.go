// Package options is the options of set(1p): errexit and its like.
package options

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// A Set is which options are on.
type Set struct {
	Allexport, Errexit, Noglob, Noexec, Pipefail, Nounset, Xtrace bool
}

// An option is one of them: its letter, its name, and whether it is on.
type option struct {
	letter byte
	name   string
	on     *bool
}

func (s *Set) all() []option {
	return []option{
		{'a', "allexport", &s.Allexport}, {'e', "errexit", &s.Errexit}, {'f', "noglob", &s.Noglob}, {'n', "noexec", &s.Noexec},
		{0, "pipefail", &s.Pipefail}, {'u', "nounset", &s.Nounset}, {'x', "xtrace", &s.Xtrace},
	}
}

// ByName returns an option, nil if there is none of the name.
func (s *Set) ByName(name string) *bool {
	for _, o := range s.all() {
		if o.name == name {
			return o.on
		}
	}
	return nil
}

// ByLetter is ByName for letters.
func (s *Set) ByLetter(letter byte) *bool {
	for _, o := range s.all() {
		if o.letter == letter && letter != 0 {
			return o.on
		}
	}
	return nil
}

// Letters returns $-: the letters of options that are on, and more, in bash's order.
func (s *Set) Letters(more string) string {
	letters := []byte(more)
	for _, o := range s.all() {
		if *o.on && o.letter != 0 {
			letters = append(letters, o.letter)
		}
	}
	const order = "abefhimnuxBcs"
	slices.SortFunc(letters, func(a, b byte) int { return strings.IndexByte(order, a) - strings.IndexByte(order, b) })
	return string(letters)
}

// List prints the options as "set -o" does in bash or dash.
func (s *Set) List(w io.Writer, bash bool) {
	if !bash {
		fmt.Fprintln(w, "Current option settings")
	}
	for _, o := range s.all() {
		state := map[bool]string{true: "on", false: "off"}[*o.on]
		if bash {
			fmt.Fprintf(w, "%-15s\t%s\n", o.name, state)
		} else {
			fmt.Fprintf(w, "%-16s%s\n", o.name, state)
		}
	}
}

// Commands prints them as the commands that set them: "set +o".
func (s *Set) Commands(w io.Writer) {
	for _, o := range s.all() {
		fmt.Fprintf(w, "set %so %s\n", map[bool]string{true: "-", false: "+"}[*o.on], o.name)
	}
}

// A Parsed is what is left of the arguments of set.
type Parsed struct {
	Rest     []string
	Given    bool   // Rest are new parameters, if only none, after "--"
	Bad      string // an option that is none
	List     bool   // -o without a name
	Commands bool   // +o without a name
}

// Parse sets the options that args begin with.
func (s *Set) Parse(args []string) Parsed {
	var p Parsed
	for len(args) > 0 {
		arg := args[0]
		if len(arg) < 2 || arg[0] != '-' && arg[0] != '+' {
			break
		}
		args = args[1:]
		if arg == "--" {
			p.Rest, p.Given = args, true
			return p
		}
		for i := 1; i < len(arg); i++ {
			var on *bool
			switch {
			case arg[i] != 'o':
				on, p.Bad = s.ByLetter(arg[i]), arg[:1]+arg[i:i+1]
			case len(args) == 0:
				p.List, p.Commands = arg[0] == '-', arg[0] == '+'
				continue
			default:
				on, p.Bad = s.ByName(args[0]), args[0]
				args = args[1:]
			}
			if on == nil {
				return p
			}
			*on, p.Bad = arg[0] == '-', ""
		}
	}
	p.Rest, p.Given = args, len(args) > 0
	return p
}
