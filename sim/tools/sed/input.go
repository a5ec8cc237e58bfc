package sed

import (
	"bufio"
	"io"
	"strings"

	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/gnu"
)

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
