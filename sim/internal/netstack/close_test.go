package netstack

import (
	"context"
	"io"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var stackEnvs = envs[1:]

// A blocked call of each kind returns when its stack is closed, and each call
// after that fails at once.
func TestCloseStack(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		call func(t *testing.T, e env) func() error // prepares and returns what blocks
	}{
		{"read", func(t *testing.T, e env) func() error {
			_, s := e.connect(t)
			return func() error { return reading(s) }
		}},
		{"write", func(t *testing.T, e env) func() error {
			_, s := e.connect(t)
			return func() error { return untilError(s, make([]byte, 1<<20)) }
		}},
		{"accept", func(t *testing.T, e env) func() error {
			l := e.listen(t, "tcp")
			return func() error {
				_, err := l.Accept()
				return err
			}
		}},
		{"receive", func(t *testing.T, e env) func() error {
			c := e.listenPacket(t, "udp")
			return func() error { return reading(c.(net.Conn)) }
		}},
		{"dial", func(t *testing.T, e env) func() error {
			return func() error {
				_, err := e.server.DialContext(bg, "tcp", "10.0.0.77:80")
				return err
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, et := range stackEnvs {
				et.run(t, func(t *testing.T, e env) {
					if tt.name == "dial" && !e.cable {
						t.Skip("no address is silent")
					}
					call := tt.call(t, e)
					done := make(chan error)
					go func() { done <- call() }()
					time.AfterFunc(10*time.Millisecond, e.server.(*Stack).Close)
					assert.ErrorIs(t, <-done, net.ErrClosed)
					assert.ErrorIs(t, call(), net.ErrClosed)
				})
			}
		})
	}
}

func TestUseClosedStack(t *testing.T) {
	t.Parallel()
	s := newStack(t, Options{Seed: 1})
	s.Close()
	s.Close()
	_, err := s.DialContext(bg, "tcp", "127.0.0.1:80")
	assert.EqualError(t, err, "dial tcp 127.0.0.1:80: use of closed network connection")
	_, err = s.DialContext(bg, "udp", "127.0.0.1:80")
	assert.EqualError(t, err, "dial udp 127.0.0.1:80: use of closed network connection")
	_, err = s.Listen(bg, "tcp", "127.0.0.1:80")
	assert.EqualError(t, err, "listen tcp 127.0.0.1:80: use of closed network connection")
	_, err = s.ListenPacket(bg, "udp", "127.0.0.1:80")
	assert.EqualError(t, err, "listen udp 127.0.0.1:80: use of closed network connection")
}

// What the peer sees of the end of a stack.
func TestPeerOfClosed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		end   func(*Stack)
		write bool // something that the closed side does not read
		want  error
	}{
		{"sockets", func(s *Stack) { s.Leave(false) }, false, io.EOF},
		{"sockets with unread data", func(s *Stack) { s.Leave(false) }, true, syscall.ECONNRESET},
		{"sockets, reset", func(s *Stack) { s.Leave(true) }, false, syscall.ECONNRESET},
		{"stack", (*Stack).Close, false, syscall.ECONNRESET},
		{"sockets, then stack", func(s *Stack) { s.Leave(false); s.Close() }, false, io.EOF},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, et := range stackEnvs[1:3] {
				et.run(t, func(t *testing.T, e env) {
					c, s := e.connect(t)
					if tt.write {
						_, err := c.Write([]byte("ab"))
						require.NoError(t, err)
						require.NoError(t, reading(s))
					}
					tt.end(e.server.(*Stack))
					assert.ErrorIs(t, reading(c), tt.want)
				})
			}
		})
	}
}

func TestLeave(t *testing.T) {
	t.Parallel()
	for _, et := range stackEnvs {
		et.run(t, func(t *testing.T, e env) {
			l := e.listen(t, "tcp")
			u := e.listenPacket(t, "udp")
			c, s := e.connect(t)
			e.server.(*Stack).Leave(false)
			assert.ErrorIs(t, reading(s), net.ErrClosed)
			assert.ErrorIs(t, reading(u.(net.Conn)), net.ErrClosed)
			_, err := l.Accept()
			assert.ErrorIs(t, err, net.ErrClosed)
			if e.client != e.server {
				assert.ErrorIs(t, reading(c), io.EOF)
			}
			// The stack goes on, and the ports are free.
			_, err = e.server.Listen(bg, "tcp", l.Addr().String())
			assert.ErrorIs(t, err, net.ErrClosed)
			other := e.server.(*Stack).Share("")
			l, err = other.Listen(bg, "tcp", l.Addr().String())
			require.NoError(t, err)
			other.Leave(false)
			_, err = l.Accept()
			assert.ErrorIs(t, err, net.ErrClosed)
		})
	}
}

// Sockets that are opened, used and closed while their stack is closed.
func TestCloseStackUnderLoad(t *testing.T) {
	t.Parallel()
	for range 20 {
		a, b := newPair(t, Options{Seed: 1})
		l, err := b.Listen(bg, "tcp", "10.0.0.2:80")
		require.NoError(t, err)
		var wg sync.WaitGroup
		wg.Go(func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				wg.Go(func() {
					io.Copy(c, c)
					c.Close()
				})
			}
		})
		ctx, cancel := context.WithCancel(bg)
		for range 4 {
			wg.Go(func() {
				for ctx.Err() == nil {
					c, err := a.DialContext(ctx, "tcp", "10.0.0.2:80")
					if err != nil {
						continue
					}
					c.Write(make([]byte, 10000))
					io.ReadFull(c, make([]byte, 10000))
					c.Close()
				}
			})
		}
		time.AfterFunc(5*time.Millisecond, func() {
			b.Close()
			cancel()
			a.Close()
		})
		wg.Wait()
	}
}
