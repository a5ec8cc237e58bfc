// Package streams is the open files of a shell: descriptors that share files, pipes, and what
// becomes of output.
package streams

import (
	"context"
	"io"
	"sync/atomic"

	"drydock/sim/tools/command"
)

// A File is an open file. Descriptors share it, and so do shells; it is closed with the last of
// them: the reader of a pipe sees the end when nobody can write any more.
type File struct {
	R     io.Reader
	W     io.Writer
	close func()
	refs  atomic.Int32 // how many have it; those without close are not counted
}

// New returns a file that one descriptor has. close may be nil, as for the streams of a call.
func New(r io.Reader, w io.Writer, close func()) *File {
	f := &File{R: r, W: w, close: close}
	f.refs.Store(1)
	return f
}

// Retain is for one more descriptor.
func (f *File) Retain() *File {
	if f != nil {
		f.refs.Add(1)
	}
	return f
}

// Release is for one less.
func (f *File) Release() {
	if f != nil && f.close != nil && f.refs.Add(-1) == 0 {
		f.close()
	}
}

// A Table is the descriptors 0 to 9. A closed one is nil.
type Table [10]*File

// Retain keeps all files open for one more shell, until its Release.
func (t *Table) Retain() {
	for _, f := range t {
		f.Retain()
	}
}

// Release closes all descriptors.
func (t *Table) Release() {
	for i, f := range t {
		f.Release()
		t[i] = nil
	}
}

// Set gives a descriptor a file, which is then its.
func (t *Table) Set(fd int, f *File) {
	t[fd].Release()
	t[fd] = f
}

// Reader returns what a descriptor reads, nil if that is nothing.
func (t *Table) Reader(fd int) io.Reader {
	if f := t[fd]; f != nil {
		return f.R
	}
	return nil
}

// Writer returns what a descriptor writes to. One that is closed discards: programs fail then,
// and who writes 2>&- means silence.
func (t *Table) Writer(fd int) io.Writer {
	if f := t[fd]; f != nil && f.W != nil {
		return f.W
	}
	return io.Discard
}

// A Sink remembers whether writing failed, for a builtin, which waits until Ctx is done. One goroutine
// uses it.
type Sink struct {
	Ctx context.Context
	W   io.Writer
	Err error
}

func (s *Sink) Write(b []byte) (int, error) {
	if s.Err != nil {
		return 0, s.Err
	}
	n, err := writeContext(s.Ctx, s.W, b)
	s.Err = err
	return n, err
}

// writeContext writes until ctx is done, where a writer can be told so.
func writeContext(ctx context.Context, w io.Writer, b []byte) (int, error) {
	if w, ok := w.(command.ContextWriter); ok {
		return w.WriteContext(ctx, b)
	}
	return w.Write(b)
}

// A Killer ends who writes to it when that fails, as SIGPIPE does.
type Killer struct {
	W      io.Writer
	Cancel context.CancelCauseFunc
}

func (k *Killer) Write(b []byte) (int, error) { return k.WriteContext(context.Background(), b) }

// WriteContext writes until ctx is done.
func (k *Killer) WriteContext(ctx context.Context, b []byte) (int, error) {
	n, err := writeContext(ctx, k.W, b)
	if err != nil && ctx.Err() == nil {
		k.Cancel(command.SIGPIPE)
	}
	return n, err
}

// Pipe returns the ends of a pipe. Who writes is ended by cancel when nobody reads any more.
func Pipe(cancel context.CancelCauseFunc) (r, w *File) {
	pipe := command.NewPipe()
	return New(pipe, nil, func() { pipe.CloseRead() }), New(nil, &Killer{pipe, cancel}, func() { pipe.CloseWrite() })
}
