package procps

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"drydock/sim/internal/users"
	"drydock/sim/tools/command"
)

// A column is one of ps: its heading, how wide it is, and what it shows. Numbers are at the
// right.
type column struct {
	heading string
	width   int
	right   bool
	show    func(c *command.Call, p *command.Process) string
}

func number(heading string, width int, f func(p *command.Process) int) column {
	return column{heading, width, true, func(_ *command.Call, p *command.Process) string { return strconv.Itoa(f(p)) }}
}

func constant(heading string, width int, right bool, text string) column {
	return column{heading, width, right, func(*command.Call, *command.Process) string { return text }}
}

func pid(p *command.Process) int    { return p.PID }
func parent(p *command.Process) int { return p.Parent }
func group(p *command.Process) int  { return p.Group }

// user is the name of who runs a process, or the number of one without a name. A longer one than
// fits is cut, with a plus.
func user(c *command.Call, p *command.Process) string {
	text, _ := c.ReadFile("/etc/passwd")
	const width = 8
	name := users.NameOf(p.User.UID, string(text))
	if len(name) > width {
		name = name[:width-1] + "+"
	}
	return name
}

// line is the command line of a process.
func line(_ *command.Call, p *command.Process) string { return strings.Join(p.CommandLine(), " ") }

// terminal is what controls a process, or "?".
func terminal(_ *command.Call, p *command.Process) string { return cmp.Or(p.TTY(), "?") }

// state is S for who sleeps, R for ps itself, T for who is stopped, with s for the first process
// of a session, and + in the foreground of a terminal.
func state(c *command.Call, p *command.Process) string {
	text := "S"
	switch {
	case p == c.Process():
		text = "R"
	case p.Stopped() != 0:
		text = "T"
	}
	if p.Parent == 0 {
		text += "s"
	}
	if p.Foreground() {
		text += "+"
	}
	return text
}

// started shows the time of today, or the day.
func started(_ *command.Call, p *command.Process) string {
	t := p.Started.UTC()
	if time.Since(t) < 24*time.Hour {
		return t.Format("15:04")
	}
	return t.Format("Jan02")
}

// fields are those of -o.
var fields = map[string]column{
	"pid": number("PID", 7, pid), "ppid": number("PPID", 7, parent), "pgid": number("PGID", 7, group), "pgrp": number("PGRP", 7, group),
	"user": {"USER", 8, false, user}, "uid": number("UID", 5, func(p *command.Process) int { return p.User.UID }),
	"comm": {"COMMAND", 15, false, func(_ *command.Call, p *command.Process) string { return p.Name() }},
	"args": {"COMMAND", 27, false, line}, "cmd": {"CMD", 27, false, line}, "command": {"COMMAND", 27, false, line},
	"tty": {"TT", 8, false, terminal}, "stat": {"STAT", 4, false, state}, "stime": {"STIME", 5, false, started},
	"time":  constant("TIME", 8, true, "00:00:00"),
	"etime": {"ELAPSED", 11, true, func(_ *command.Call, p *command.Process) string { return clock(time.Since(p.Started)) }},
}

// The columns of ps, ps -f and ps aux.
var (
	short = []column{number("PID", 7, pid), {"TTY", 8, false, terminal}, constant("TIME", 8, true, "00:00:00"), {"CMD", 0, false,
		func(_ *command.Call, p *command.Process) string { return p.Name() }}}
	full = []column{{"UID", 8, false, user}, number("PID", 7, pid), number("PPID", 7, parent), constant("C", 2, true, "0"), {"STIME", 5, false, started},
		{"TTY", 8, false, terminal}, constant("TIME", 8, true, "00:00:00"), {"CMD", 0, false, line}}
	wide = []column{{"USER", 8, false, user}, number("PID", 7, pid), constant("%CPU", 4, true, "0.0"), constant("%MEM", 4, true, "0.0"),
		constant("VSZ", 6, true, "0"), constant("RSS", 5, true, "0"), {"TTY", 8, false, terminal}, {"STAT", 4, false, state},
		{"START", 5, true, started}, constant("TIME", 6, true, "0:00"), {"COMMAND", 0, false, line}}
	bsd = []column{number("PID", 7, pid), {"TTY", 8, false, terminal}, {"STAT", 4, false, state}, constant("TIME", 6, true, "0:00"), {"COMMAND", 0, false, line}}
)

// A selection is what the arguments of ps ask for.
type selection struct {
	all     bool
	pids    []int
	columns []column
}

// PS is ps(1).
func PS(_ context.Context, c *command.Call) int {
	s := selection{columns: short}
	if bad := s.parse(c.Args[1:]); bad != "" {
		return c.Fail(1, "error: %s\n\nUsage:\n ps [options]\n\n Try 'ps --help <simple|list|output|threads|misc|all>'\n  or 'ps --help <s|l|o|t|m|a>'\n for additional help text.\n\nFor more details see ps(1).\n", bad)
	}
	var list []*command.Process
	for _, p := range c.Processes().List() {
		switch {
		case len(s.pids) > 0 && !slices.Contains(s.pids, p.PID):
		case len(s.pids) == 0 && !s.all && p.TTY() != c.Process().TTY():
		default:
			list = append(list, p)
		}
	}
	s.print(c, list)
	if len(list) == 0 {
		return 1
	}
	return 0
}

// parse reads options with and without a dash. It returns what is wrong with them.
func (s *selection) parse(args []string) (bad string) {
	for i := 0; i < len(args); i++ {
		arg := args[i]
		value := func() string {
			i++
			if i < len(args) {
				return args[i]
			}
			return ""
		}
		switch {
		case arg == "-p" || arg == "p" || arg == "--pid":
			bad = s.choose(value())
		case arg == "-o" || arg == "o":
			bad = s.format(value())
		case strings.HasPrefix(arg, "-o"):
			bad = s.format(arg[2:])
		case strings.HasPrefix(arg, "-p"):
			bad = s.choose(arg[2:])
		case strings.HasPrefix(arg, "-"):
			bad = s.unix(arg[1:], value)
		default:
			bad = s.bsd(arg)
		}
		if bad != "" {
			return bad
		}
	}
	return ""
}

func (s *selection) unix(letters string, value func() string) string {
	if strings.Contains(letters, "aux") { // -aux is aux, as a user x is not there
		return s.bsd(letters)
	}
	for i, c := range letters {
		switch c {
		case 'e', 'A':
			s.all = true
		case 'f':
			s.columns = full
		case 'w':
		case 'o':
			if i == len(letters)-1 {
				return s.format(value())
			}
			return s.format(letters[i+1:])
		default:
			return "unsupported SysV option"
		}
	}
	return ""
}

func (s *selection) bsd(letters string) string {
	if n, err := strconv.Atoi(letters); err == nil {
		s.pids = append(s.pids, n)
		return ""
	}
	for _, c := range letters {
		switch c {
		case 'a', 'x':
			s.all = true
			if len(s.columns) != len(wide) {
				s.columns = bsd
			}
		case 'u':
			s.columns = wide
		case 'w':
		default:
			return "unsupported option (BSD syntax)"
		}
	}
	return ""
}

func (s *selection) choose(list string) string {
	for text := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(text)
		if err != nil {
			return "process ID list syntax error"
		}
		s.pids = append(s.pids, n)
	}
	return ""
}

// format reads the fields of -o, which may have a heading of their own.
func (s *selection) format(list string) string {
	s.columns = nil
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
	headings := false
	for _, f := range s.columns {
		headings = headings || f.heading != ""
	}
	if headings {
		row(func(f column) string { return f.heading })
	}
	for _, p := range list {
		row(func(f column) string { return f.show(c, p) })
	}
}
