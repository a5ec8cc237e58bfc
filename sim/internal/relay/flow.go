package relay

import (
	"errors"
	"net"
	"os"
	"sync/atomic"
	"time"
)

// MaxDatagram is more than a UDP datagram can have.
const MaxDatagram = 1 << 16

// A Flow carries what one client exchanges with one server over UDP, until it is idle for
// too long. Its fields are set before its first use.
type Flow struct {
	Server net.Conn // a connected socket
	Reply  func(datagram []byte)

	// Passes reports whether an error of Server says only what became of an earlier
	// datagram, which it may tell the client.
	Passes func(err error) bool

	Unanswered, Answered time.Duration // how long it may be idle before the first reply, and later
	SentCounts           bool          // it is not idle when the client sends

	opened   time.Time
	used     atomic.Int64 // when it was not idle, in ns since opened
	answered atomic.Bool
}

// Open says that the flow begins now.
func (f *Flow) Open() { f.opened = time.Now() }

// Used returns when the flow was not idle for the last time.
func (f *Flow) Used() time.Time { return f.opened.Add(time.Duration(f.used.Load())) }

func (f *Flow) touch() { f.used.Store(int64(f.now())) }

// Send sends a datagram of the client to the server.
func (f *Flow) Send(datagram []byte) {
	if f.SentCounts {
		f.touch()
	}
	if _, err := f.Server.Write(datagram); err != nil && f.Passes(err) {
		f.Server.Write(datagram) // that was about an earlier one, and has been said now
	}
}

// now is what used is measured by.
func (f *Flow) now() time.Duration { return time.Since(f.opened) }

// left returns how long the flow may still be idle.
func (f *Flow) left(now time.Duration) time.Duration {
	timeout := f.Unanswered
	if f.answered.Load() {
		timeout = f.Answered
	}
	return time.Duration(f.used.Load()) + timeout - now
}

// Run passes on what the server sends. It returns when Server is closed or the flow has
// been idle for too long.
//
// The deadline is not moved by each datagram but looked at when it has come: moving it
// takes longer than passing a small datagram on.
func (f *Flow) Run() {
	buf := make([]byte, MaxDatagram)
	for left := f.left(f.now()); left > 0; left = f.left(f.now()) {
		f.Server.SetReadDeadline(time.Now().Add(left))
		if err := f.replies(buf); !errors.Is(err, os.ErrDeadlineExceeded) {
			return
		}
	}
}

// replies passes on what the server sends until the read deadline or the end of the socket.
func (f *Flow) replies(buf []byte) error {
	for {
		n, err := f.Server.Read(buf)
		if err == nil {
			f.answered.Store(true)
			f.touch()
			f.Reply(buf[:n])
		} else if !f.Passes(err) {
			return err
		}
	}
}
