package tty

import (
	"bytes"

	"drydock/sim/tools/command"
)

const (
	maxInput  = 4095     // N_TTY_BUF_SIZE of drivers/tty/n_tty.c, less one for a newline
	maxOutput = 64 << 10 // TTYB_DEFAULT_MEM_LIMIT of drivers/tty/tty_buffer.c
)

// A discipline is the state of n_tty.c between a user and commands. The zero value is a
// terminal as it is when opened. Its user has a lock.
type discipline struct {
	raw     bool
	lines   [][]byte // to be read; an empty one is the end of the file; raw: at most one
	size    int      // of lines, in bytes; the end of the file is one
	line    []byte   // is being edited
	literal bool     // ^V was typed
	stopped bool     // by ^S

	out    []byte // to be shown
	column int    // of the cursor
	start  int    // column at which line begins
}

// room tells whether input takes a byte. An unfinished line takes any number, so that it
// can still be erased or ended: see put.
func (d *discipline) room() bool {
	return d.size+len(d.line) < maxInput || !d.raw && len(d.lines) == 0
}

// input is a byte that the user types. It returns the signal that it is, or 0.
func (d *discipline) input(c byte) command.Signal {
	switch {
	case d.raw:
		d.putRaw(c)
		return 0
	case d.literal:
		d.literal = false
		d.put(c)
		return 0
	case c == 'C'&31:
		return d.interrupt(c, command.SIGINT)
	case c == '\\'&31:
		return d.interrupt(c, command.SIGQUIT)
	case c == 'Z'&31:
		return d.interrupt(c, command.SIGTSTP)
	case c == 'S'&31:
		d.stopped = true
		return 0
	}
	d.edit(c)
	return 0
}

// edit is a byte that is not a signal.
func (d *discipline) edit(c byte) {
	switch c {
	case 'Q' & 31:
		d.stopped = false
	case '\r', '\n':
		d.echo('\n')
		d.finish('\n')
	case 'D' & 31:
		d.finish()
	case 0x7f, 'H' & 31:
		d.erase(1)
	case 'U' & 31:
		d.erase(len(d.line))
	case 'W' & 31:
		d.erase(len(d.line) - wordStart(d.line))
	case 'V' & 31:
		d.literal = true
		d.show("^\b")
	case 'R' & 31:
		d.show("^R\n")
		for _, c := range d.line {
			d.echoControl(c)
		}
	default:
		d.put(c)
	}
}

// interrupt drops what is typed and not read, and what is to be shown.
func (d *discipline) interrupt(c byte, s command.Signal) command.Signal {
	d.lines, d.size, d.line, d.out, d.stopped = nil, 0, nil, nil, false
	d.echoControl(c)
	return s
}

// put adds a byte to the line. When that is full the byte is only echoed.
func (d *discipline) put(c byte) {
	if len(d.line) == 0 {
		d.start = d.column
	}
	if d.echoControl(c); len(d.line) < maxInput {
		d.line = append(d.line, c)
	}
}

// putRaw adds a byte to what is to be read.
func (d *discipline) putRaw(c byte) {
	if len(d.lines) == 0 {
		d.lines = [][]byte{nil}
	}
	d.lines[0] = append(d.lines[0], c)
	d.size++
}

// finish ends the line.
func (d *discipline) finish(end ...byte) {
	d.line = append(d.line, end...)
	d.lines = append(d.lines, d.line)
	d.size += max(1, len(d.line))
	d.line = nil
}

// read returns the next line, or as much of it as b takes. It is false if there is none.
func (d *discipline) read(b []byte) (n int, ok bool) {
	if len(d.lines) == 0 {
		return 0, false
	}
	if len(d.lines[0]) == 0 {
		d.size--
	}
	n = copy(b, d.lines[0])
	d.size -= n
	if d.lines[0] = d.lines[0][n:]; len(d.lines[0]) == 0 {
		d.lines = d.lines[1:]
	}
	return n, true
}

// setRaw changes the mode. In raw mode all that was typed can be read at once; what was
// typed raw is a line afterwards.
func (d *discipline) setRaw(raw bool) {
	if raw && !d.raw {
		all := append(bytes.Join(d.lines, nil), d.line...)
		d.lines, d.line, d.size = nil, nil, len(all)
		if len(all) > 0 {
			d.lines = [][]byte{all}
		}
		d.literal, d.stopped = false, false
	}
	d.raw = raw
}
