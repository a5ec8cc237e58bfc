// Package tty is pseudo-terminals with the line discipline of Linux, for commands that are
// Go functions. A Pair has a master, which the terminal's user has, and a slave, which is
// all three streams of the commands that run in it.
//
// What the user writes is edited, echoed and given to the reader line by line:
//
//	Enter, ^J    ends the line (ICRNL)
//	DEL, ^H      erase a character; ^H does on Linux after stty erase ^H
//	^W ^U        erase a word, the line
//	^R ^V        print the line again, take the next character as it is
//	^D           ends the line without a newline; alone it is the end of the file
//	^C ^\ ^Z     SIGINT, SIGQUIT and SIGTSTP to the foreground group; what waits is lost
//	^S ^Q        stop and start output
//
// What commands write has its newlines made CR and LF. In raw mode, as after cfmakeraw(3),
// bytes pass as they are in both directions. Other modes are not there.
//
// Who waits does so on channels, so that virtual time passes.
package tty

import (
	"context"
	"io"
	"sync"
	"syscall"

	"drydock/sim/tools/command"
)

// A Pair is a pseudo-terminal. Its methods are those of the master and safe for concurrent
// use.
type Pair struct {
	signal func(group int, s command.Signal)
	slave  Slave

	mu            sync.Mutex
	changed       chan struct{} // guarded by mu
	d             discipline    // guarded by mu
	rows, columns int           // guarded by mu
	group         int           // guarded by mu
	hung          bool          // guarded by mu
	over          bool          // guarded by mu
}

var _ interface {
	command.ContextReader
	io.WriteCloser
} = (*Pair)(nil)

// New returns a terminal of 24 rows and 80 columns. signal sends a signal to a process
// group, for example command.Processes.SignalGroup; it is not called with a lock held.
func New(signal func(group int, s command.Signal)) *Pair {
	p := &Pair{signal: signal, changed: make(chan struct{}), rows: 24, columns: 80}
	p.slave.pair = p
	return p
}

// Slave returns the slave, the same each time.
func (p *Pair) Slave() *Slave { return &p.slave }

// signalLocked wakes who waits.
func (p *Pair) signalLocked() {
	close(p.changed)
	p.changed = make(chan struct{})
}

// wait calls try under the lock until it returns true or ctx is done.
func (p *Pair) wait(ctx context.Context, try func() bool) error {
	for {
		p.mu.Lock()
		done := try()
		if done {
			p.signalLocked()
		}
		changed := p.changed
		p.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// ReadContext reads what is to be shown, and waits for that until ctx is done. After
// Slave.Close what is left can be read, then there is io.EOF.
func (p *Pair) ReadContext(ctx context.Context, b []byte) (n int, err error) {
	stopped := p.wait(ctx, func() bool {
		n = copy(b, p.d.out)
		p.d.out = p.d.out[n:]
		if n == 0 && (p.over || p.hung) {
			err = io.EOF
		}
		return n > 0 || err != nil || len(b) == 0
	})
	if stopped != nil {
		return 0, stopped
	}
	return n, err
}

// Read is ReadContext without an end.
func (p *Pair) Read(b []byte) (int, error) { return p.ReadContext(context.Background(), b) }

// WriteContext types b. It waits while the commands have 4 KiB to read. After Close it fails
// with io.ErrClosedPipe, after Slave.Close with EIO.
func (p *Pair) WriteContext(ctx context.Context, b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		var signal command.Signal
		var group int
		stopped := p.wait(ctx, func() bool {
			signal, group = 0, p.group
			switch {
			case p.hung:
				err = io.ErrClosedPipe
			case p.over:
				err = syscall.EIO
			case !p.d.room():
				return false
			default:
				for ; n < len(b) && signal == 0 && p.d.room(); n++ {
					signal = p.d.input(b[n])
				}
			}
			return true
		})
		if stopped != nil {
			return n, stopped
		}
		p.send(group, signal)
	}
	return n, err
}

// Write is WriteContext without an end.
func (p *Pair) Write(b []byte) (int, error) { return p.WriteContext(context.Background(), b) }

// Resize changes the size. If it is another one, the foreground group gets SIGWINCH.
func (p *Pair) Resize(rows, columns int) {
	p.mu.Lock()
	changed := p.rows != rows || p.columns != columns
	p.rows, p.columns = rows, columns
	group := p.group
	p.mu.Unlock()
	if changed {
		p.send(group, command.SIGWINCH)
	}
}

// Close hangs up: the commands read the end of the file, cannot write, and the foreground
// group gets SIGHUP.
func (p *Pair) Close() error {
	p.mu.Lock()
	first := !p.hung
	p.hung = true
	p.d.out = nil
	group := p.group
	p.signalLocked()
	p.mu.Unlock()
	if first {
		p.send(group, command.SIGHUP)
	}
	return nil
}

// send sends a signal, if there is one, to a group, if there is one.
func (p *Pair) send(group int, s command.Signal) {
	if s != 0 && group != 0 && p.signal != nil {
		p.signal(group, s)
	}
}
