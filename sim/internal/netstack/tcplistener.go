package netstack

import (
	"context"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

// maxBacklog is how many connections wait for Accept at most, and if nobody asks for less:
// net.core.somaxconn. Linux has room for one more.
const maxBacklog = 4096

// A TCPListener accepts TCP connections. Its methods are safe for concurrent use.
type TCPListener struct {
	sock sock // only read is used
	at   bound
}

var _ net.Listener = (*TCPListener)(nil)

// listenTCP returns its error without the OpError around it.
func (s *Stack) listenTCP(network string, local netip.AddrPort) (*TCPListener, error) {
	l := new(TCPListener)
	v6, only := listenFamily(network, local.Addr())
	if err := l.sock.create(s, network, tcp.ProtocolNumber, v6); err != nil {
		return nil, err
	}
	if err := l.listen(local, only); err != nil {
		l.sock.Close()
		return nil, err
	}
	return l, nil
}

// whyTaken is why one cannot listen at an address whose port is taken: the first thing
// that Linux looks at is whether the address is its own.
func (s *Stack) whyTaken(a netip.Addr) syscall.Errno {
	if !wildcard(a) && a.Zone() == "" && s.stack.CheckLocalAddress(0, protocolOf(a), toAddress(a)) == 0 {
		return syscall.EADDRNOTAVAIL
	}
	return syscall.EADDRINUSE
}

func (l *TCPListener) listen(local netip.AddrPort, v6only bool) error {
	if local.Addr().IsMulticast() && local.Addr().Is6() {
		return os.NewSyscallError("bind", syscall.EINVAL)
	}
	l.at = bound{
		addr: local.Addr(),
		v4:   !l.sock.v6 || wildcard(local.Addr()) && !v6only,
		v6:   l.sock.v6,
		shut: &l.sock.shut,
	}
	s := l.sock.stack
	s.listeners.Lock()
	defer s.listeners.Unlock()
	if s.listeners.takenLocked(&l.at, local.Port()) {
		return os.NewSyscallError("bind", s.whyTaken(local.Addr()))
	}
	s.gate.enter()
	defer s.gate.leave()
	l.sock.ep.SocketOptions().SetV6Only(v6only)
	l.sock.ep.SocketOptions().SetReuseAddress(true) // connections in TIME_WAIT do not keep the port
	if err := l.sock.bind(local); err != nil {
		return err
	}
	if err := l.setBacklog(maxBacklog); err != nil {
		return err
	}
	// Port 0 has become one now, which others must find taken before the lock is released.
	bound, _ := l.sock.ep.GetLocalAddress()
	l.sock.local = net.TCPAddrFromAddrPort(s.addrPort(bound, l.sock.v6))
	l.at.port = bound.Port
	s.listeners.addLocked(&l.at)
	return nil
}

// Accept implements net.Listener. The connection is a *TCPConn.
func (l *TCPListener) Accept() (net.Conn, error) {
	c, err := l.accept()
	if err != nil {
		return nil, &net.OpError{Op: "accept", Net: l.sock.net, Addr: l.sock.local, Err: err}
	}
	return c, nil
}

func (l *TCPListener) accept() (*TCPConn, error) {
	if err := l.sock.read.begin(&l.sock); err != nil {
		return nil, err
	}
	defer l.sock.read.end()
	for {
		l.sock.stack.awaitTurn(context.Background(), noKey) // who accepts starts goroutines: one at a time
		c, err := l.poll()
		if c != nil || err != nil {
			return l.outcome(c, err)
		}
		if err := l.sock.read.wait(&l.sock); err != nil {
			return nil, err
		}
	}
}

// outcome returns what poll did once the stack is not frozen. A listener that is closed
// before that takes its connection along.
func (l *TCPListener) outcome(c *TCPConn, err error) (*TCPConn, error) {
	closed := l.sock.thawed(nil)
	if closed == nil {
		return c, err
	}
	if c != nil {
		c.sock.Close()
	}
	return nil, closed
}

// poll returns a connection if one is waiting.
func (l *TCPListener) poll() (*TCPConn, error) {
	l.sock.stack.gate.enter()
	defer l.sock.stack.gate.leave()
	var remote tcpip.FullAddress
	ep, queue, terr := l.sock.ep.Accept(&remote)
	if _, ok := terr.(*tcpip.ErrWouldBlock); ok {
		return nil, nil
	}
	if terr != nil {
		return nil, l.sock.failure("accept", terr)
	}
	// An IPv4 connection of an IPv6 listener is one of IPv6 with mapped addresses.
	c := new(TCPConn)
	c.v6 = l.sock.v6
	if err := c.open(l.sock.stack, l.sock.net, ep, queue); err != nil {
		return nil, err
	}
	c.stack.attribute(&c.sock, l.sock.stack.programOf(&l.sock))
	c.allot()
	c.establish(remote)
	return c, nil
}

// SetBacklog is another listen(2): how many connections wait for Accept. It fails if more do now.
func (l *TCPListener) SetBacklog(n int) error {
	l.sock.stack.gate.enter()
	defer l.sock.stack.gate.leave()
	return l.setBacklog(max(0, min(n, maxBacklog)))
}

func (l *TCPListener) setBacklog(n int) error {
	if err := l.sock.ep.Listen(n + 1); err != nil {
		return l.sock.failure("listen", err)
	}
	l.sock.backlog.Store(int32(n))
	return nil
}

// AwaitTurn is that of a UDPConn.
func (l *TCPListener) AwaitTurn(ctx context.Context, key string) error {
	return l.sock.AwaitTurn(ctx, key)
}

func (l *TCPListener) base() *sock { return &l.sock }

// Addr implements net.Listener.
func (l *TCPListener) Addr() net.Addr { return l.sock.local }

// Close implements net.Listener. Connections that were not accepted are reset.
func (l *TCPListener) Close() error {
	if err := l.sock.Close(); err != nil {
		return &net.OpError{Op: "close", Net: l.sock.net, Addr: l.sock.local, Err: err}
	}
	return nil
}

// SetDeadline sets the deadline of Accept. The zero time is none.
func (l *TCPListener) SetDeadline(t time.Time) error {
	if l.sock.shut.Load() {
		return net.ErrClosed
	}
	l.sock.read.deadline.set(t) // accepting is reading, as with epoll
	return nil
}
