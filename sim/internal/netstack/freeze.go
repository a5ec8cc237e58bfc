package netstack

import (
	"context"
	"net"
)

// A freeze is the time between Freeze and Thaw.
type freeze struct {
	over chan struct{} // closed by Thaw
}

// Freeze has the network calls of s stand still until Thaw, as those of processes in
// the cgroup freezer do: a call in progress and one that begins take nothing from
// their socket, give it nothing and do not return. The namespace is not affected, nor
// are others who share it: it goes on to answer echo requests, to complete TCP
// handshakes and acknowledge data as long as there is room for them, and to send again
// what was lost. A call that has come as far as its socket when Freeze is called may do
// its work there, but returns after Thaw.
//
// Only the network stands still, not the code that uses it. So what ends a waiting
// call ends it all the same and with the usual error: Close of the socket, Leave, the
// deadline or the context. To a read, write or accept with its work done the deadline
// is nothing, as data would be lost. Close and what sets options and deadlines do not
// wait; CloseRead and CloseWrite do.
//
// A frozen s is not frozen twice, and after Leave it is not frozen any more.
func (s *process) Freeze() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.left && s.frozen.Load() == nil {
		s.frozen.Store(&freeze{make(chan struct{})})
	}
}

// Thaw ends Freeze. It does nothing if s is not frozen.
func (s *process) Thaw() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.frozen.Swap(nil); f != nil {
		close(f.over)
	}
}

// isFrozen reports whether s is frozen. One that is not may be the next moment.
func (s *process) isFrozen() bool { return s.frozen.Load() != nil }

// AwaitThaw returns when s is not frozen. The error is that of ctx if it ends before,
// or net.ErrClosed if s has left meanwhile. It is for calls that Freeze is to hold
// back and that are not methods of s.
func (s *process) AwaitThaw(ctx context.Context) error {
	for f := s.frozen.Load(); f != nil; f = s.frozen.Load() {
		select {
		case <-f.over:
		case <-ctx.Done():
			return ctx.Err()
		}
		if s.gone() {
			return net.ErrClosed
		}
	}
	return nil
}
