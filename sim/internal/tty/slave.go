package tty

import (
	"context"
	"io"
	"syscall"

	"drydock/sim/tools/command"
)

// A Slave is a terminal as commands have it, for all three of their streams. Its methods are
// safe for concurrent use.
type Slave struct{ pair *Pair }

var _ interface {
	command.ContextReader
	command.ContextWriter
	command.Terminal
	io.Closer
} = (*Slave)(nil)

// ReadContext reads at most one line, in raw mode what there is, and waits for that until
// ctx is done. ^D at the start of a line is io.EOF, after which one can read on.
func (s *Slave) ReadContext(ctx context.Context, b []byte) (n int, err error) {
	p := s.pair
	stopped := p.wait(ctx, func() (done bool) {
		if p.hung || p.over {
			err = io.EOF
			return true
		}
		n, done = p.d.read(b)
		if done && n == 0 && len(b) > 0 {
			err = io.EOF
		}
		return done || len(b) == 0
	})
	if stopped != nil {
		return 0, stopped
	}
	return n, err
}

// Read is ReadContext without an end.
func (s *Slave) Read(b []byte) (int, error) { return s.ReadContext(context.Background(), b) }

// Write is WriteContext without an end.
func (s *Slave) Write(b []byte) (int, error) { return s.WriteContext(context.Background(), b) }

// WriteContext shows b. While 64 KiB are unread or ^S has stopped output it waits until ctx is
// done. After Pair.Close it fails with EIO.
func (s *Slave) WriteContext(ctx context.Context, b []byte) (n int, err error) {
	p := s.pair
	for first := true; first || n < len(b) && err == nil; first = false {
		stopped := p.wait(ctx, func() bool {
			if p.hung || p.over {
				err = syscall.EIO
				return true
			}
			before := n
			for n < len(b) && p.d.output(b[n]) {
				n++
			}
			return n > before || n == len(b)
		})
		if stopped != nil {
			return n, stopped
		}
	}
	return n, err
}

// Close says that no command has the terminal any more. The master reads what is left.
func (s *Slave) Close() error {
	s.pair.mu.Lock()
	defer s.pair.mu.Unlock()
	s.pair.over = true
	s.pair.signalLocked()
	return nil
}

// Size returns the size that Pair.Resize has set.
func (s *Slave) Size() (rows, columns int) {
	s.pair.mu.Lock()
	defer s.pair.mu.Unlock()
	return s.pair.rows, s.pair.columns
}

// SetRaw switches raw mode on or off. What has been typed and not read stays.
func (s *Slave) SetRaw(raw bool) (was bool) {
	s.pair.mu.Lock()
	defer s.pair.mu.Unlock()
	was = s.pair.d.raw
	s.pair.d.setRaw(raw)
	s.pair.signalLocked()
	return was
}

// Foreground returns what SetForeground has set.
func (s *Slave) Foreground() int {
	s.pair.mu.Lock()
	defer s.pair.mu.Unlock()
	return s.pair.group
}

// SetForeground says which process group gets the signals; 0 is none.
func (s *Slave) SetForeground(group int) (before int) {
	s.pair.mu.Lock()
	defer s.pair.mu.Unlock()
	before, s.pair.group = s.pair.group, group
	return before
}
