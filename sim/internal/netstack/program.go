package netstack

import (
	"context"
	"io"
	"slices"
)

// A Program is who has sockets open, as it is seen by those who see the same process IDs. The
// zero Program is seen by nobody. Most sockets are the main program's of a process; those
// which a command opens that was started beside it, as docker exec does, are the command's.
type Program struct {
	PIDs any // whose process IDs; compared with ==
	PID  int
	Name string
}

type programKey struct{}

// WithProgram returns a context in which the sockets that are opened belong to a program.
func WithProgram(ctx context.Context, p Program) context.Context {
	return context.WithValue(ctx, programKey{}, p)
}

// programOf returns the program of WithProgram, or the zero one.
func programOf(ctx context.Context) Program {
	p, _ := ctx.Value(programKey{}).(Program)
	return p
}

// A file is a socket as the program has it that has it open.
type file struct {
	program Program
	fd      int
	backlog int // of a listener, if [namespace.owners] has looked
}

// stderr is the last file that a program has open when it begins.
const stderr = 2

// attribute makes a socket that of a program with the lowest free number, as Linux does. The
// zero Program leaves it to the main one.
func (s *process) attribute(c io.Closer, p Program) {
	if p == (Program{}) || p == s.program {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, open := s.sockets[c]; !open {
		return // closed meanwhile
	}
	used := make(map[int]bool)
	for _, f := range s.others {
		used[f.fd] = used[f.fd] || f.program == p
	}
	f := file{program: p, fd: stderr + 1}
	for used[f.fd] {
		f.fd++
	}
	if s.others == nil {
		s.others = make(map[io.Closer]file)
	}
	s.others[c] = f
}

// Exit closes the sockets of a program that has ended, unless it is the main one, and waits for
// those that are being closed. The name does not count: a process may have run several programs.
func (s *process) Exit(p Program) {
	s.mu.Lock()
	var sockets []io.Closer
	for c, f := range s.others {
		if f.program.PIDs == p.PIDs && f.program.PID == p.PID {
			sockets = append(sockets, c)
		}
	}
	slices.SortFunc(sockets, s.olderLocked)
	s.mu.Unlock()
	for _, c := range sockets {
		c.Close()
	}
}

// programOf returns the program that a socket belongs to, if it is not the main one.
func (s *process) programOf(c io.Closer) Program {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.others[c].program
}

// open returns the sockets of the process. The main program's are numbered in the order in
// which they were opened.
func (s *process) open() map[io.Closer]file {
	s.mu.Lock()
	defer s.mu.Unlock()
	open := make(map[io.Closer]file, len(s.sockets))
	for c, nth := range s.sockets {
		f, ok := s.others[c]
		if !ok {
			f = file{program: s.program, fd: stderr + nth}
		}
		open[c] = f
	}
	return open
}
