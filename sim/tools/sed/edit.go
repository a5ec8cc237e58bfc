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
	"drydock/sim/tools/internal/gnu"
)

// maxSpace bounds the pattern space and the hold space.
const maxSpace = 16 << 20

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

// readLine reads a line of the files that are left. It is false at the end of all.
func (e *editor) readLine() (line string, ended, ok bool) {
	for {
		if e.reader == nil {
			if len(e.names) == 0 {
				return "", false, false
			}
			f, err := gnu.Open(e.c, e.names[0])
			if err != nil {
				e.fail("can't read %s: %s", e.names[0], command.Reason(err))
				e.names = e.names[1:]
				continue
			}
			e.open, e.reader = f, bufio.NewReader(f)
		}
		var b strings.Builder
		for {
			part, err := e.reader.ReadSlice(e.delimiter())
			b.Write(part)
			if err == nil {
				text := b.String()
				return text[:len(text)-1], true, true
			}
			if err == bufio.ErrBufferFull && b.Len() <= maxLine {
				continue
			}
			e.closeInput(err)
			break
		}
		if b.Len() > 0 {
			return b.String(), false, true
		}
	}
}

// closeInput ends a file.
func (e *editor) closeInput(err error) {
	if err != nil && err != io.EOF && e.ctx.Err() == nil {
		reason := command.Reason(err)
		if err == bufio.ErrBufferFull {
			reason = "memory exhausted"
		}
		e.fail("read error on %s: %s", e.names[0], reason)
		e.quitting, e.status = true, 4
	}
	e.open.Close()
	e.open, e.reader, e.names = nil, nil, e.names[1:]
}

// advance makes the next line the current one.
func (e *editor) advance() bool {
	if e.next != nil {
		e.space, e.ended, e.next = *e.next, e.nextEnd, nil
	} else {
		line, ended, ok := e.readLine()
		if !ok {
			return false
		}
		e.space, e.ended = line, ended
	}
	e.line++
	return true
}

// isLast reads ahead: $ is the last line of all files.
func (e *editor) isLast() bool {
	if e.next == nil {
		line, ended, ok := e.readLine()
		if !ok {
			return true
		}
		e.next, e.nextEnd = &line, ended
	}
	return false
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

// selects tells whether an instruction is for the current line.
func (e *editor) selects(in *instruction) bool { return e.inRange(in) != in.negated }

func (e *editor) inRange(in *instruction) bool {
	switch {
	case in.from == nil:
		return true
	case in.to == nil:
		return e.matches(in.from)
	case in.active:
		if in.to.kind == byRegex {
			in.active = !e.matches(in.to)
			return true
		}
		if in.to.kind == byLast {
			in.active = !e.isLast()
			return true
		}
		in.active = e.line < in.until
		return e.line <= in.until
	}
	zero := in.from.kind == byNumber && in.from.line == 0
	if zero && e.line == 1 {
		in.active = !e.matches(in.to)
		return true
	}
	if zero || !e.matches(in.from) {
		return false
	}
	switch in.to.kind {
	case byRegex:
		in.active = true
		return true
	case byLast:
		in.active = !e.isLast()
		return true
	case byCount:
		in.until = e.line + in.to.step
	case byMultiple:
		in.until = e.line
		if in.to.step > 0 {
			in.until = (e.line + in.to.step - 1) / in.to.step * in.to.step
		}
	default:
		in.until = in.to.line
	}
	in.active = e.line < in.until
	return true
}

func (e *editor) matches(a *address) bool {
	switch a.kind {
	case byLast:
		return e.isLast()
	case byRegex:
		rx := e.regex(a.regex)
		return rx != nil && rx.MatchString(e.space)
	case byStep:
		if a.step <= 0 {
			return e.line == a.line
		}
		return e.line >= a.line && (e.line-a.line)%a.step == 0
	}
	return e.line == a.line
}

// regex returns an expression, or that used last.
func (e *editor) regex(rx *regexp.Regexp) *regexp.Regexp {
	if rx == nil {
		if e.used == nil {
			e.fail("no previous regular expression")
			e.quitting, e.status = true, 1
		}
		return e.used
	}
	e.used = rx
	return rx
}

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
