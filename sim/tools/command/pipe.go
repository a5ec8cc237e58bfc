package command

import (
	"context"
	"io"
	"sync"
)

// A ContextReader is a stream from which a command reads until its context is done: a
// terminal or a Pipe. Table.Run has Read of such a Stdin end with the command's context,
// as signals interrupt read(2); other readers end by themselves.
type ContextReader interface {
	io.Reader
	ReadContext(ctx context.Context, b []byte) (int, error)
}

// A ContextWriter is a stream to which a command writes until its context is done: a
// terminal or a Pipe. Table.Run has a write to such a Stdout or Stderr that waits end with
// the command's context; other writers end by themselves. What need not wait is written also
// when ctx is done.
type ContextWriter interface {
	io.Writer
	WriteContext(ctx context.Context, b []byte) (int, error)
}

// pipeSize is what a pipe holds on Linux.
const pipeSize = 64 << 10

// A Pipe carries bytes between commands as pipe(2) does: it holds 64 KiB, so that writers do
// not wait for each read. It is a reader and a writer, each for any number of goroutines.
// In virtual time who waits for it lets time pass.
type Pipe struct {
	mu      sync.Mutex
	changed chan struct{} // +checklocks:mu
	held    []byte        // +checklocks:mu
	ended   bool          // +checklocks:mu
	broken  bool          // +checklocks:mu
}

// NewPipe returns an empty pipe.
func NewPipe() *Pipe { return &Pipe{changed: make(chan struct{})} }

// signalLocked wakes who waits.
//
// +checklocks:p.mu
func (p *Pipe) signalLocked() {
	close(p.changed)
	p.changed = make(chan struct{})
}

// ReadContext reads what there is. It waits for that until ctx is done. After CloseWrite
// what is left can be read, then there is io.EOF.
func (p *Pipe) ReadContext(ctx context.Context, b []byte) (int, error) {
	for {
		p.mu.Lock()
		switch {
		case p.broken:
			p.mu.Unlock()
			return 0, io.ErrClosedPipe
		case len(b) == 0 || len(p.held) > 0:
			n := copy(b, p.held)
			p.held = p.held[n:]
			p.signalLocked()
			p.mu.Unlock()
			return n, nil
		case p.ended:
			p.mu.Unlock()
			return 0, io.EOF
		}
		changed := p.changed
		p.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
	}
}

// Read is ReadContext without an end.
func (p *Pipe) Read(b []byte) (int, error) { return p.ReadContext(context.Background(), b) }

// WriteContext writes all of b unless nobody reads any more, which is io.ErrClosedPipe, or
// ctx is done.
func (p *Pipe) WriteContext(ctx context.Context, b []byte) (n int, err error) {
	for {
		p.mu.Lock()
		if p.broken || p.ended {
			p.mu.Unlock()
			return n, io.ErrClosedPipe
		}
		if room := min(pipeSize-len(p.held), len(b)-n); room > 0 {
			p.held = append(p.held, b[n:n+room]...)
			n += room
			p.signalLocked()
		}
		changed := p.changed
		p.mu.Unlock()
		if n == len(b) {
			return n, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return n, context.Cause(ctx)
		}
	}
}

// Write is WriteContext without an end.
func (p *Pipe) Write(b []byte) (int, error) { return p.WriteContext(context.Background(), b) }

// CloseWrite says that nothing more will be written.
func (p *Pipe) CloseWrite() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.ended {
		p.ended = true
		p.signalLocked()
	}
	return nil
}

// CloseRead says that nothing more will be read: writers get io.ErrClosedPipe.
func (p *Pipe) CloseRead() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.broken {
		p.broken = true
		p.signalLocked()
	}
	return nil
}
