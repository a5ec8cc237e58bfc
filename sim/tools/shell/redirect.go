package shell

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"drydock/sim/tools/command"
	"drydock/sim/tools/shell/internal/streams"

	"mvdan.cc/sh/v3/syntax"
)

// redirect redirects for one statement. The order counts: after ">/dev/null 2>&1" nothing is
// left to hear, after "2>&1 >/dev/null" the errors are. restore undoes it, unless exec has made
// it permanent.
func (s *shell) redirect(redirs []*syntax.Redirect) (restore func(), ok bool) {
	before := s.files
	var opened []*streams.File
	restore = func() {
		if s.keepFiles {
			s.keepFiles = false
			for fd, f := range before {
				if f != s.files[fd] {
					f.Release()
				}
			}
			return
		}
		for _, f := range opened {
			f.Release()
		}
		s.files = before
	}
	for _, r := range redirs {
		fds, f, err := s.redirectOne(r)
		if err != nil {
			restore()
			s.refused(err)
			return nil, false
		}
		for i, fd := range fds {
			if f != nil && i > 0 {
				f.Retain()
			}
			s.files[fd] = f
			opened = append(opened, f)
		}
	}
	return restore, true
}

// refused says why a redirection failed. An expansion that failed has ended the shell.
func (s *shell) refused(err error) {
	s.status = s.faults()
	var refusal *redirectError
	if errors.As(err, &refusal) {
		s.errorf("%s", refusal.text)
		return
	}
	s.expansion(err)
}

// A redirectError is a redirection that fails with the shell's words.
type redirectError struct{ text string }

func (e *redirectError) Error() string { return e.text }

// redirectOne opens what a redirection names, and says for which descriptors. A file that is
// nil closes them.
func (s *shell) redirectOne(r *syntax.Redirect) (fds []int, f *streams.File, err error) {
	fd := 1
	switch r.Op {
	case syntax.RdrIn, syntax.RdrInOut, syntax.DplIn, syntax.Hdoc, syntax.DashHdoc, syntax.WordHdoc:
		fd = 0
	}
	if r.N != nil {
		n, err := strconv.Atoi(r.N.Value)
		if err != nil || n >= len(s.files) {
			return nil, nil, &redirectError{r.N.Value + ": Bad file descriptor"}
		}
		fd = n
	}
	fds = []int{fd}
	switch r.Op {
	case syntax.Hdoc, syntax.DashHdoc:
		text, err := s.document(r)
		return fds, streams.New(strings.NewReader(text), nil, nil), err
	case syntax.WordHdoc:
		text, err := s.Word(r.Word)
		return fds, streams.New(strings.NewReader(text+"\n"), nil, nil), err
	}
	target, err := s.target(r)
	if err != nil {
		return nil, nil, err
	}
	switch r.Op {
	case syntax.DplIn, syntax.DplOut:
		if r.Op == syntax.DplOut && r.N == nil && s.bash && strings.Trim(target, "0123456789") != "" && target != "-" {
			f, err = s.openFile(target, os.O_WRONLY|os.O_CREATE|os.O_TRUNC) // >&FILE is &>FILE
			return []int{1, 2}, f, err
		}
		f, err = s.duplicate(target)
		return fds, f, err
	case syntax.RdrAll:
		fds = []int{1, 2}
	case syntax.AppAll:
		fds = []int{1, 2}
	}
	f, err = s.openFile(target, flags(r.Op))
	return fds, f, err
}

// target expands the name of a file. In bash it must be one word, as it may have been a pattern;
// POSIX expands no patterns here.
func (s *shell) target(r *syntax.Redirect) (string, error) {
	if !s.bash {
		return s.Word(r.Word)
	}
	fields, err := s.Fields(r.Word)
	if err == nil && len(fields) != 1 {
		var source strings.Builder
		syntax.NewPrinter().Print(&source, r.Word)
		return "", &redirectError{source.String() + ": ambiguous redirect"}
	}
	return strings.Join(fields, ""), err
}

// document returns the text of a here-document, which is expanded unless the word was quoted.
func (s *shell) document(r *syntax.Redirect) (string, error) {
	if r.Hdoc == nil {
		return "", nil
	}
	if hdoc := r.Hdoc; r.Op == syntax.DashHdoc {
		copied := *r
		copied.Op, copied.Hdoc = syntax.Hdoc, withoutTabs(hdoc)
		return s.document(&copied)
	}
	quoted := false
	for _, part := range r.Word.Parts {
		lit, ok := part.(*syntax.Lit)
		quoted = quoted || !ok || strings.Contains(lit.Value, `\`)
	}
	if !quoted {
		text, err := s.Document(r.Hdoc)
		return text, err
	}
	var b strings.Builder
	for _, part := range r.Hdoc.Parts {
		if lit, ok := part.(*syntax.Lit); ok {
			b.WriteString(lit.Value)
		}
	}
	return b.String(), nil
}

// withoutTabs returns the text of <<- without the tabs that lines begin with.
func withoutTabs(w *syntax.Word) *syntax.Word {
	parts := make([]syntax.WordPart, len(w.Parts))
	begins := true
	for i, part := range w.Parts {
		parts[i] = part
		lit, ok := part.(*syntax.Lit)
		if !ok {
			begins = false
			continue
		}
		var b strings.Builder
		for line := range strings.Lines(lit.Value) {
			if begins {
				line = strings.TrimLeft(line, "\t")
			}
			b.WriteString(line)
			begins = strings.HasSuffix(line, "\n")
		}
		parts[i] = &syntax.Lit{ValuePos: lit.ValuePos, ValueEnd: lit.ValueEnd, Value: b.String()}
	}
	return &syntax.Word{Parts: parts}
}

// duplicate returns the file of another descriptor.
func (s *shell) duplicate(target string) (*streams.File, error) {
	if target == "-" {
		return nil, nil
	}
	n, err := strconv.Atoi(target)
	if err != nil || n < 0 || n >= len(s.files) || s.files[n] == nil {
		return nil, &redirectError{target + ": Bad file descriptor"}
	}
	return s.files[n].Retain(), nil
}

func flags(op syntax.RedirOperator) int {
	switch op {
	case syntax.RdrIn:
		return os.O_RDONLY
	case syntax.RdrInOut:
		return os.O_RDWR | os.O_CREATE
	case syntax.AppOut, syntax.AppAll:
		return os.O_WRONLY | os.O_CREATE | os.O_APPEND
	}
	return os.O_WRONLY | os.O_CREATE | os.O_TRUNC
}

// openFile opens a file for a redirection.
func (s *shell) openFile(name string, flag int) (*streams.File, error) {
	if s.bash && socketRE.MatchString(name) {
		return s.openSocket(name)
	}
	f, err := s.open(name, flag)
	if err != nil {
		return nil, &redirectError{s.cannotOpen(name, flag, err)}
	}
	var r io.Reader = f
	var w io.Writer = f
	switch {
	case flag&(os.O_WRONLY|os.O_RDWR) == 0:
		w = nil
	case flag&os.O_WRONLY != 0:
		r = nil
	}
	return streams.New(r, w, func() { f.Close() }), nil
}

// cannotOpen says why a file was not opened.
func (s *shell) cannotOpen(name string, flag int, err error) string {
	reason := command.Reason(err)
	if s.bash {
		return name + ": " + reason
	}
	if flag&os.O_CREATE == 0 {
		if errors.Is(err, fs.ErrNotExist) {
			reason = s.words("", "No such file", "no such file")
		}
		return s.words("", "cannot open ", "can't open ") + name + ": " + reason
	}
	if errors.Is(err, fs.ErrNotExist) {
		reason = s.words("", "Directory nonexistent", "nonexistent directory")
	}
	return s.words("", "cannot create ", "can't create ") + name + ": " + reason
}

// open opens a file that a user of the shell names. The streams are those that the shell has
// now: /dev/stderr is where 2> leads. /dev/null is there also on machines without files.
func (s *shell) open(name string, flag int) (command.File, error) {
	if name == "" {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	call := *s.call
	call.Dir, call.Stdin, call.Stdout, call.Stderr = s.Dir, s.files.Reader(0), s.files.Writer(1), s.files.Writer(2)
	if call.Path(name) == "dev/null" {
		return nullFile{}, nil
	}
	return call.OpenFile(name, flag, 0o666)
}

// A nullFile is /dev/null.
type nullFile struct{}

func (nullFile) Close() error                { return nil }
func (nullFile) Read([]byte) (int, error)    { return 0, io.EOF }
func (nullFile) Write(b []byte) (int, error) { return len(b), nil }
func (nullFile) Stat() (fs.FileInfo, error)  { return nil, fs.ErrInvalid }
