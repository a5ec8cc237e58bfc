package session

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"drydock/sim"
	"drydock/sim/tools/command"
)

// A Terminal is somebody who sits in front of a host: a terminal in which bash runs.
type Terminal struct {
	Names map[string]string // of patterns, and what they have matched; terminals may share it

	shell *sim.Cmd
	keys  *command.Pipe
	seen  screen
	skip  bool   // what is shown may come before what is expected next
	begun string // a line that is not entered yet

	interrupted bool // a program may end the line of ^C, and may not
}

// The size of a terminal, wide enough that no line of a document is broken.
const (
	rows    = 50
	columns = 250
)

// Open opens a terminal on a host, in root's home directory or one in that, which is made if it is
// not there. What it shows is also written to w, as it comes.
func Open(ctx context.Context, h *sim.Host, dir string, w io.Writer) (*Terminal, error) {
	t := &Terminal{shell: h.Exec(ctx, "bash"), keys: command.NewPipe(), Names: make(map[string]string)}
	t.shell.Dir = path.Join("/root", dir)
	if err := h.FS().Mkdir(t.shell.Dir[1:], 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	t.seen.also, t.seen.changed = w, make(chan struct{})
	t.shell.TTY, t.shell.Stdin, t.shell.Stdout = true, t.keys, &t.seen
	t.shell.Env = []string{`PS1=[\u@\h \W]\$ `}
	t.shell.Resize(rows, columns)
	return t, t.shell.Start()
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
	n, err := t.await(re)
	if err == nil {
		t.seen.take(n)
	}
	return err
}

// await is Expect that leaves what matches, and returns its length.
func (t *Terminal) await(re *regexp.Regexp) (n int, err error) {
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
		if at := re.FindSubmatchIndex(text); at != nil {
			for i, name := range re.SubexpNames()[1:] {
				t.Names[name] = string(text[at[2*i+2]:at[2*i+3]])
			}
			t.skip = false
			return at[1], nil
		}
		line, _, whole := bytes.Cut(text, []byte("\n"))
		if whole && t.skip {
			t.seen.take(len(line) + 1)
			continue
		}
		if whole {
			return 0, fmt.Errorf("want %s\n got %s", strings.TrimPrefix(re.String(), `\A`), line)
		}
		select {
		case <-changed:
		case <-timeout.C:
			text, _ := t.seen.look()
			return 0, fmt.Errorf("want %s\n got %q and nothing more", strings.TrimPrefix(re.String(), `\A`), text)
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
	s.part, b = bytes.Clone(b[cut:]), b[:cut]
	for len(b) > 0 {
		at := control.FindIndex(b)
		if at == nil {
			at = []int{len(b), len(b)}
		}
		for _, c := range b[:at[0]] {
			s.put(c)
		}
		var n int
		if _, err := fmt.Sscanf(string(b[at[0]:at[1]]), "\x1b[%dD", &n); err == nil {
			s.left(n)
		}
		b = b[at[1]:]
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

// left moves the cursor back by n characters, as it comes to where a line is then shown anew.
//
// +checklocks:s.mu
func (s *screen) left(n int) {
	line := bytes.LastIndexByte(s.text, '\n') + 1
	for ; n > 0 && len(s.text) > line; n-- {
		_, size := utf8.DecodeLastRune(s.text)
		s.text = s.text[:len(s.text)-size]
	}
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
