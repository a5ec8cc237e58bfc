package relay

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// connect returns a client's connection through a proxy and the container's end.
func (e env) connect(t *testing.T) (p *TCP, client, server streamConn) {
	t.Helper()
	l := e.listen(t)
	p = e.tcp(t, e.to(l.Addr()))
	c := e.dial(t, p.Addr())
	s, err := l.Accept()
	require.NoError(t, err)
	t.Cleanup(func() { s.Close() })
	return p, c.(streamConn), s.(streamConn)
}

func TestHalfClose(t *testing.T) {
	t.Parallel()
	data := make([]byte, 3<<20)
	rand.NewChaCha8([32]byte{1}).Read(data)
	for _, test := range []struct {
		name string
		ends func(client, server streamConn) (first, second streamConn)
	}{
		{"by the client", func(c, s streamConn) (streamConn, streamConn) { return c, s }},
		{"by the server", func(c, s streamConn) (streamConn, streamConn) { return s, c }},
	} {
		t.Run(test.name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, e env) {
				_, client, server := e.connect(t)
				first, second := test.ends(client, server)
				for _, way := range [][2]streamConn{{first, second}, {second, first}} {
					var writer sync.WaitGroup
					writer.Go(func() {
						_, err := way[0].Write(data)
						assert.NoError(t, err)
						assert.NoError(t, way[0].CloseWrite())
					})
					got, err := io.ReadAll(way[1])
					writer.Wait()
					require.NoError(t, err)
					require.True(t, bytes.Equal(data, got))
				}
			})
		})
	}
}

// TestConversation has both ends write at the same time.
func TestConversation(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, e env) {
		_, client, server := e.connect(t)
		ping := func(c net.Conn) {
			b := make([]byte, 4)
			for range 100 {
				_, err := c.Write([]byte("ping"))
				assert.NoError(t, err)
				_, err = io.ReadFull(c, b)
				assert.NoError(t, err)
				assert.Equal(t, "ping", string(b))
			}
		}
		var ends sync.WaitGroup
		ends.Go(func() { ping(client) })
		ends.Go(func() { ping(server) })
		ends.Wait()
	})
}

// TestNobodyListens is the recording in which curl says "Recv failure: Connection
// reset by peer".
func TestNobodyListens(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, e env) {
		closed := e.to(e.freePort(t, "tcp"))
		sent := make(chan struct{})
		p := e.tcp(t, func(ctx context.Context, client net.Addr) (net.Conn, error) {
			<-sent
			return closed(ctx, client)
		})
		curl := e.dial(t, p.Addr())
		_, err := io.WriteString(curl, "GET / HTTP/1.1\r\n\r\n")
		require.NoError(t, err)
		close(sent)
		_, err = curl.Read(make([]byte, 1))
		require.ErrorIs(t, err, syscall.ECONNRESET)

		silent := e.dial(t, p.Addr())
		_, err = silent.Read(make([]byte, 1))
		require.Equal(t, io.EOF, err)
	})
}

// TestRefusalWaitsForTheRequest has the refusal of the container come before the
// client's request.
func TestRefusalWaitsForTheRequest(t *testing.T) {
	inBubble(t, func(t *testing.T, e env) {
		p := e.tcp(t, e.to(e.freePort(t, "tcp")))
		late := e.dial(t, p.Addr())
		time.Sleep(patience - 1)
		synctest.Wait()
		_, err := io.WriteString(late, "GET / HTTP/1.1\r\n\r\n")
		require.NoError(t, err)
		_, err = late.Read(make([]byte, 1))
		require.ErrorIs(t, err, syscall.ECONNRESET)

		silent := e.dial(t, p.Addr())
		start := time.Now()
		_, err = silent.Read(make([]byte, 1))
		require.Equal(t, io.EOF, err)
		require.Equal(t, patience, time.Since(start))
	})
}

// TestResetEndsBoth has one end reset the connection. As with docker-proxy the other
// reads its end.
func TestResetEndsBoth(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, e env) {
		_, client, server := e.connect(t)
		_, err := client.Write([]byte("x"))
		require.NoError(t, err)
		_, err = server.Read(make([]byte, 1))
		require.NoError(t, err)
		server.SetLinger(0)
		server.Close()
		_, err = client.Read(make([]byte, 1))
		require.Equal(t, io.EOF, err)

		_, client, server = e.connect(t)
		client.SetLinger(0)
		client.Close()
		_, err = server.Read(make([]byte, 1))
		require.Equal(t, io.EOF, err)
	})
}

func TestDialerIsToldTheClient(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, e env) {
		l := e.listen(t)
		clients := make(chan net.Addr, 1)
		p := e.tcp(t, func(ctx context.Context, client net.Addr) (net.Conn, error) {
			clients <- client
			return e.to(l.Addr())(ctx, client)
		})
		c := e.dial(t, p.Addr())
		require.Equal(t, c.LocalAddr().String(), (<-clients).String())
	})
}

// TestClose closes a proxy with connections in each state.
func TestClose(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, e env) {
		l := e.listen(t)
		dialing := make(chan struct{})
		var hang atomic.Bool
		p := e.tcp(t, func(ctx context.Context, client net.Addr) (net.Conn, error) {
			if hang.Load() {
				close(dialing)
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return e.to(l.Addr())(ctx, client)
		})
		idle := e.dial(t, p.Addr())
		idleServer, err := l.Accept()
		require.NoError(t, err)
		defer idleServer.Close()

		stuck := e.dial(t, p.Addr())
		stuckServer, err := l.Accept()
		require.NoError(t, err)
		defer stuckServer.Close()
		var writer sync.WaitGroup
		writer.Go(func() {
			for chunk := make([]byte, 1<<20); ; { // the server does not read
				if _, err := stuck.Write(chunk); err != nil {
					return
				}
			}
		})

		hang.Store(true)
		waiting := e.dial(t, p.Addr())
		<-dialing

		var closers sync.WaitGroup
		for range 3 {
			closers.Go(func() { assert.NoError(t, p.Close()) })
		}
		closers.Wait()
		writer.Wait()
		for _, c := range []net.Conn{idle, idleServer, waiting} {
			_, err := c.Read(make([]byte, 1))
			require.Error(t, err)
			require.NotErrorIs(t, err, net.ErrClosed)
		}
		_, err = e.host.DialContext(t.Context(), "tcp4", p.Addr().String())
		require.ErrorIs(t, err, syscall.ECONNREFUSED)
		require.NoError(t, p.Close())
	})
}

// TestLateDial has a dial succeed after Close.
func TestLateDial(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		clients, accepted := newPipes()
		backend, far := net.Pipe()
		p := NewTCP(accepted, func(ctx context.Context, _ net.Addr) (net.Conn, error) {
			<-ctx.Done()
			time.Sleep(time.Second)
			return backend, nil
		}, Proxy)
		client := clients()
		synctest.Wait()
		start := time.Now()
		require.NoError(t, p.Close())
		require.Equal(t, time.Second, time.Since(start))
		for _, c := range []net.Conn{client, far} {
			_, err := c.Read(make([]byte, 1))
			require.Equal(t, io.EOF, err)
		}
	})
}

// TestWithoutCloseWrite forwards between connections that cannot be half closed.
func TestWithoutCloseWrite(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		clients, accepted := newPipes()
		backend, server := net.Pipe()
		p := NewTCP(accepted, func(context.Context, net.Addr) (net.Conn, error) { return backend, nil }, Proxy)
		defer p.Close()
		client := clients()
		go io.WriteString(client, "hello")
		b := make([]byte, 5)
		_, err := io.ReadFull(server, b)
		require.NoError(t, err)
		require.Equal(t, "hello", string(b))
		client.Close()
		_, err = server.Read(b)
		require.Equal(t, io.EOF, err)
		synctest.Wait()
		require.Len(t, p.group.ends, 1, "only the listener is left")
	})
}

// A failing listener has one error after the other.
type failing struct {
	errs   []error
	times  []time.Time
	closed chan struct{}
	once   sync.Once
}

func (l *failing) Accept() (net.Conn, error) {
	l.times = append(l.times, time.Now())
	if len(l.errs) > 0 {
		err := l.errs[0]
		l.errs = l.errs[1:]
		return nil, err
	}
	<-l.closed
	return nil, net.ErrClosed
}

func (l *failing) Addr() net.Addr { return nil }

func (l *failing) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func TestAcceptErrors(t *testing.T) {
	t.Parallel()
	full := &net.OpError{Op: "accept", Err: syscall.EMFILE}
	for _, test := range []struct {
		name   string
		errs   []error
		pauses []time.Duration // between calls of Accept
	}{
		{"that pass", []error{full, full, full}, []time.Duration{5, 10, 20}},
		{"that last", []error{full, errors.New("broken"), full}, []time.Duration{5}},
		{"many", []error{full, full, full, full, full, full, full, full, full, full},
			[]time.Duration{5, 10, 20, 40, 80, 160, 320, 640, 1000, 1000}},
		{"closed elsewhere", []error{net.ErrClosed, full}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := &failing{errs: test.errs, closed: make(chan struct{})}
				p := NewTCP(l, nil, Proxy)
				time.Sleep(time.Minute)
				require.NoError(t, p.Close())
				require.Len(t, l.times, len(test.pauses)+1)
				for i, pause := range test.pauses {
					require.Equal(t, pause*time.Millisecond, l.times[i+1].Sub(l.times[i]))
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		p := NewTCP(&failing{errs: []error{full, full, full, full, full}, closed: make(chan struct{})}, nil, Proxy)
		time.Sleep(80 * time.Millisecond) // within the longest pause
		start := time.Now()
		require.NoError(t, p.Close())
		require.Zero(t, time.Since(start))
	})
}

// A pipeListener accepts the ends of net.Pipe.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
}

// newPipes returns a listener and what connects to it.
func newPipes() (connect func() net.Conn, l net.Listener) {
	p := pipeListener{make(chan net.Conn), make(chan struct{})}
	return func() net.Conn {
		a, b := net.Pipe()
		p.conns <- b
		return a
	}, p
}

func (l pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l pipeListener) Addr() net.Addr { return nil }

func (l pipeListener) Close() error {
	close(l.closed)
	return nil
}
