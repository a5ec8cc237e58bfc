package dockerd

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"
)

// headerTimeout is how long a client may take to send a request's headers, as newer
// dockerds have it.
const headerTimeout = 5 * time.Minute

// Serve serves handler on the connections that l accepts, until ctx is done or l fails. Then
// it closes l, ends all requests and connections, those too that were taken over, and
// returns when they have ended. The error is nil if ctx is done.
func Serve(ctx context.Context, l net.Listener, handler http.Handler) error {
	s := newServer(ctx, handler)
	s.http.ReadHeaderTimeout = headerTimeout
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	err := s.http.Serve(l)
	s.end()
	if ctx.Err() != nil || errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// A server is an http.Server that knows when all that it began has ended.
type server struct {
	http   http.Server
	cancel context.CancelFunc // of its requests

	mu      sync.Mutex
	ended   bool                  // +checklocks:mu
	conns   map[net.Conn]struct{} // +checklocks:mu
	running sync.WaitGroup        // connections, and requests that took theirs over
}

func newServer(ctx context.Context, handler http.Handler) *server {
	ctx, cancel := context.WithCancel(ctx)
	s := &server{cancel: cancel, conns: make(map[net.Conn]struct{})}
	s.http = http.Server{
		Handler:     s.track(handler),
		BaseContext: func(net.Listener) context.Context { return ctx },
		ConnState:   s.connState,
	}
	return s
}

// connState keeps conns.
func (s *server) connState(c net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch state {
	case http.StateNew:
		s.running.Add(1)
		s.conns[c] = struct{}{}
		if s.ended {
			c.Close()
		}
	case http.StateClosed:
		delete(s.conns, c)
		s.running.Done()
	}
}

// track has handler's connection end with it if it took that over: then http.Server knows
// no more of it.
func (s *server) track(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := &hijackable{ResponseWriter: w}
		defer func() {
			if h.conn != nil {
				h.conn.Close()
				s.connState(h.conn, http.StateClosed)
			}
		}()
		handler.ServeHTTP(h, r)
	})
}

// end ends everything and waits for it.
func (s *server) end() {
	s.cancel()
	s.mu.Lock()
	s.ended = true
	for c := range s.conns {
		c.Close()
	}
	s.mu.Unlock()
	s.running.Wait()
}

// A hijackable is a ResponseWriter that notes which connection was taken over.
type hijackable struct {
	http.ResponseWriter
	conn net.Conn
}

func (h *hijackable) Unwrap() http.ResponseWriter { return h.ResponseWriter }

func (h *hijackable) Flush() { http.NewResponseController(h.ResponseWriter).Flush() }

// Hijack takes the connection over. It is closed when the handler returns.
func (h *hijackable) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	h.conn = conn
	return conn, rw, err
}
