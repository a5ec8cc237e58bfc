package shell

import (
	"errors"
	"io"
	"sync/atomic"
)

// A file is an open file. Descriptors share it; it is closed with the last of them.
type file struct {
	r     io.Reader
	w     io.Writer
	close func()
	refs  atomic.Int32 // how many have it, beside the shell's own streams, which are not closed
}

// newFile returns a file that one descriptor has.
func newFile(r io.Reader, w io.Writer, close func()) *file {
	f := &file{r: r, w: w, close: close}
	f.refs.Store(1)
	return f
}

func (f *file) release() {
	if f != nil && f.close != nil && f.refs.Add(-1) == 0 {
		f.close()
	}
}

// files are the descriptors 0 to 9. A closed one is nil.
type files [10]*file

// retain keeps all files open for one more shell, until release.
func (fs *files) retain() {
	for _, f := range fs {
		if f != nil {
			f.refs.Add(1)
		}
	}
}

func (fs *files) release() {
	for i, f := range fs {
		f.release()
		fs[i] = nil
	}
}

// set gives a descriptor a file, which is then its.
func (fs *files) set(fd int, f *file) {
	fs[fd].release()
	fs[fd] = f
}

// reader returns what a descriptor reads, nil if that is nothing.
func (fs *files) reader(fd int) io.Reader {
	if f := fs[fd]; f != nil {
		return f.r
	}
	return nil
}

// writer returns what a descriptor writes to. One that is closed discards.
func (fs *files) writer(fd int) io.Writer {
	if f := fs[fd]; f != nil && f.w != nil {
		return f.w
	}
	return io.Discard
}

// A sink remembers whether writing failed. It is for one builtin.
type sink struct {
	w   io.Writer
	err error
}

func (s *sink) Write(b []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.w.Write(b)
	s.err = err
	return n, err
}

// A limited is a buffer for a command substitution. Its error is what ends a command that
// writes more.
type limited struct {
	lock chan struct{} // full while it is held
	text []byte
	full bool
}

var errFull = errors.New("too long")

func newLimited() *limited { return &limited{lock: make(chan struct{}, 1)} }

func (l *limited) Write(b []byte) (int, error) {
	l.lock <- struct{}{}
	defer func() { <-l.lock }()
	if l.full = l.full || len(l.text)+len(b) > maxSubstitution; l.full {
		return 0, errFull
	}
	l.text = append(l.text, b...)
	return len(b), nil
}

// result returns the text, and whether it is all of it.
func (l *limited) result() (string, bool) {
	l.lock <- struct{}{}
	defer func() { <-l.lock }()
	return string(l.text), !l.full
}

const maxSubstitution = 1 << 20
