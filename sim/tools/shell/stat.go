package shell

import (
	"io/fs"
	"os"
	"strings"

	"drydock/sim/tools/command"
)

// Stat and Terminal are what conditions ask.
func (s *shell) Stat(name string) (fs.FileInfo, error) {
	f, err := s.open(name, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Stat()
}

// Terminal tells whether a descriptor is a terminal.
func (s *shell) Terminal(fd int) bool {
	if fd < 0 || fd >= len(s.files) || s.files[fd] == nil {
		return false
	}
	return command.TerminalOf(s.files[fd].R) != nil || command.TerminalOf(s.files[fd].W) != nil
}

// path returns the path of a program as a search of $PATH would find it, or its name.
func (s *shell) path(name string) string {
	if strings.Contains(name, "/") {
		return name
	}
	if at, ok := s.call.Commands.Path(s.call.Files, name); ok {
		return at
	}
	return name
}
