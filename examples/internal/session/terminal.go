package session

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"
	"time"

	"drydock/sim"
	"drydock/sim/tools/command"
)

// A Terminal is somebody who sits in front of a host: a terminal in which bash runs.
type Terminal struct {
	shell *sim.Cmd
	keys  *command.Pipe
	seen  screen
	skip  bool // what is shown may come before what is expected next

	interrupted bool // a program may end the line of ^C, and may not
}

// The size of a terminal, wide enough that no line of a document is broken.
const (
	rows    = 50
	columns = 250
)

// Open opens a terminal on a host. What it shows is also written to w, as it comes.
func Open(ctx context.Context, h *sim.Host, w io.Writer) (*Terminal, error) {
	t := &Terminal{shell: h.Exec(ctx, "bash"), keys: command.NewPipe()}
	t.seen.also, t.seen.changed = w, make(chan struct{})
	t.shell.TTY, t.shell.Stdin, t.shell.Stdout = true, t.keys, &t.seen
	t.shell.Env = []string{`PS1=[\u@\h \W]\$ `}
	if err := t.shell.Start(); err != nil {
		return nil, err
	}
	t.shell.Resize(rows, columns)
	return t, nil
}

// Close hangs up.
func (t *Terminal) Close() {
	t.keys.CloseWrite()
	t.shell.Signal(command.SIGHUP)
	t.shell.Wait()
}

// Type types keys.
func (t *Terminal) Type(keys string) { t.keys.Write([]byte(keys)) }

// patience is how long a terminal may show nothing that is waited for. In virtual time it
// passes when nothing more will come.
const patience = 90 * time.Second

// Expect waits until the next thing that is shown matches re, which is anchored, and takes it
// off. Whole lines end with a newline.
func (t *Terminal) Expect(re *regexp.Regexp) error {
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for {
		text, changed := t.seen.look()
		if t.interrupted && !bytes.HasPrefix(text, []byte("^C")) && len(text) > 0 {
			t.interrupted = false
			if text[0] == '\n' {
				t.seen.take(1)
				continue
			}
		}
		if at := re.FindIndex(text); at != nil {
			t.seen.take(at[1])
			t.skip = false
			return nil
		}
		line, _, whole := bytes.Cut(text, []byte("\n"))
		if whole && t.skip {
			t.seen.take(len(line) + 1)
			continue
		}
		if whole {
			return fmt.Errorf("want %s\n got %s", strings.TrimPrefix(re.String(), `\A`), line)
		}
		select {
		case <-changed:
		case <-timeout.C:
			text, _ := t.seen.look()
			return fmt.Errorf("want %s\n got %q and nothing more", strings.TrimPrefix(re.String(), `\A`), text)
		}
	}
}

// A screen is what a terminal shows, without what moves the cursor.
type screen struct {
	also io.Writer

	mu      sync.Mutex
	part    []byte // of a control sequence, whose end is yet to come
	text    []byte // not yet taken
	back    bool   // the cursor is at the beginning of the line
	changed chan struct{}
}

// control is what line editors send to move the cursor and erase.
var control = regexp.MustCompile(`\x1b\[[0-9;?]*[A-Za-z]|\x07`)

// left moves the cursor, as it comes here always to where the line is then shown anew.
var left = regexp.MustCompile(`\x1b\[[0-9]*D`)

var unfinished = regexp.MustCompile(`(?:\x1b(?:\[[0-9;?]*)?|\r)$`)

func (s *screen) Write(b []byte) (n int, err error) {
	n = len(b)
	if s.also != nil {
		s.also.Write(b)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b = append(s.part, b...)
	cut := len(b)
	if at := unfinished.FindIndex(b); at != nil {
		cut = at[0]
	}
	s.part = bytes.Clone(b[cut:])
	for _, c := range control.ReplaceAll(left.ReplaceAll(b[:cut], []byte("\r")), nil) {
		s.put(c)
	}
	close(s.changed)
	s.changed = make(chan struct{})
	return n, nil
}

// put shows a byte. What comes after a carriage return is shown in place of the line.
//
// +checklocks:s.mu
func (s *screen) put(c byte) {
	if c == '\r' {
		s.back = true
		return
	}
	if s.back && c != '\n' {
		s.text = s.text[:bytes.LastIndexByte(s.text, '\n')+1]
	}
	s.back = false
	s.text = append(s.text, c)
}

func (s *screen) look() (text []byte, changed <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text[:len(s.text):len(s.text)], s.changed
}

func (s *screen) take(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text = s.text[n:]
}
