package procps

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"drydock/sim/tools/command"
)

// A selection is what the arguments of ps ask for. Of processes it has all, or those that a
// list names: without both, those of the terminal.
type selection struct {
	all, listed bool
	quick       bool // of -q, which counts more than all
	pids        []int
	names       []string // of programs
	users       []string
	columns     []column
	own         bool // the columns are those of -o
	bare        bool // without headings
}

// PS is ps(1).
func PS(_ context.Context, c *command.Call) int {
	s := selection{columns: short}
	if bad := s.parse(c.Args[1:]); bad != "" {
		return c.Fail(1, "error: %s\n\nUsage:\n ps [options]\n\n Try 'ps --help <simple|list|output|threads|misc|all>'\n  or 'ps --help <s|l|o|t|m|a>'\n for additional help text.\n\nFor more details see ps(1).\n", bad)
	}
	var list []*command.Process
	for _, p := range c.Processes().List() {
		if s.has(c, p) {
			list = append(list, p)
		}
	}
	s.print(c, list)
	if len(list) == 0 {
		return 1
	}
	return 0
}

// has tells whether a process is one of those that are shown.
func (s *selection) has(c *command.Call, p *command.Process) bool {
	switch {
	case s.all && !s.quick:
		return true
	case !s.listed:
		return p.TTY() == c.Process().TTY()
	}
	return slices.Contains(s.pids, p.PID) || slices.Contains(s.names, p.Name()) ||
		slices.Contains(s.users, user(c, p)) || slices.Contains(s.users, strconv.Itoa(p.User.UID))
}

// long are the options with two dashes, by the letter of which they are another word.
var long = map[string]rune{"--pid": 'p', "--quick-pid": 'q', "--format": 'o', "--user": 'u', "--no-headers": 'h', "--no-heading": 'h'}

// parse reads options with and without a dash. It returns what is wrong with them.
func (s *selection) parse(args []string) (bad string) {
	for len(args) > 0 && bad == "" {
		arg := args[0]
		args = args[1:]
		value := func() (v string) {
			if len(args) > 0 {
				v, args = args[0], args[1:]
			}
			return v
		}
		name, own, given := strings.Cut(arg, "=")
		letter, isLong := long[name]
		switch {
		case arg == "":
		case isLong && given:
			bad = s.option(letter, func() string { return own })
		case isLong:
			bad = s.option(letter, value)
		case arg[0] != '-':
			bad = s.bsd(arg, value)
		case strings.Contains(arg, "aux"): // -aux is aux, as a user x is not there
			bad = s.bsd(arg[1:], value)
		default:
			bad = s.unix(arg[1:], value)
		}
	}
	return bad
}

// unix reads letters after a dash. What follows one with a value in the same word is that.
func (s *selection) unix(letters string, value func() string) (bad string) {
	for i, c := range letters {
		switch {
		case strings.ContainsRune("pqoCu", c) && i < len(letters)-1:
			return s.option(c, func() string { return letters[i+1:] })
		case c == 'h':
			return "unsupported SysV option"
		}
		if bad = s.option(c, value); bad != "" {
			return bad
		}
	}
	return ""
}

// option does what an option with a dash does.
func (s *selection) option(letter rune, value func() string) string {
	switch letter {
	case 'e', 'A':
		s.all = true
	case 'f':
		if !s.own {
			s.columns = full
		}
	case 'h':
		s.bare = true
	case 'w':
	case 'p', 'q':
		s.quick = s.quick || letter == 'q'
		return s.choose(value())
	case 'C', 'u':
		list := strings.Split(value(), ",")
		s.listed = true
		if letter == 'C' {
			s.names = append(s.names, list...)
		} else {
			s.users = append(s.users, list...)
		}
	case 'o':
		return s.format(value())
	default:
		return "unsupported SysV option"
	}
	return ""
}

// bsd reads letters without a dash, or PIDs.
func (s *selection) bsd(letters string, value func() string) string {
	if letters[0] >= '0' && letters[0] <= '9' {
		return s.choose(letters)
	}
	for i, c := range letters {
		switch c {
		case 'a', 'x':
			s.all = true
			if len(s.columns) != len(wide) && !s.own {
				s.columns = bsd
			}
		case 'u':
			if !s.own {
				s.columns = wide
			}
		case 'w':
		case 'h', 'e':
			s.bare = s.bare || c == 'h'
		case 'o', 'p', 'q':
			if rest := letters[i+1:]; rest != "" {
				value = func() string { return rest }
			}
			return s.option(c, value)
		default:
			return "unsupported option (BSD syntax)"
		}
	}
	return ""
}

func (s *selection) choose(list string) string {
	s.listed = true
	for text := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(text)
		if err != nil {
			return "process ID list syntax error"
		}
		s.pids = append(s.pids, n)
	}
	return ""
}

// format reads the fields of -o, which may have a heading of their own. They follow those of
// another -o.
func (s *selection) format(list string) string {
	if !s.own {
		s.columns, s.own = nil, true
	}
	for text := range strings.FieldsFuncSeq(list, func(r rune) bool { return r == ',' || r == ' ' }) {
		name, heading, own := strings.Cut(text, "=")
		f, ok := fields[name]
		if !ok {
			return "unknown user-defined format specifier \"" + name + "\""
		}
		if own {
			f.heading, f.width = heading, max(f.width, len(heading))
		}
		s.columns = append(s.columns, f)
	}
	if len(s.columns) == 0 {
		return "list of format specifiers must follow -o"
	}
	return ""
}

func (s *selection) print(c *command.Call, list []*command.Process) {
	row := func(cell func(f column) string) {
		var b strings.Builder
		for i, f := range s.columns {
			if i > 0 {
				b.WriteByte(' ')
			}
			width := f.width
			switch {
			case f.right:
				fmt.Fprintf(&b, "%*s", width, cell(f))
			case i == len(s.columns)-1:
				b.WriteString(cell(f))
			default:
				fmt.Fprintf(&b, "%-*s", width, cell(f))
			}
		}
		c.Printf("%s\n", b.String())
	}
	if !s.bare && slices.ContainsFunc(s.columns, func(f column) bool { return f.heading != "" }) {
		row(func(f column) string { return f.heading })
	}
	for _, p := range list {
		row(func(f column) string { return f.show(c, p) })
	}
}
