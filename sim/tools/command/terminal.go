package command

// A Terminal is what a stream of a command is if that is a terminal: its Stdin, Stdout or
// Stderr then is one value that implements Terminal besides. TerminalOf finds it.
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
