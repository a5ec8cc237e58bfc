package dnsd_test

import (
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// A memPacketConn is an emulated UDP socket for synctest bubbles.
type memPacketConn struct {
	in, out chan []byte
	wakes   atomic.Int32 // deadlines that were not past when they were set

	mu      sync.Mutex // guards what follows
	ended   bool
	past    chan struct{} // closed when the read deadline is past
	closed  chan struct{}
	expired bool
}

func newMemPacketConn() *memPacketConn {
	return &memPacketConn{in: make(chan []byte), out: make(chan []byte), past: make(chan struct{}), closed: make(chan struct{})}
}

func (c *memPacketConn) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case <-c.closed:
		return 0, nil, &net.OpError{Op: "read", Net: "udp", Err: net.ErrClosed}
	case <-c.past:
		return 0, nil, &net.OpError{Op: "read", Net: "udp", Err: os.ErrDeadlineExceeded}
	case m := <-c.in:
		return copy(b, m), net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:40000")), nil
	}
}

func (c *memPacketConn) WriteTo(b []byte, _ net.Addr) (int, error) {
	select {
	case <-c.closed:
		return 0, net.ErrClosed
	case c.out <- append([]byte(nil), b...):
		return len(b), nil
	}
}

func (c *memPacketConn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return net.ErrClosed
	}
	c.ended = true
	close(c.closed)
	return nil
}

// SetReadDeadline ends reads if t is past, and otherwise counts.
func (c *memPacketConn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case t.After(time.Now()):
		c.wakes.Add(1)
	case !c.expired:
		c.expired = true
		close(c.past)
	}
	return nil
}

func (c *memPacketConn) SetDeadline(t time.Time) error    { return c.SetReadDeadline(t) }
func (c *memPacketConn) SetWriteDeadline(time.Time) error { return nil }
func (c *memPacketConn) LocalAddr() net.Addr {
	return net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.11:53"))
}

// A memListener is an emulated TCP listener.
type memListener struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newMemListener() *memListener {
	return &memListener{conns: make(chan net.Conn), done: make(chan struct{})}
}

func (l *memListener) dial() net.Conn {
	client, server := net.Pipe()
	l.conns <- tcpConn{server}
	return client
}

func (l *memListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, &net.OpError{Op: "accept", Net: "tcp", Err: net.ErrClosed}
	}
}

func (l *memListener) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

func (l *memListener) Addr() net.Addr { return tcpConn{}.LocalAddr() }

// A tcpConn is a pipe that says it is TCP.
type tcpConn struct{ net.Conn }

func (tcpConn) LocalAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.11:53"))
}

func (tcpConn) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:40000"))
}
