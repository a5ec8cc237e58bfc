package procps

import (
	"cmp"
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
	"c": constant("C", 2, true, "0"), "pcpu": constant("%CPU", 4, true, "0.0"), "%cpu": constant("%CPU", 4, true, "0.0"),
	"pmem": constant("%MEM", 4, true, "0.0"), "%mem": constant("%MEM", 4, true, "0.0"),
	"vsz": constant("VSZ", 6, true, "0"), "rss": constant("RSS", 5, true, "0"), "tt": {"TT", 8, false, terminal}, "tname": {"TTY", 8, false, terminal},
	"euser": {"EUSER", 8, false, user}, "start_time": {"START", 5, true, started}, "ucmd": {"CMD", 15, false, func(_ *command.Call, p *command.Process) string { return p.Name() }},
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
