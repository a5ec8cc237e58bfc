package shell

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// An option is one of set: its letter, its name, and whether it is on.
type option struct {
	letter byte
	name   string
	on     *bool
}

func (o *options) all() []option {
	return []option{
		{'a', "allexport", &o.allexport}, {'e', "errexit", &o.errexit}, {'f', "noglob", &o.noglob}, {'n', "noexec", &o.noexec},
		{0, "pipefail", &o.pipefail}, {'u', "nounset", &o.nounset}, {'x', "xtrace", &o.xtrace},
	}
}

func (o *options) byName(name string) *bool {
	for _, opt := range o.all() {
		if opt.name == name {
			return opt.on
		}
	}
	return nil
}

func (o *options) byLetter(letter byte) *bool {
	for _, opt := range o.all() {
		if opt.letter == letter && letter != 0 {
			return opt.on
		}
	}
	return nil
}

// letters is $-.
func (o *options) letters(s *shell) string {
	var b strings.Builder
	for _, opt := range o.all() {
		if *opt.on && opt.letter != 0 {
			b.WriteByte(opt.letter)
		}
	}
	if s.bash {
		b.WriteString("hB")
	}
	if s.interactive {
		b.WriteString("im")
	}
	switch {
	case s.source == fromLine && (s.bash || s.busybox):
		b.WriteByte('c')
	case s.source == fromStdin, s.source == fromTerminal:
		b.WriteByte('s')
	}
	letters := []byte(b.String())
	const order = "abefhimnuxBcs" // bash's
	slices.SortFunc(letters, func(a, b byte) int { return strings.IndexByte(order, a) - strings.IndexByte(order, b) })
	return string(letters)
}

// list prints the options as "set -o" does, or as commands: "set +o".
func (o *options) list(w io.Writer, s *shell, commands bool) {
	if !s.bash && !commands {
		fmt.Fprintln(w, "Current option settings")
	}
	for _, opt := range o.all() {
		state, sign := "off", "+"
		if *opt.on {
			state, sign = "on", "-"
		}
		switch {
		case commands:
			fmt.Fprintf(w, "set %so %s\n", sign, opt.name)
		case s.bash:
			fmt.Fprintf(w, "%-15s\t%s\n", opt.name, state)
		default:
			fmt.Fprintf(w, "%-16s%s\n", opt.name, state)
		}
	}
}

// parse sets the options that args begin with and returns the other arguments; given is
// whether there were any after all, or "--". bad is an option that is none.
func (s *shell) parseOptions(args []string) (rest []string, given bool, bad string) {
	for len(args) > 0 {
		arg := args[0]
		if len(arg) < 2 || arg[0] != '-' && arg[0] != '+' {
			break
		}
		args = args[1:]
		if arg == "--" {
			return args, true, ""
		}
		for i := 1; i < len(arg); i++ {
			var on *bool
			switch {
			case arg[i] != 'o':
				on, bad = s.options.byLetter(arg[i]), arg[:1]+arg[i:i+1]
			case len(args) == 0:
				s.options.list(s.files.writer(1), s, arg[0] == '+')
				continue
			default:
				on, bad = s.options.byName(args[0]), args[0]
				args = args[1:]
			}
			if on == nil {
				return nil, false, bad
			}
			*on = arg[0] == '-'
		}
	}
	s.NoUnset, s.NoGlob = s.options.nounset, s.options.noglob
	return args, len(args) > 0, ""
}
