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

	lines   []string // the history, the oldest first
	dropped int      // how many older ones there were
	tabs    int      // pressed one after another
}

// History returns the lines that were added, the oldest first, and the number of that.
func (e *Editor) History() (lines []string, first int) { return e.lines, e.dropped + 1 }

// Clear forgets them.
func (e *Editor) Clear() { e.lines, e.dropped = nil, 0 }

// Add remembers a line, unless it is empty or that before.
func (e *Editor) Add(line string) {
	n := len(e.lines)
	if strings.TrimSpace(line) == "" || n > 0 && e.lines[n-1] == line {
		return
	}
	e.lines = append(e.lines, line)
	if n >= maxHistory {
		e.lines = e.lines[1:]
		e.dropped++
	}
}

// ReadLine reads a line, which Add may then add to the history. The terminal is raw meanwhile. The error is io.EOF after ^D in an
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
	k := &keys{ctx: ctx, r: e.In, w: e.Out}
	t := term.NewTerminal(k, prompt)
	t.History = history{e}
	if tty != nil {
		if rows, columns := tty.Size(); rows > 0 && columns > 0 {
			t.SetSize(columns, rows)
		}
	}
	e.tabs = 0
	t.AutoCompleteCallback = func(line string, at int, key rune) (string, int, bool) {
		if key == 'R'&31 {
			return e.search(k, prompt, line, at)
		}
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

	ahead  []byte // keys that ended a search
	failed error  // of a read in it
}

func (k *keys) Write(b []byte) (int, error) { return k.w.Write(b) }

func (k *keys) Read(b []byte) (n int, err error) {
	switch {
	case len(b) == 0:
		return 0, errKeys
	case k.failed != nil:
		return 0, k.failed
	case len(k.ahead) > 0:
		n = copy(b, k.ahead)
		k.ahead = k.ahead[n:]
		return n, nil
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

// A history is that of an editor as term.History, which counts from the newest line. It adds
// nothing: what is remembered is the line as it is run.
type history struct{ *Editor }

func (h history) Add(string)      {}
func (h history) Len() int        { return len(h.lines) }
func (h history) At(i int) string { return h.lines[len(h.lines)-1-i] }
