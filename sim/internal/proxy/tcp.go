package proxy

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// patience is how long a client that could not be served has to send its first
	// bytes. It is longer than what a client takes that sends at once.
	patience = 10 * time.Millisecond
	// minPause and maxPause are how long the listener rests after an error that
	// passes, such as too many open files: as net/http.Server.
	minPause = 5 * time.Millisecond
	maxPause = time.Second
)

// A TCP is a proxy of TCP connections. Its methods are safe for concurrent use.
//
// A client is accepted before its connection is dialed. If that fails, the client
// gets what Linux makes of docker-proxy's closing a connection: a reset if it has
// sent something, io.EOF if it is silent.
//
// Each direction is copied until it ends, which is passed on by CloseWrite, and the
// other then goes on; connections are closed when both have ended. Connections
// without CloseWrite end with their first direction.
type TCP struct {
	group
	listener net.Listener
	dial     Dialer
	replying atomic.Int64 // connections of which the backend's direction has not ended
}

// NewTCP starts a proxy that accepts on l, which it owns.
func NewTCP(l net.Listener, dial Dialer) *TCP {
	p := &TCP{listener: l, dial: dial}
	p.start(l, p.accept)
	return p
}

// Addr returns the address of the listener.
func (p *TCP) Addr() net.Addr { return p.listener.Addr() }

// Close closes the listener and all connections, and returns when nothing runs any
// more. More calls do nothing but wait for the first.
func (p *TCP) Close() error { return p.end() }

// Replying reports whether a backend has not closed its connection, or not all that it
// has sent is passed on.
func (p *TCP) Replying() bool { return p.replying.Load() > 0 }

func (p *TCP) accept() {
	pause := minPause
	for {
		client, err := p.listener.Accept()
		switch {
		case err == nil:
			pause = minPause
			if id, ok := p.own(client); ok {
				p.tasks.Go(func() { p.serve(id, client) })
			}
		case !temporary(err) || !p.sleep(pause):
			return
		default:
			pause = min(2*pause, maxPause)
		}
	}
}

// temporary reports whether a listener may accept again after an error.
func temporary(err error) bool {
	var t interface{ Temporary() bool }
	return !errors.Is(err, net.ErrClosed) && errors.As(err, &t) && t.Temporary()
}

// sleep returns false if the proxy is closed before.
func (p *TCP) sleep(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-p.ctx.Done():
		return false
	}
}

func (p *TCP) serve(id int, client net.Conn) {
	defer p.drop(id)
	p.replying.Add(1)
	replied := sync.OnceFunc(func() { p.replying.Add(-1) })
	defer replied()
	backend, err := p.dial(p.ctx, client.RemoteAddr())
	if err != nil {
		refuse(client)
		return
	}
	backendID, ok := p.own(backend)
	if !ok {
		return
	}
	defer p.drop(backendID)
	var replies sync.WaitGroup
	replies.Go(func() {
		defer replied()
		forward(client, backend)
	})
	forward(backend, client)
	replies.Wait()
}

// refuse prepares the closing of a client that cannot be served. Linux resets a
// connection that is closed with unread data. Whether the data is there in time
// would be up to chance, so it is waited for.
func refuse(client net.Conn) {
	client.SetReadDeadline(time.Now().Add(patience))
	n, _ := client.Read(make([]byte, 1))
	if c, ok := client.(interface{ SetLinger(sec int) error }); ok && n > 0 {
		c.SetLinger(0)
	}
}

// forward copies one direction and passes its end on.
func forward(to, from net.Conn) {
	stream(to, from)
	if c, ok := from.(interface{ CloseRead() error }); ok {
		c.CloseRead()
	}
	if c, ok := to.(interface{ CloseWrite() error }); ok {
		c.CloseWrite()
	} else {
		to.Close()
	}
}

// stream copies until from ends or to takes no more. Between two sockets of the
// kernel io.Copy leaves the work to it. Otherwise the buffer is a super-segment of
// netstack: with the 32 KiB of io.Copy a stream between netstacks has 0.85 of the
// throughput.
func stream(to io.Writer, from io.Reader) {
	_, kernelTo := to.(syscall.Conn)
	_, kernelFrom := from.(syscall.Conn)
	if kernelTo && kernelFrom {
		io.Copy(to, from)
		return
	}
	io.CopyBuffer(struct{ io.Writer }{to}, struct{ io.Reader }{from}, make([]byte, 64<<10))
}
