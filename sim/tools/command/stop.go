package command

import (
	"context"
	"io"
	"io/fs"
	"math/bits"
	"sync"
)

// A stop is the time from a signal that stops a process to SIGCONT.
type stop struct {
	by      Signal
	resumed chan struct{} // closed by SIGCONT

	mu      sync.Mutex
	pending uint64 // signals that came meanwhile, a bit for each, +checklocks:mu
	over    bool   // +checklocks:mu
}

// pause stops the process, if it is not stopped already.
func (p *Process) pause(by Signal) {
	if !p.stop.CompareAndSwap(nil, &stop{by: by, resumed: make(chan struct{})}) {
		return
	}
	p.mu.Lock()
	if p.halt != nil {
		p.halt()
	}
	p.running, p.halt = nil, nil
	p.mu.Unlock()
	p.table.change()
}

// resume lets it go on, and has it notice what came while it was stopped.
func (p *Process) resume() {
	s := p.stop.Load()
	if s == nil {
		return
	}
	s.mu.Lock()
	pending := s.pending
	s.pending, s.over = 0, true
	s.mu.Unlock()
	if !p.stop.CompareAndSwap(s, nil) {
		return // somebody else has
	}
	for ; pending != 0; pending &= pending - 1 {
		p.act(Signal(bits.TrailingZeros64(pending)))
	}
	close(s.resumed)
	p.table.change()
}

// pend keeps a signal for a process that is stopped. It is false if it runs.
func (p *Process) pend(signal Signal) bool {
	s := p.stop.Load()
	if s == nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending |= 1 << (signal % 64) // 64 is SIGRTMAX, which shares a bit with none
	return !s.over
}

// Stopped returns the signal that has stopped the process, 0 while it runs.
func (p *Process) Stopped() Signal {
	p = p.self()
	if s := p.stop.Load(); s != nil {
		return s.by
	}
	return 0
}

// Hold waits while the process is stopped, until ctx is done. A command that neither reads nor
// writes for long may call it now and then. It reports whether the process was stopped.
func (p *Process) Hold(ctx context.Context) (held bool) {
	for {
		s := p.stop.Load()
		if s == nil {
			return held
		}
		held = true
		select {
		case <-s.resumed:
		case <-ctx.Done():
			return held
		}
	}
}

// untilStopped returns ctx for a call that the process waits in: it ends when the process stops.
func (p *Process) untilStopped(ctx context.Context) (context.Context, context.CancelFunc) {
	p.mu.Lock()
	if p.running == nil {
		p.running, p.halt = context.WithCancel(context.Background())
	}
	running := p.running
	p.mu.Unlock()
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(running, func() { cancel(nil) })
	return ctx, func() { stop(); cancel(nil) }
}

// change tells those who wait that something is different.
func (t *Processes) change() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.changeLocked()
}

// +checklocks:t.mu
func (t *Processes) changeLocked() {
	if t.changed != nil {
		close(t.changed)
		t.changed = nil
	}
}

// GroupStopped returns the signal that has stopped the group of the process, 0 unless all
// processes of that are stopped, and a channel that is closed when it may be different.
func (p *Process) GroupStopped() (by Signal, changed <-chan struct{}) {
	t := p.table
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.changed == nil {
		t.changed = make(chan struct{})
	}
	for _, other := range t.list {
		if other.Group != p.Group {
			continue
		}
		if by = other.Stopped(); by == 0 {
			break
		}
	}
	return by, t.changed
}

// A contextReader is a stream as a command reads it: until its context is done, and not while
// the command is stopped.
type contextReader struct {
	ContextReader
	ctx     context.Context
	process *Process
}

func (r contextReader) Read(b []byte) (int, error) { return r.ReadContext(r.ctx, b) }

// ReadContext reads for a process in whose foreground the terminal is, if it is one: another one
// is stopped by SIGTTIN, unless it catches that or is nobody's job.
func (r contextReader) ReadContext(ctx context.Context, b []byte) (int, error) {
	for {
		if r.ctx.Err() != nil {
			return 0, context.Cause(r.ctx)
		}
		r.process.Hold(ctx)
		reading, cancel := r.process.untilStopped(ctx)
		if r.process.terminal != nil && TerminalOf(r.ContextReader) == r.process.terminal && !r.process.Foreground() {
			r.process.table.SignalGroup(r.process.Group, SIGTTIN)
		}
		if r.process.Stopped() != 0 && ctx.Err() == nil {
			cancel()
			continue
		}
		n, err := r.ContextReader.ReadContext(reading, b)
		stopped := n == 0 && err != nil && reading.Err() != nil && ctx.Err() == nil
		cancel()
		if !stopped {
			return n, err
		}
	}
}

func (r contextReader) unwrap() any { return r.ContextReader }

// Stat tells of a stream that is a file.
func (r contextReader) Stat() (fs.FileInfo, error) {
	if p, ok := r.ContextReader.(plainReader); ok {
		if f, ok := p.Reader.(interface{ Stat() (fs.FileInfo, error) }); ok {
			return f.Stat()
		}
	}
	return nil, fs.ErrInvalid
}

// A plainReader is a stream whose Read nothing interrupts. What never ends, as /dev/zero, ends
// between two of them.
type plainReader struct{ io.Reader }

func (r plainReader) ReadContext(_ context.Context, b []byte) (int, error) { return r.Read(b) }

func (r plainReader) unwrap() any { return r.Reader }
