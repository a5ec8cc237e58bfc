package sed

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"drydock/sim/tools/command"
)

// maxSpace bounds the pattern space and the hold space.
const maxSpace = 4 << 20

// maxLine bounds a line of the input.
const maxLine = 1 << 20

// An editor runs a script over the lines of its files.
type editor struct {
	options
	c       *command.Call
	ctx     context.Context
	script  []*instruction
	out     *output
	files   map[string]io.Writer // of w
	closers []func()

	names   []string // yet to be read
	open    io.ReadCloser
	reader  *bufio.Reader
	next    *string // the line after the current one, if it was read ahead
	nextEnd bool

	line     int
	space    string
	hold     string
	ended    bool // the current line had its newline
	replaced bool // since the last line was read, or t
	queue    []func()
	used     *regexp.Regexp // last
	quitting bool
	status   int
	failed   bool
}

// An output adds the newline that a last line has not, if something follows.
type output struct {
	w       io.Writer
	missing bool
}

func (o *output) Write(b []byte) (int, error) {
	if o.missing && len(b) > 0 {
		o.missing = false
		if _, err := o.w.Write([]byte("\n")); err != nil {
			return 0, err
		}
	}
	return o.w.Write(b)
}

// edit runs the script for each line.
func (e *editor) edit() {
	for !e.quitting && e.ctx.Err() == nil && e.advance() {
		for again := true; again; {
			again = e.cycle()
		}
	}
}

// delimiter ends lines.
func (e *editor) delimiter() byte {
	if e.zero {
		return 0
	}
	return '\n'
}

// print writes a text as a line. The last one has a newline if it had one.
func (e *editor) print(w io.Writer, text string) {
	if !e.ended && e.isLast() {
		io.WriteString(w, text)
		if out, ok := w.(*output); ok {
			out.missing = true
		}
		return
	}
	io.WriteString(w, text+string(e.delimiter()))
}

// cycle runs the script once. It is true if it begins again without a new line: D.
func (e *editor) cycle() (again bool) {
	e.replaced = false
	again, printing := e.runScript()
	if printing && !e.quiet {
		e.print(e.out, e.space)
	}
	e.flush()
	return again && !e.quitting
}

// flush writes what a and r have queued.
func (e *editor) flush() {
	for _, f := range e.queue {
		f()
	}
	e.queue = nil
}

// runScript runs the instructions. printing is whether the line is printed at the end.
func (e *editor) runScript() (again, printing bool) {
	for at := 0; at < len(e.script); {
		if e.ctx.Err() != nil {
			e.quitting = true
			return false, false
		}
		in := e.script[at]
		at++
		if !e.selects(in) {
			if in.verb == '{' {
				at = in.number
			}
			continue
		}
		next, end := e.execute(in, at)
		switch end {
		case goOn:
			at = next
		case endCycle:
			return false, true
		case dropLine:
			return false, false
		case beginAgain:
			return true, false
		}
		if len(e.space) > maxSpace || len(e.hold) > maxSpace {
			e.fail("memory exhausted")
			e.quitting, e.status = true, 4
			return false, false
		}
	}
	return false, true
}

// An ending is how an instruction leaves the script.
type ending int

const (
	goOn ending = iota
	endCycle
	dropLine
	beginAgain
)

// file opens a file of w, once.
func (e *editor) file(name string) io.Writer {
	switch name {
	case "/dev/stdout":
		return e.c.Stdout
	case "/dev/stderr":
		return e.c.Stderr
	}
	if w, ok := e.files[name]; ok {
		return w
	}
	e.files[name] = io.Discard
	f, err := e.c.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		e.fail("couldn't open file %s: %s", name, command.Reason(err))
		e.quitting, e.status = true, 4
		return io.Discard
	}
	e.files[name] = f
	e.closers = append(e.closers, func() { f.Close() })
	return f
}

// listed returns a text as l shows it.
func listed(text string) string {
	var b strings.Builder
	column := 0
	put := func(s string) {
		if column+len(s) > 69 {
			b.WriteString("\\\n")
			column = 0
		}
		b.WriteString(s)
		column += len(s)
	}
	names := map[byte]string{'\\': `\\`, '\a': `\a`, '\b': `\b`, '\f': `\f`, '\n': `\n`, '\r': `\r`, '\t': `\t`, '\v': `\v`}
	for i := range len(text) {
		c := text[i]
		switch name, ok := names[c]; {
		case ok:
			put(name)
		case c < ' ' || c >= 0x7f:
			put(fmt.Sprintf(`\%03o`, c))
		default:
			put(string(c))
		}
	}
	return b.String() + "$"
}
