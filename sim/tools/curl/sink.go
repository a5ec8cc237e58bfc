package curl

import (
	"bytes"
	"io"
	"os"
	"strings"

	"drydock/sim/tools/command"
)

// A sink is where the answer to a transfer goes. A file is made when something is written
// to it, or at the end.
type sink struct {
	session *session
	file    string // "" is standard output
	opened  io.Writer
	written int64
}

var errWrite = &failure{writeError, "Failure writing output to destination"}

func (s *sink) Write(b []byte) (int, error) {
	if err := s.open(); err != nil {
		return 0, err
	}
	s.written += int64(len(b))
	if _, err := s.opened.Write(b); err != nil {
		return 0, errWrite
	}
	return len(b), nil
}

func (s *sink) open() error {
	switch {
	case s.opened != nil:
	case s.file == "" || s.file == "-":
		s.opened = s.session.out
	default:
		f, err := s.session.OpenFile(s.file, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
		if err != nil {
			s.session.warn("Failed to open the file %s: %s", s.file, command.Reason(err))
			return errWrite
		}
		s.opened = f
	}
	return nil
}

// close ends the file. One to which nothing was written is empty if the transfer went
// well.
func (s *sink) close(well bool) {
	if well && s.opened == nil {
		s.open()
	}
	if c, ok := s.opened.(io.Closer); ok {
		c.Close()
	}
}

// header writes a line of a header, with its name bold on a terminal.
func (s *sink) header(line string) error {
	if s.file == "" && s.session.terminal {
		if name, rest, ok := strings.Cut(line, ":"); ok {
			line = "\x1b[1m" + name + "\x1b[22m:" + rest
		}
	}
	_, err := io.Copy(s, bytes.NewBufferString(line))
	return err
}
