package dockerd

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"drydock/sim/tools/command"
)

// A memoryConn is one end of a connection in memory. Each direction is a pipe that holds what
// pipes hold, so that neither end waits for each read of the other.
type memoryConn struct {
	in, out          *command.Pipe
	gone             chan struct{} // the other end is closed, both ways
	closed           chan struct{}
	once             sync.Once
	reading, writing deadline
}

// newConns returns the ends of a connection.
func newConns() (a, b *memoryConn) {
	ab, ba := command.NewPipe(), command.NewPipe()
	a = &memoryConn{in: ba, out: ab, gone: make(chan struct{}), closed: make(chan struct{})}
	b = &memoryConn{in: ab, out: ba, gone: a.closed, closed: a.gone}
	return a, b
}

func (c *memoryConn) Read(b []byte) (int, error) {
	n, err := c.in.ReadContext(c.reading.context(), b)
	return n, c.fault("read", err)
}

func (c *memoryConn) Write(b []byte) (int, error) {
	n, err := c.out.WriteContext(c.writing.context(), b)
	return n, c.fault("write", err)
}

// fault gives an error of a pipe the shape of package net.
func (c *memoryConn) fault(op string, err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	select {
	case <-c.closed:
		err = net.ErrClosed
	default:
	}
	return &net.OpError{Op: op, Net: "pipe", Addr: addr{}, Err: err}
}

// CloseWrite lets the other end read to the end, and this one go on reading.
func (c *memoryConn) CloseWrite() error { return c.out.CloseWrite() }

// Close ends both directions.
func (c *memoryConn) Close() error {
	c.once.Do(func() {
		close(c.closed)
		c.in.CloseRead()
		c.out.CloseWrite()
	})
	return nil
}

func (c *memoryConn) LocalAddr() net.Addr  { return addr{} }
func (c *memoryConn) RemoteAddr() net.Addr { return addr{} }

func (c *memoryConn) SetDeadline(t time.Time) error {
	c.reading.set(t)
	c.writing.set(t)
	return nil
}

func (c *memoryConn) SetReadDeadline(t time.Time) error {
	c.reading.set(t)
	return nil
}

func (c *memoryConn) SetWriteDeadline(t time.Time) error {
	c.writing.set(t)
	return nil
}

// An addr is of either end.
type addr struct{}

func (addr) Network() string { return "pipe" }
func (addr) String() string  { return "pipe" }

// A deadline is a time that may be changed while somebody waits for it. The zero deadline
// is never.
type deadline struct {
	mu    sync.Mutex
	timer *time.Timer             // +checklocks:mu
	ctx   context.Context         // +checklocks:mu
	end   context.CancelCauseFunc // +checklocks:mu
}

// context returns what is done when the deadline has passed.
func (d *deadline) context() context.Context {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.contextLocked()
}

// +checklocks:d.mu
func (d *deadline) contextLocked() context.Context {
	if d.ctx == nil {
		d.ctx, d.end = context.WithCancelCause(context.Background())
	}
	return d.ctx
}

// set changes the deadline, also for those who wait. The zero time is never.
func (d *deadline) set(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.contextLocked().Err() != nil || d.timer != nil && !d.timer.Stop() {
		d.ctx = nil // it has passed: a new one for who waits from now on
	}
	d.timer = nil
	if t.IsZero() {
		return
	}
	d.contextLocked()
	end := d.end
	if left := time.Until(t); left > 0 {
		d.timer = time.AfterFunc(left, func() { end(os.ErrDeadlineExceeded) })
		return
	}
	end(os.ErrDeadlineExceeded)
}
