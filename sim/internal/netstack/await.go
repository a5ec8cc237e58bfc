package netstack

import (
	"context"
	"io"
	"net"
)

// Who connects to a server that has only just been started would have to try again and
// again, or sleep for a guessed time. AwaitListener gives it an event to wait for.

// A served is a port that a socket listens on.
type served struct {
	network string // "tcp" or "udp"
	port    uint16
}

// AwaitListener returns when a socket of s listens on a port, on whatever address. The
// network is "tcp" or "udp". The error is that of ctx, or net.ErrClosed after Leave.
func (s *process) AwaitListener(ctx context.Context, network string, port uint16) error {
	for {
		next, err := s.nextListener(served{network, port})
		if next == nil {
			return err
		}
		select {
		case <-next:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// nextListener returns what is closed when the next socket listens, or nil if there is
// nothing to wait for.
func (s *process) nextListener(p served) (<-chan struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left {
		return nil, net.ErrClosed
	}
	for _, l := range s.listening { // a handful: not worth a second index
		if l == p {
			return nil, nil
		}
	}
	if s.listens == nil {
		s.listens = make(chan struct{})
	}
	return s.listens, nil
}

// announce tells who waits that a socket of s listens. It does nothing if the socket has
// been closed.
func (s *process) announce(c io.Closer, p served) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, open := s.sockets[c]; s.left || !open {
		return
	}
	if s.listening == nil {
		s.listening = make(map[io.Closer]served)
	}
	s.listening[c] = p
	s.wakeLocked()
}

// wakeLocked makes those who wait look again. They may wait for another port; the next who
// does makes a new channel.
func (s *process) wakeLocked() {
	if s.listens != nil {
		close(s.listens)
		s.listens = nil
	}
}
