package dockercli

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"drydock/sim/internal/apitext"
	"drydock/sim/tools/command"
)

// streams are what docker shares with a process.
type streams struct {
	stdin, stdout, stderr bool
	tty                   bool   // the process has a terminal: its output is one stream
	keys                  string // to leave it
}

// A session carries the streams of a process over a connection that was taken over.
type session struct {
	d    *docker
	conn *connection
	in   io.Reader // nil: nothing is sent
	out  io.Writer // nil, as err is: nothing is shown
	err  io.Writer
	tty  bool
	keys *apitext.KeyFilter
}

// errDetached is that the user typed the keys that leave a container.
var errDetached = errors.New("read escape sequence")

// newKeyFilter returns one for --detach-keys. Keys that are no good are as none: ctrl-p and
// ctrl-q it is then, as dockerd has refused the others.
func newKeyFilter(text string) *apitext.KeyFilter {
	keys, err := apitext.ParseKeys(text)
	if err != nil {
		keys = apitext.DefaultKeys
	}
	return apitext.NewKeyFilter(keys)
}

// newSession returns a session with what of docker's own streams is wanted.
func (d *docker) newSession(conn *connection, want streams) *session {
	s := &session{d: d, conn: conn, tty: want.tty, keys: newKeyFilter(want.keys)}
	if want.stdin {
		s.in = d.Stdin
	}
	if want.stdout {
		s.out = d.Stdout
	}
	if want.stderr && !want.tty {
		s.err = d.Stderr
	}
	return s
}

// run copies until the process has closed its output, which it does when it ends, or, if no
// output is wanted, until the daemon has what is sent and closes the connection; and until
// the user detaches or ctx is done. It closes the connection. docker does not wait for the
// daemon to have all: what it leaves in a socket arrives.
func (s *session) run(ctx context.Context) error {
	restore := s.setRaw()
	defer restore()
	reading, stopReading := context.WithCancel(ctx)
	input, output := make(chan error, 1), make(chan error, 1)
	go func() { input <- s.send(reading) }()
	go func() {
		err := s.show()
		restore() // what docker itself still says goes to a terminal as it was
		output <- err
	}()
	err := s.wait(ctx, input, output)
	stopReading()
	s.conn.Close()
	<-input
	<-output
	return err
}

// wait returns when the session is over. It leaves in the channels what others wait for.
func (s *session) wait(ctx context.Context, input, output chan error) (err error) {
	sent := input
	for {
		select {
		case err = <-output:
			output <- nil
			return err
		case err = <-sent:
			input <- nil
			if err != nil {
				return err
			}
			sent = nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// setRaw makes docker's terminal raw, if the process has one too and gets what is typed.
func (s *session) setRaw() (restore func()) {
	t := command.TerminalOf(s.in)
	if t == nil || !s.tty {
		return func() {}
	}
	was := t.SetRaw(true)
	return func() { t.SetRaw(was) }
}

// send sends what is read. The end of it ends the process's input, and not its output.
func (s *session) send(ctx context.Context) error {
	if s.in == nil {
		s.conn.CloseWrite()
		return nil
	}
	b := make([]byte, 32<<10)
	for {
		n, err := readContext(ctx, s.in, b)
		text, detach := b[:n], false
		if s.tty {
			text, detach = s.keys.Filter(text)
		}
		if _, err := s.conn.Write(text); err != nil {
			return nil // told by who reads the output
		}
		if detach {
			return errDetached
		}
		if err != nil {
			s.conn.CloseWrite()
			return nil
		}
	}
}

// readContext reads until ctx is done, from what can be read so.
func readContext(ctx context.Context, r io.Reader, b []byte) (int, error) {
	if r, ok := r.(command.ContextReader); ok {
		return r.ReadContext(ctx, b)
	}
	return r.Read(b)
}

// show shows what the process writes.
func (s *session) show() error {
	if s.tty && s.out != nil {
		_, err := io.Copy(s.out, s.conn)
		return err
	}
	return demux(s.out, s.err, s.conn)
}

// The streams that a header names.
const (
	streamStdin  = 0 // is written to standard output
	streamStdout = 1
	streamStderr = 2
	streamSystem = 3 // of dockerd itself, which could not go on
)

// maxSystemError bounds what dockerd may say of itself.
const maxSystemError = 64 << 10

// demux divides what a process without a terminal writes. Eight bytes come before each part:
// the number of the stream and, in the last four, the length of the part. A stream that is
// nil is not shown.
func demux(out, errs io.Writer, r io.Reader) error {
	for {
		var head [8]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			if err == io.EOF {
				return nil
			}
			return err
		}
		size := int64(binary.BigEndian.Uint32(head[4:]))
		w := out
		switch head[0] {
		case streamStdin, streamStdout:
		case streamStderr:
			w = errs
		case streamSystem:
			text, _ := io.ReadAll(io.LimitReader(r, min(size, maxSystemError)))
			return fmt.Errorf("error from daemon in stream: %s", text)
		default:
			return dockerError(fmt.Sprintf("Unrecognized input header: %d", head[0]))
		}
		if w == nil {
			w = io.Discard
		}
		if _, err := io.CopyN(w, r, size); err != nil {
			return err
		}
	}
}
