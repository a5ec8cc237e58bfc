package netstack

import (
	"cmp"
	"io"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
)

// A process is one of those who share a namespace: it owns sockets, which close when it
// leaves, and can be frozen. It knows nothing of what a socket is.
type process struct {
	frozen atomic.Pointer[freeze] // nil: not; set and replaced with mu held

	mu      sync.Mutex // guards what follows
	left    bool
	reset   bool              // how sockets close after that
	sockets map[io.Closer]int // which of all that were opened each is
	opened  int
	others  map[io.Closer]file // those of sockets that another program than the main one has open

	listening map[io.Closer]served // of sockets
	listens   chan struct{}        // closed by the next socket that listens, and by Leave; nil: nobody waits

	program Program // the main one; never changes

	unlist func() // from the residents of the bubble; nil: it is not listed. Set before use
}

// Leave closes the sockets of s, and s opens no more. Without reset they close as
// at the exit of the process that owns them: TCP connections end with FIN, or with
// a reset if there is unread data, and may outlive s as long as the namespace does. With
// reset they are reset, also those that another call of Leave closes meanwhile.
func (s *process) Leave(reset bool) {
	s.mu.Lock()
	s.left, s.reset = true, s.reset || reset
	sockets := s.oldestFirstLocked()
	s.wakeLocked()
	s.mu.Unlock()
	for _, c := range sockets { // without the lock, which untrack takes
		c.Close()
	}
	s.Thaw() // for those that wait without a socket
	if s.unlist != nil {
		s.unlist()
	}
}

// blocked returns the calls that wait for something to happen, oldest socket first. The
// process has that name.
func (s *process) blocked(name string) (calls []string) {
	s.mu.Lock()
	sockets := s.oldestFirstLocked()
	s.mu.Unlock()
	for _, c := range sockets {
		if c, ok := c.(interface{ blocked(name string) []string }); ok {
			calls = append(calls, c.blocked(name)...)
		}
	}
	return calls
}

// oldestFirstLocked returns the sockets in an order that does not depend on
// chance, so that their last segments do not either.
func (s *process) oldestFirstLocked() []io.Closer {
	return slices.SortedFunc(maps.Keys(s.sockets), s.olderLocked)
}

func (s *process) olderLocked(a, b io.Closer) int { return cmp.Compare(s.sockets[a], s.sockets[b]) }

// track makes Leave close c. It is false after Leave: who has opened c meanwhile must close
// it, or the namespace would not end.
func (s *process) track(c io.Closer) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left {
		return false
	}
	s.opened++
	if s.sockets == nil {
		s.sockets = make(map[io.Closer]int)
	}
	s.sockets[c] = s.opened
	return true
}

// untrack undoes track. It does nothing the second time.
func (s *process) untrack(c io.Closer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sockets, c)
	delete(s.others, c)
	delete(s.listening, c)
}

// gone reports whether Leave was called.
func (s *process) gone() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.left
}

// resets reports whether sockets are to close with a reset.
func (s *process) resets() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reset
}
