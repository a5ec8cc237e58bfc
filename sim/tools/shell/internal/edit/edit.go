// Package edit reads lines at a prompt, with editing, history and completion.
//
// The editor is golang.org/x/term's Terminal: it needs no terminal of the operating system, as
// github.com/peterh/liner does, and has no goroutine that reads on while a command runs, as
// github.com/chzyer/readline has. What it lacks is added here: ^C, and lists of completions.
package edit

import (
	"context"
	"errors"
	"io"
	"strings"

	"drydock/sim/tools/command"

	"golang.org/x/term"
)

// ErrInterrupt is ^C.
var ErrInterrupt = errors.New("interrupted")

// errKeys is a sequence of keys that the editor cannot hold: it would read for ever.
var errKeys = errors.New("sequence too long")

// maxHistory is bash's HISTSIZE.
const maxHistory = 500

// An Editor reads lines from a terminal.
type Editor struct {
	In  io.Reader
	Out io.Writer
	// Complete returns where in the text before the cursor the word to complete begins, and
	// what it could be. It may be nil.
	Complete func(text string) (start int, words []string)
	// Resized has a signal when the terminal has another size: the line is shown anew then,
	// as readline does. It may be nil.
	Resized <-chan command.Signal

	lines history
	tabs  int // pressed one after another
}

// History returns the lines that were read, the oldest first.
func (e *Editor) History() []string { return e.lines }

// Clear forgets them.
func (e *Editor) Clear() { e.lines = nil }

// ReadLine reads a line. The terminal is raw meanwhile. The error is io.EOF after ^D in an
// empty line, ErrInterrupt after ^C, or that of the terminal.
func (e *Editor) ReadLine(ctx context.Context, prompt string) (string, error) {
	tty := command.TerminalOf(e.In)
	if tty != nil {
		defer tty.SetRaw(tty.SetRaw(true))
	}
	if i := strings.LastIndexByte(prompt, '\n'); i >= 0 { // the editor counts columns
		io.WriteString(e.Out, strings.ReplaceAll(prompt[:i+1], "\n", "\r\n"))
		prompt = prompt[i+1:]
	}
	for {
		line, err := e.read(ctx, tty, prompt)
		switch {
		case errors.Is(err, errKeys):
			continue
		case errors.Is(err, ErrInterrupt):
			io.WriteString(e.Out, "^C\r\n")
		}
		return line, err
	}
}

// read reads a line with a new terminal of x/term: an old one would go on with the line that
// ^C has ended.
func (e *Editor) read(ctx context.Context, tty command.Terminal, prompt string) (string, error) {
	t := term.NewTerminal(&keys{ctx: ctx, r: e.In, w: e.Out}, prompt)
	t.History = &e.lines
	if tty != nil {
		if rows, columns := tty.Size(); rows > 0 && columns > 0 {
			t.SetSize(columns, rows)
		}
	}
	e.tabs = 0
	t.AutoCompleteCallback = func(line string, at int, key rune) (string, int, bool) {
		if key != '\t' || e.Complete == nil {
			e.tabs = 0
			return "", 0, false
		}
		e.tabs++
		return e.complete(t, prompt, line, at)
	}
	defer e.follow(t, tty)()
	return t.ReadLine()
}

// follow shows the line anew when the terminal has another size, until stop is called.
func (e *Editor) follow(t *term.Terminal, tty command.Terminal) (stop func()) {
	select {
	case <-e.Resized: // while a command ran
	default:
	}
	done, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		for {
			select {
			case <-e.Resized:
				if rows, columns := tty.Size(); rows > 0 && columns > 0 {
					t.SetSize(columns, rows)
				}
				t.Write(nil)
			case <-done:
				return
			}
		}
	}()
	return func() {
		close(done)
		<-over
	}
}

// keys reads one byte at a time, so that what is typed ahead is left for commands.
type keys struct {
	ctx context.Context
	r   io.Reader
	w   io.Writer
}

func (k *keys) Write(b []byte) (int, error) { return k.w.Write(b) }

func (k *keys) Read(b []byte) (n int, err error) {
	if len(b) == 0 {
		return 0, errKeys
	}
	for n == 0 && err == nil {
		if r, ok := k.r.(command.ContextReader); ok {
			n, err = r.ReadContext(k.ctx, b[:1])
		} else {
			n, err = k.r.Read(b[:1])
		}
	}
	if n > 0 && b[0] == 'C'&31 {
		return 0, ErrInterrupt
	}
	return n, err
}

// A history is lines, the oldest first. It is a term.History, which counts from the newest.
type history []string

// Add remembers a line, unless it is empty or that before.
func (h *history) Add(line string) {
	n := len(*h)
	if strings.TrimSpace(line) == "" || n > 0 && (*h)[n-1] == line {
		return
	}
	*h = append(*h, line)
	if n >= maxHistory {
		*h = (*h)[1:]
	}
}

func (h *history) Len() int        { return len(*h) }
func (h *history) At(i int) string { return (*h)[len(*h)-1-i] }
