package nftables

import (
	"fmt"
	"strings"
)

// An Error is what nft prints when it fails.
type Error struct {
	text string
	Err  error // of package nat, or nil
}

// Error returns the text, with the line that is wrong and a mark below it.
func (e *Error) Error() string { return e.text }

// Unwrap returns the reason of package nat, nil where nft itself has refused.
func (e *Error) Unwrap() error { return e.Err }

// ExitCode returns the status of the command, 1.
func (e *Error) ExitCode() int { return 1 }

// A span is a piece of the input.
type span struct{ from, to int }

// to returns the span from the beginning of s to the end of t.
func (s span) upTo(t span) span { return span{s.from, t.to} }

// A fault is something wrong at a span; because is another that it is about.
type fault struct {
	message string
	at      span
	because *span
	err     error
	more    *fault // that follows from it
}

func (f *fault) Error() string { return f.message }

// wrong ends the reading of a command.
func wrong(at span, format string, args ...any) *fault {
	return &fault{message: fmt.Sprintf(format, args...), at: at}
}

// A source is text with a name, "" for a command line.
type source struct {
	name string
	text string
}

// describe returns what nft prints about a fault.
func (s *source) describe(f *fault) string {
	from := strings.LastIndexByte(s.text[:min(f.at.from, len(s.text))], '\n') + 1
	line, _, _ := strings.Cut(s.text[from:], "\n")
	var b strings.Builder
	column, end := f.at.from-from, max(f.at.to-from, f.at.from-from+1)
	if s.name != "" {
		number := strings.Count(s.text[:from], "\n") + 1
		fmt.Fprintf(&b, "%s:%d:%d-%d: ", s.name, number, column+1, end)
	}
	fmt.Fprintf(&b, "Error: %s\n%s\n", f.message, line)
	end = min(end, len(line)+1)
	all := end
	if f.because != nil {
		all = min(max(end, f.because.to-from), len(line)+1)
	}
	for i := range all {
		switch {
		case i >= column && i < end:
			b.WriteByte('^')
		case f.because != nil && i >= f.because.from-from && i < f.because.to-from:
			b.WriteByte('~')
		case i < len(line) && line[i] == '\t':
			b.WriteByte('\t')
		default:
			b.WriteByte(' ')
		}
	}
	b.WriteByte('\n')
	return b.String()
}
