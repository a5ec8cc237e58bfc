package dockerd

import (
	"context"
	"errors"
	"io"
	"time"

	"drydock/sim/internal/apitext"
	"drydock/sim/tools/command"
)

// lingering is how long a client that has got everything may take to close its end. If ours
// were closed before, what the client sends at that moment would reset the connection, and
// it would lose the end of the output.
const lingering = time.Second

var errGone = errors.New("client gone")

// A session is a client on a stream, to whom a process is connected.
type session struct {
	*stream
	out, err io.Writer
	in       *command.Pipe // what the client sends, nil if nobody wants it

	ctx   context.Context // done when the client has left
	leave context.CancelCauseFunc
	eof   chan struct{} // closed when nothing more comes from the client
	over  chan struct{} // closed when nobody watches it any more

	feeding context.Context // done when the process reads no more
	starve  context.CancelFunc
}

// An interest is what a client wants of a process.
type interest struct {
	stdin     bool
	tty       bool
	closes    bool   // the end of what it sends is that of the process's input; else it has left
	keys      []byte // to leave, of a terminal
	separated bool   // the streams have frames
}

// newSession begins a session. It must be ended.
func newSession(ctx context.Context, s *stream, want interest) *session {
	x := &session{stream: s, out: s, err: s, eof: make(chan struct{}), over: make(chan struct{})}
	if want.separated {
		f := &framer{w: s}
		x.out, x.err = f.stream(stdout), f.stream(stderr)
	}
	if want.stdin {
		x.in = command.NewPipe()
	}
	x.ctx, x.leave = context.WithCancelCause(ctx)
	x.feeding, x.starve = context.WithCancel(x.ctx)
	go x.listen(want)
	return x
}

// listen reads what the client sends, to pass it on or only to see it leave.
func (x *session) listen(want interest) {
	defer close(x.over)
	var from io.Reader = x.stream.in
	if want.stdin && want.tty {
		from = &detachReader{r: from, keys: apitext.NewKeyFilter(want.keys)}
	}
	err := x.pass(from)
	close(x.eof)
	// To a terminal the end means nothing: whoever attaches next types on.
	if x.in != nil && !want.tty {
		x.in.CloseWrite()
	}
	if errors.Is(err, io.EOF) {
		// The command docker closes its half when it has nothing more to send, and reads on.
		if (!want.stdin || want.closes && !want.tty) && !x.awaitHangup() {
			return
		}
		err = errGone
	}
	x.leave(err)
}

// awaitHangup waits until the client has closed both halves, and reports whether it has: not
// every connection tells. It returns when the session ends.
func (x *session) awaitHangup() bool {
	if x.gone == nil {
		return hungUp(x.Conn)
	}
	select {
	case <-x.gone:
		return true
	case <-x.ctx.Done():
		return false
	}
}

// pass copies to the process until the end. When that reads no more it goes on reading,
// since else it would not see the client leave.
func (x *session) pass(from io.Reader) error {
	b := make([]byte, 4096)
	wanted := x.in != nil
	for {
		n, err := from.Read(b)
		if wanted && n > 0 {
			_, failed := x.in.WriteContext(x.feeding, b[:n])
			wanted = failed == nil
		}
		if err != nil {
			return err
		}
	}
}

// end tells the client that this was all, and waits for its end.
func (x *session) end() {
	x.starve()
	if w, ok := x.Conn.(interface{ CloseWrite() error }); ok && x.ctx.Err() == nil {
		w.CloseWrite()
		select {
		case <-x.eof:
		case <-x.ctx.Done():
		case <-time.After(lingering):
		}
	}
	x.leave(nil)
	x.Close()
	<-x.over
}
