// Package stdio carries what the main process of a container writes to those who want it:
// the log, which keeps lines, and who is attached, who get bytes as they come.
package stdio

import (
	"bytes"
	"slices"
	"time"
)

// A Stream is a stream of a process, by its file descriptor.
type Stream int

// The streams that a process writes.
const (
	Stdout Stream = 1
	Stderr Stream = 2
)

// An Entry is a line of the log with its newline, or a part of a long one without.
type Entry struct {
	Stream Stream
	Time   time.Time // when its end was written
	Text   []byte    // not to be changed
}

// The log keeps the newest megabyte. dockerd keeps all, and cuts lines as here.
const (
	maxLog  = 1 << 20
	maxLine = 16 << 10
)

// A log is guarded by its Output.
type log struct {
	entries []Entry
	first   int // number of entries[0]
	size    int
	partial [Stderr + 1][]byte
}

// write adds what a process has written.
func (l *log) write(s Stream, b []byte, now time.Time) {
	for len(b) > 0 {
		part := &l.partial[s]
		end := bytes.IndexByte(b, '\n') + 1
		whole := end > 0
		if !whole {
			end = len(b)
		}
		if room := maxLine - len(*part); end > room {
			end, whole = room, true
		}
		*part = append(*part, b[:end]...)
		b = b[end:]
		if whole {
			l.flush(s, now)
		}
	}
}

// flush makes an entry of what there is of a line.
func (l *log) flush(s Stream, now time.Time) {
	text := l.partial[s]
	if len(text) == 0 {
		return
	}
	l.partial[s] = nil
	l.entries = append(l.entries, Entry{s, now, text})
	l.size += len(text)
	for l.size > maxLog {
		l.size -= len(l.entries[0].Text)
		l.entries = l.entries[1:]
		l.first++
	}
}

// since returns the entries from a number on, and the number of the next one.
func (l *log) since(number int) (list []Entry, next int) {
	next = l.first + len(l.entries)
	if number < next {
		list = slices.Clone(l.entries[max(number-l.first, 0):])
	}
	return list, next
}
