package relay

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
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

// A Mode says what clients get to see of how the other connection ends.
type Mode int

const (
	// Proxy is docker-proxy's way. Each direction is copied until it ends, which is
	// passed on by CloseWrite, and the other then goes on; connections are closed when
	// both have ended. Connections without CloseWrite end with their first direction. A
	// client that cannot be served gets what Linux makes of docker-proxy's closing a
	// connection: a reset if it has sent something, io.EOF if it is silent.
	Proxy Mode = iota

	// Wire passes on what happens, as Join does. A client that cannot be served, or not
	// any longer, is reset. Connections must be Streams.
	Wire
)

// A TCP is a relay of TCP connections. A client is accepted before its connection is
// dialed. The methods are safe for concurrent use.
type TCP struct {
	group    Group
	listener net.Listener
	dial     Dialer
	mode     Mode
	replying atomic.Int64 // connections of which the backend's direction has not ended
}

// NewTCP starts a relay that accepts on l, which it owns.
func NewTCP(l net.Listener, dial Dialer, mode Mode) *TCP {
	p := &TCP{listener: l, dial: dial, mode: mode}
	p.group.Open()
	p.group.own(l.Close)
	p.group.Go(p.accept)
	return p
}

// Addr returns the address of the listener.
func (p *TCP) Addr() net.Addr { return p.listener.Addr() }

// Close closes the listener and all connections, and returns when nothing runs any
// more. More calls do nothing but wait for the first.
func (p *TCP) Close() error { return p.group.end() }

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
			if release := p.hold(client); release != nil {
				p.group.Go(func() { p.serve(client, release) })
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

// sleep returns false if the relay is closed before.
func (p *TCP) sleep(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-p.group.ctx.Done():
		return false
	}
}

// close ends a connection when the relay is closed.
func (p *TCP) close(c net.Conn) error {
	if p.mode == Wire {
		return Reset(c.(Stream))
	}
	return c.Close()
}

// hold has c closed with the relay. Otherwise release closes it; it is nil if the relay is
// closed already.
func (p *TCP) hold(c net.Conn) (release func()) {
	id, ok := p.group.own(func() error { return p.close(c) })
	if !ok {
		return nil
	}
	return func() {
		if p.group.drop(id) {
			c.Close()
		}
	}
}

func (p *TCP) serve(client net.Conn, release func()) {
	defer release()
	p.replying.Add(1)
	replied := sync.OnceFunc(func() { p.replying.Add(-1) })
	defer replied()
	backend, err := p.dial(p.group.ctx, client.RemoteAddr())
	if err != nil {
		p.refuse(client)
		return
	}
	if p.mode == Wire {
		Join(p.group.ctx, client.(Stream), backend.(Stream))
		return
	}
	releaseBackend := p.hold(backend)
	if releaseBackend == nil {
		return
	}
	defer releaseBackend()
	var replies sync.WaitGroup
	replies.Go(func() {
		defer replied()
		proxied(client, backend)
	})
	proxied(backend, client)
	replies.Wait()
}

// refuse prepares the closing of a client that cannot be served. Linux resets a
// connection that is closed with unread data. Whether the data is there in time
// would be up to chance, so it is waited for. A client that is reset should be reading
// and not connecting any more, as far as it is told.
func (p *TCP) refuse(client net.Conn) {
	client.SetReadDeadline(time.Now().Add(patience))
	n, _ := client.Read(make([]byte, 1))
	if c, ok := client.(interface{ SetLinger(sec int) error }); ok && (n > 0 || p.mode == Wire) {
		c.SetLinger(0)
	}
}
