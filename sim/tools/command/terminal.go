package command

import "strconv"

// A Terminal is what a stream of a command is if that is a terminal: its Stdin, Stdout or
// Stderr then is one value, a pointer, that implements Terminal besides. TerminalOf finds it.
// If it has a method Foreground() int, which returns what SetForeground has set, processes in
// the background are stopped when they read it.
type Terminal interface {
	// Size returns rows and columns, which change with SIGWINCH.
	Size() (rows, columns int)
	// SetRaw switches echo, line editing and signals by ^C off, and on again; it returns
	// whether they were off. Output of a raw terminal is not changed either.
	SetRaw(raw bool) (was bool)
	// SetForeground says which process group ^C reaches, and returns the one before.
	SetForeground(group int) (before int)
}

// TerminalOf returns the terminal that a stream of a Call is, or nil.
func TerminalOf(stream any) Terminal {
	for {
		switch s := stream.(type) {
		case Terminal:
			return s
		case interface{ unwrap() any }:
			stream = s.unwrap()
		default:
			return nil
		}
	}
}

// terminal returns that of the streams of a call, nil if none is one.
func (c *Call) terminal() Terminal {
	for _, stream := range []any{c.Stdin, c.Stdout, c.Stderr} {
		if t := TerminalOf(stream); t != nil {
			return t
		}
	}
	return nil
}

// TTY returns the name of the terminal that controls the process, "pts/0", or "" if it has none.
func (p *Process) TTY() string {
	p = p.self()
	if p.terminal == nil {
		return ""
	}
	return "pts/" + strconv.Itoa(p.tty)
}

// Foreground tells whether the process is in the group that ^C of its terminal reaches. A
// terminal that cannot tell has all of them there.
func (p *Process) Foreground() bool {
	p = p.self()
	t, ok := p.terminal.(interface{ Foreground() int })
	if p.terminal == nil || !ok {
		return p.terminal != nil
	}
	group := t.Foreground()
	return group == 0 || group == p.Group
}
