package images

import (
	"context"
	"net"
	"sync"

	"drydock/sim/tools/command"
)

// maxConns is how many connections a server has at a time; others wait to be accepted.
const maxConns = 1024

// serve listens on a port and handles connections until the command is to end. Then it
// closes what is open, waits, and returns nil.
func serve(ctx context.Context, c *command.Call, port string, handle func(net.Conn)) error {
	l, err := c.Machine.Listen(ctx, "tcp", ":"+port)
	if err != nil {
		return err
	}
	serveOn(ctx, []net.Listener{l}, handle)
	return nil
}

// serveOn is serve with sockets that listen.
func serveOn(ctx context.Context, sockets []net.Listener, handle func(net.Conn)) {
	s := server{conns: make(map[net.Conn]bool), free: make(chan struct{}, maxConns)}
	defer context.AfterFunc(ctx, func() {
		closeAll(sockets)
		s.close()
	})()
	for _, l := range sockets {
		s.running.Go(func() { s.accept(l, handle) })
	}
	s.running.Wait()
}

// accept serves who comes to a socket, until that is closed.
func (s *server) accept(l net.Listener, handle func(net.Conn)) {
	for {
		s.free <- struct{}{}
		conn, err := l.Accept()
		if err != nil {
			break
		}
		if !s.add(conn) {
			conn.Close()
		}
		s.running.Go(func() {
			defer func() { <-s.free }()
			defer s.done(conn)
			handle(conn)
		})
	}
	<-s.free
}

// A server knows its connections.
type server struct {
	running sync.WaitGroup
	free    chan struct{} // full when there are maxConns

	mu     sync.Mutex
	closed bool              // +checklocks:mu
	conns  map[net.Conn]bool // +checklocks:mu
}

func (s *server) add(c net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.conns[c] = true
	}
	return !s.closed
}

func (s *server) done(c net.Conn) {
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
	c.Close()
}

func (s *server) close() {
	s.mu.Lock()
	s.closed = true
	conns := s.conns
	s.conns = nil
	s.mu.Unlock()
	for c := range conns {
		c.Close()
	}
}
