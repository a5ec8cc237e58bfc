package sim

import (
	"context"
	"io"

	"drydock/sim/internal/stdio"
	"drydock/sim/internal/tty"
	"drydock/sim/tools/command"
)

// streams are those of a process on both of its sides.
type streams struct {
	in             *command.Pipe // nil: there is nothing to read
	terminal       *tty.Pair     // nil: none; else it is used in place of in
	stdout, stderr stdio.Writer
	shown          chan struct{} // closed when the terminal's output is written
}

func newStreams(terminal bool, processes *command.Processes, stdout, stderr stdio.Writer) *streams {
	s := &streams{stdout: stdout, stderr: stderr}
	if terminal {
		s.terminal, s.shown = tty.New(processes.SignalGroup), make(chan struct{})
	}
	return s
}

// open makes a pipe for what is to be read.
func (s *streams) open() {
	if s.terminal == nil {
		s.in = command.NewPipe()
	}
}

// give has a process read and write the streams. end must follow when it has ended.
func (s *streams) give(c *command.Call) {
	if s.terminal == nil {
		c.Stdout, c.Stderr = s.stdout, s.stderr
		if s.in != nil {
			c.Stdin = s.in
		}
		return
	}
	slave := s.terminal.Slave()
	c.Stdin, c.Stdout, c.Stderr = slave, slave, slave
	go func() {
		defer close(s.shown)
		if _, err := io.Copy(s.stdout, s.terminal); err != nil {
			s.terminal.Close() // nobody looks
		}
	}()
}

// foreground has ^C reach a process and what is in its group.
func (s *streams) foreground(p *command.Process) {
	if s.terminal != nil {
		s.terminal.Slave().SetForeground(p.Group)
	}
}

// copyIn types or writes what r has, until the process reads no more or, if r can be left,
// ctx is done.
func (s *streams) copyIn(ctx context.Context, r io.Reader) {
	if c, ok := r.(command.ContextReader); ok {
		r = readerUntil{c, ctx}
	}
	io.Copy(s.input(), r)
}

type readerUntil struct {
	r   command.ContextReader
	ctx context.Context
}

func (r readerUntil) Read(b []byte) (int, error) { return r.r.ReadContext(r.ctx, b) }

func (s *streams) input() io.Writer {
	switch {
	case s.terminal != nil:
		return s.terminal
	case s.in != nil:
		return s.in
	}
	return io.Discard
}

// closeIn says that nothing more will be read.
func (s *streams) closeIn() {
	switch {
	case s.terminal != nil:
		s.terminal.Write([]byte{'D' & 31})
	case s.in != nil:
		s.in.CloseWrite()
	}
}

// end is called when the process has ended. What it wrote is in the hands of who delivers it
// then.
func (s *streams) end() {
	if s.in != nil {
		s.in.CloseRead()
	}
	if s.terminal != nil {
		s.terminal.Slave().Close()
		<-s.shown
		s.terminal.Close()
	}
}

func (s *streams) resize(rows, columns int) {
	if s.terminal != nil {
		s.terminal.Resize(rows, columns)
	}
}

// drop ends streams that no process has got.
func (s *streams) drop() {
	if s.in != nil {
		s.in.CloseRead()
	}
	if s.terminal != nil {
		s.terminal.Close()
	}
}
