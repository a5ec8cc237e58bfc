package netstack

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var bg = context.Background()

// An errorCase provokes an error that must be the same on the machine and on
// stacks.
type errorCase struct {
	name string
	run  func(t *testing.T, e env) error

	text  string // with ADDR for addresses with port
	shape string // see shapeOf
	is    error
	not   string // why the machine cannot do it
	cable bool   // needs a segment with an address that nobody has
	slow  bool   // takes seconds, so only virtual ones
}

var (
	past   = time.Unix(1, 0)
	future = func() time.Time { return time.Now().Add(20 * time.Millisecond) }
)

var errorCases = []errorCase{
	// Addresses.
	{name: "missing port", run: dialing("tcp", "192.0.2.1"),
		text: "dial tcp: address 192.0.2.1: missing port in address", shape: "dial nil->nil *net.AddrError"},
	{name: "missing address", run: dialing("udp", ""),
		text: "dial udp: missing address", shape: "dial nil->nil *errors.errorString"},
	{name: "port out of range", run: dialing("tcp", "192.0.2.1:65536"),
		text: "dial tcp: address 65536: invalid port", shape: "dial nil->nil *net.AddrError"},
	{name: "negative port", run: dialing("tcp", "192.0.2.1:-1"),
		text: "dial tcp: address -1: invalid port", shape: "dial nil->nil *net.AddrError"},
	{name: "unknown service", run: dialing("tcp", "192.0.2.1:nosuchservice"),
		text: "dial tcp: lookup tcp/nosuchservice: unknown port", shape: "dial nil->nil *net.DNSError"},
	{name: "unknown network", run: dialing("tpc", "192.0.2.1:80"),
		text: "dial tpc: unknown network tpc", shape: "dial nil->nil net.UnknownNetworkError", is: net.UnknownNetworkError("tpc")},
	{name: "too many colons", run: dialing("tcp", "::1:80"),
		text: "dial tcp: address ::1:80: too many colons in address", shape: "dial nil->nil *net.AddrError"},
	{name: "missing bracket", run: dialing("udp", "[::1:80"),
		text: "dial udp: address [::1:80: missing ']' in address", shape: "dial nil->nil *net.AddrError"},
	{name: "wrong family", run: dialing("tcp4", "[::1]:80"),
		text: "dial tcp4: address ::1: no suitable address found", shape: "dial nil->nil *net.AddrError"},
	{name: "listen missing port", run: listening("tcp", "127.0.0.1"),
		text: "listen tcp: address 127.0.0.1: missing port in address", shape: "listen nil->nil *net.AddrError"},
	{name: "listen unknown network", run: listening("", "127.0.0.1:0"),
		text: "listen: unknown network ", shape: "listen nil->nil net.UnknownNetworkError"},
	{name: "listen on udp", run: listening("udp", "127.0.0.1:0"),
		text: "listen udp ADDR: address ADDR: unexpected address type", shape: "listen nil->*net.UDPAddr *net.AddrError"},
	{name: "listen packet on tcp", run: listeningPacket("tcp", "127.0.0.1:0"),
		text: "listen tcp ADDR: address ADDR: unexpected address type", shape: "listen nil->*net.TCPAddr *net.AddrError"},
	{name: "no such host", run: dialing("tcp", "nosuchhost.invalid.:80"), not: "needs a name server",
		text: "dial tcp: lookup nosuchhost.invalid.: no such host", shape: "dial nil->nil *net.DNSError"},
	{name: "no such host to listen on", run: listening("tcp", "nosuchhost.invalid.:80"), not: "needs a name server",
		text: "listen tcp: lookup nosuchhost.invalid.: no such host", shape: "listen nil->nil *net.DNSError"},
	{name: "name and canceled context", run: func(t *testing.T, e env) error {
		_, err := e.client.DialContext(canceled(), "tcp", "nosuchhost.invalid.:80")
		return err
	}, text: "dial tcp: lookup nosuchhost.invalid.: operation was canceled", shape: "dial nil->nil *net.DNSError", is: context.Canceled},
	{name: "local address of another type", run: func(t *testing.T, e env) error {
		_, err := e.client.dialFrom(&net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}, "tcp", "192.0.2.1:80")
		return err
	}, text: "dial tcp: address ADDR: mismatched local address type", shape: "dial nil->nil *net.AddrError"},
	{name: "local address of another family", run: func(t *testing.T, e env) error {
		_, err := e.client.dialFrom(&net.TCPAddr{IP: net.IPv6loopback}, "tcp", "192.0.2.1:80")
		return err
	}, text: "dial tcp: address ADDR: no suitable address found", shape: "dial nil->nil *net.AddrError"},

	// Binding.
	{name: "local address is not local", run: func(t *testing.T, e env) error {
		_, err := e.client.dialFrom(&net.TCPAddr{IP: net.IPv4(192, 0, 2, 1)}, "tcp", "127.0.0.1:80")
		return err
	}, text: "dial tcp ADDR->ADDR: bind: cannot assign requested address", shape: "dial *net.TCPAddr->*net.TCPAddr *os.SyscallError", is: syscall.EADDRNOTAVAIL},
	{name: "listen on foreign address", run: listening("tcp", "192.0.2.1:0"),
		text: "listen tcp ADDR: bind: cannot assign requested address", shape: "listen nil->*net.TCPAddr *os.SyscallError", is: syscall.EADDRNOTAVAIL},
	{name: "listen packet on foreign address", run: listeningPacket("udp", "192.0.2.1:0"),
		text: "listen udp ADDR: bind: cannot assign requested address", shape: "listen nil->*net.UDPAddr *os.SyscallError", is: syscall.EADDRNOTAVAIL},
	{name: "foreign address whose port is in use", run: func(t *testing.T, e env) error {
		l, err := e.server.Listen(bg, "tcp", ":0")
		require.NoError(t, err)
		defer l.Close()
		_, err = e.server.Listen(bg, "tcp", fmt.Sprintf("192.0.2.1:%d", l.Addr().(*net.TCPAddr).Port))
		return err
	}, text: "listen tcp ADDR: bind: cannot assign requested address", shape: "listen nil->*net.TCPAddr *os.SyscallError", is: syscall.EADDRNOTAVAIL},
	{name: "foreign address whose udp port is in use", run: func(t *testing.T, e env) error {
		c, err := e.server.ListenPacket(bg, "udp", ":0")
		require.NoError(t, err)
		defer c.Close()
		_, err = e.server.ListenPacket(bg, "udp", fmt.Sprintf("192.0.2.1:%d", c.LocalAddr().(*net.UDPAddr).Port))
		return err
	}, text: "listen udp ADDR: bind: cannot assign requested address", shape: "listen nil->*net.UDPAddr *os.SyscallError", is: syscall.EADDRNOTAVAIL},
	{name: "port in use", run: func(t *testing.T, e env) error {
		_, err := e.server.Listen(bg, "tcp", e.listen(t, "tcp").Addr().String())
		return err
	}, text: "listen tcp ADDR: bind: address already in use", shape: "listen nil->*net.TCPAddr *os.SyscallError", is: syscall.EADDRINUSE},
	{name: "port in use by a wildcard", run: func(t *testing.T, e env) error {
		l, err := e.server.Listen(bg, "tcp", ":0")
		require.NoError(t, err)
		defer l.Close()
		_, err = e.server.Listen(bg, "tcp", fmt.Sprintf("127.0.0.1:%d", l.Addr().(*net.TCPAddr).Port))
		return err
	}, text: "listen tcp ADDR: bind: address already in use", shape: "listen nil->*net.TCPAddr *os.SyscallError", is: syscall.EADDRINUSE},
	{name: "udp port in use", run: func(t *testing.T, e env) error {
		_, err := e.server.ListenPacket(bg, "udp", e.listenPacket(t, "udp").LocalAddr().String())
		return err
	}, text: "listen udp ADDR: bind: address already in use", shape: "listen nil->*net.UDPAddr *os.SyscallError", is: syscall.EADDRINUSE},

	// Dialing.
	{name: "refused", run: func(t *testing.T, e env) error {
		_, err := e.client.DialContext(bg, "tcp", e.freePort(t, "tcp"))
		return err
	}, text: "dial tcp ADDR: connect: connection refused", shape: "dial nil->*net.TCPAddr *os.SyscallError", is: syscall.ECONNREFUSED},
	{name: "refused without host", run: dialing("tcp", ":1"),
		text: "dial tcp :1: connect: connection refused", shape: "dial nil->*net.TCPAddr *os.SyscallError", is: syscall.ECONNREFUSED},
	{name: "refused port zero", run: func(t *testing.T, e env) error {
		_, err := e.client.DialContext(bg, "tcp", e.addr())
		return err
	}, text: "dial tcp ADDR: connect: connection refused", shape: "dial nil->*net.TCPAddr *os.SyscallError", is: syscall.ECONNREFUSED},
	{name: "canceled before", run: func(t *testing.T, e env) error {
		_, err := e.client.DialContext(canceled(), "tcp", e.listen(t, "tcp").Addr().String())
		return err
	}, text: "dial tcp ADDR: operation was canceled", shape: "dial nil->*net.TCPAddr ?", is: context.Canceled},
	{name: "expired before", run: func(t *testing.T, e env) error {
		ctx, cancel := context.WithDeadline(bg, past)
		defer cancel()
		_, err := e.client.DialContext(ctx, "tcp", e.listen(t, "tcp").Addr().String())
		return err
	}, text: "dial tcp ADDR: i/o timeout", shape: "dial nil->*net.TCPAddr ? timeout temporary", is: context.DeadlineExceeded},
	{name: "canceled while connecting", cable: true, run: func(t *testing.T, e env) error {
		ctx, cancel := context.WithCancel(bg)
		time.AfterFunc(20*time.Millisecond, cancel)
		_, err := e.client.DialContext(ctx, "tcp", "10.0.0.77:80")
		return err
	}, text: "dial tcp ADDR: operation was canceled", shape: "dial nil->*net.TCPAddr ?", is: context.Canceled},
	{name: "expired while connecting", cable: true, run: func(t *testing.T, e env) error {
		ctx, cancel := context.WithTimeout(bg, 20*time.Millisecond)
		defer cancel()
		_, err := e.client.DialContext(ctx, "tcp", "10.0.0.77:80")
		return err
	}, text: "dial tcp ADDR: i/o timeout", shape: "dial nil->*net.TCPAddr ? timeout temporary", is: context.DeadlineExceeded},
	{name: "network unreachable", run: dialing("tcp", "192.0.2.1:80"), not: "depends on its routes",
		text: "dial tcp ADDR: connect: network is unreachable", shape: "dial nil->*net.TCPAddr *os.SyscallError", is: syscall.ENETUNREACH},
	{name: "network unreachable for udp", run: dialing("udp", "192.0.2.1:80"), not: "depends on its routes",
		text: "dial udp ADDR: connect: network is unreachable", shape: "dial nil->*net.UDPAddr *os.SyscallError", is: syscall.ENETUNREACH},
	{name: "broadcast", run: dialing("tcp", "255.255.255.255:80"),
		text: "dial tcp ADDR: connect: network is unreachable", shape: "dial nil->*net.TCPAddr *os.SyscallError", is: syscall.ENETUNREACH},
	{name: "broadcast of lo", run: dialing("tcp", "127.255.255.255:80"),
		text: "dial tcp ADDR: connect: network is unreachable", shape: "dial nil->*net.TCPAddr *os.SyscallError", is: syscall.ENETUNREACH},
	{name: "broadcast of a network", cable: true, run: dialing("tcp", "10.0.0.255:80"),
		text: "dial tcp ADDR: connect: network is unreachable", shape: "dial nil->*net.TCPAddr *os.SyscallError", is: syscall.ENETUNREACH},
	{name: "group", run: dialing("tcp", "224.0.0.1:80"),
		text: "dial tcp ADDR: connect: network is unreachable", shape: "dial nil->*net.TCPAddr *os.SyscallError", is: syscall.ENETUNREACH},
	{name: "host unreachable", run: dialing("tcp", "10.0.0.77:80"), cable: true, slow: true,
		text: "dial tcp ADDR: connect: no route to host", shape: "dial nil->*net.TCPAddr *os.SyscallError", is: syscall.EHOSTUNREACH},
	{name: "link-local without zone", run: dialing("tcp", "[fe80::77]:80"),
		text: "dial tcp ADDR: connect: invalid argument", shape: "dial nil->*net.TCPAddr *os.SyscallError", is: syscall.EINVAL},

	// Deadlines.
	{name: "deadline before reading", run: onConn(func(c, s streamConn) error {
		c.SetReadDeadline(past)
		return reading(c)
	}), text: "read tcp ADDR->ADDR: i/o timeout", shape: "read *net.TCPAddr->*net.TCPAddr ? timeout temporary", is: os.ErrDeadlineExceeded},
	{name: "deadline while reading", run: onConn(func(c, s streamConn) error {
		c.SetReadDeadline(future())
		return reading(c)
	}), text: "read tcp ADDR->ADDR: i/o timeout", shape: "read *net.TCPAddr->*net.TCPAddr ? timeout temporary", is: os.ErrDeadlineExceeded},
	{name: "deadline moved while reading", run: onConn(func(c, s streamConn) error {
		time.AfterFunc(10*time.Millisecond, func() { c.SetDeadline(past) })
		return reading(c)
	}), text: "read tcp ADDR->ADDR: i/o timeout", shape: "read *net.TCPAddr->*net.TCPAddr ? timeout temporary", is: os.ErrDeadlineExceeded},
	{name: "deadline before writing", run: onConn(func(c, s streamConn) error {
		c.SetWriteDeadline(past)
		return writing(c)
	}), text: "write tcp ADDR->ADDR: i/o timeout", shape: "write *net.TCPAddr->*net.TCPAddr ? timeout temporary", is: os.ErrDeadlineExceeded},
	{name: "deadline while writing", run: onConn(func(c, s streamConn) error {
		c.SetWriteDeadline(future())
		return untilError(c, make([]byte, 1<<20))
	}), text: "write tcp ADDR->ADDR: i/o timeout", shape: "write *net.TCPAddr->*net.TCPAddr ? timeout temporary", is: os.ErrDeadlineExceeded},
	{name: "deadline of accept", run: func(t *testing.T, e env) error {
		l := e.listen(t, "tcp")
		l.(interface{ SetDeadline(time.Time) error }).SetDeadline(future())
		_, err := l.Accept()
		return err
	}, text: "accept tcp ADDR: i/o timeout", shape: "accept nil->*net.TCPAddr ? timeout temporary", is: os.ErrDeadlineExceeded},
	{name: "deadline of a datagram", run: func(t *testing.T, e env) error {
		c := e.listenPacket(t, "udp")
		c.SetReadDeadline(future())
		_, _, err := c.ReadFrom(make([]byte, 1))
		return err
	}, text: "read udp ADDR: i/o timeout", shape: "read *net.UDPAddr->nil ? timeout temporary", is: os.ErrDeadlineExceeded},

	// Closed sockets.
	{name: "read closed", run: onClosed(func(c streamConn) error { return reading(c) }),
		text: "read tcp ADDR->ADDR: use of closed network connection", shape: "read *net.TCPAddr->*net.TCPAddr ?", is: net.ErrClosed},
	{name: "write closed", run: onClosed(func(c streamConn) error { return writing(c) }),
		text: "write tcp ADDR->ADDR: use of closed network connection", shape: "write *net.TCPAddr->*net.TCPAddr ?", is: net.ErrClosed},
	{name: "read nothing from closed", run: onClosed(func(c streamConn) error { _, err := c.Read(nil); return err }),
		text: "read tcp ADDR->ADDR: use of closed network connection", shape: "read *net.TCPAddr->*net.TCPAddr ?", is: net.ErrClosed},
	{name: "close closed", run: onClosed(func(c streamConn) error { return c.Close() }),
		text: "close tcp ADDR->ADDR: use of closed network connection", shape: "close *net.TCPAddr->*net.TCPAddr ?", is: net.ErrClosed},
	{name: "half-close closed", run: onClosed(func(c streamConn) error { return c.CloseWrite() }),
		text: "close tcp ADDR->ADDR: use of closed network connection", shape: "close *net.TCPAddr->*net.TCPAddr ?", is: net.ErrClosed},
	{name: "set deadline of closed", run: onClosed(func(c streamConn) error { return c.SetDeadline(past) }),
		text: "set tcp ADDR: use of closed network connection", shape: "set nil->*net.TCPAddr ?", is: net.ErrClosed},
	{name: "set buffer of closed", run: onClosed(func(c streamConn) error { return c.SetReadBuffer(1 << 20) }),
		text: "set tcp ADDR: use of closed network connection", shape: "set nil->*net.TCPAddr ?", is: net.ErrClosed},
	{name: "set no delay of closed", run: onClosed(func(c streamConn) error { return c.SetNoDelay(true) }),
		text: "set tcp ADDR->ADDR: use of closed network connection", shape: "set *net.TCPAddr->*net.TCPAddr ?", is: net.ErrClosed},
	{name: "closed while reading", run: onConn(func(c, s streamConn) error {
		time.AfterFunc(10*time.Millisecond, func() { c.Close() })
		return reading(c)
	}), text: "read tcp ADDR->ADDR: use of closed network connection", shape: "read *net.TCPAddr->*net.TCPAddr ?", is: net.ErrClosed},
	{name: "closed while writing", run: onConn(func(c, s streamConn) error {
		time.AfterFunc(10*time.Millisecond, func() { c.Close() })
		return untilError(c, make([]byte, 1<<20))
	}), text: "write tcp ADDR->ADDR: use of closed network connection", shape: "write *net.TCPAddr->*net.TCPAddr ?", is: net.ErrClosed},
	{name: "closed while accepting", run: func(t *testing.T, e env) error {
		l := e.listen(t, "tcp")
		time.AfterFunc(10*time.Millisecond, func() { l.Close() })
		_, err := l.Accept()
		return err
	}, text: "accept tcp ADDR: use of closed network connection", shape: "accept nil->*net.TCPAddr ?", is: net.ErrClosed},
	{name: "close closed listener", run: func(t *testing.T, e env) error {
		l := e.listen(t, "tcp")
		l.Close()
		return l.Close()
	}, text: "close tcp ADDR: use of closed network connection", shape: "close nil->*net.TCPAddr ?", is: net.ErrClosed},
	{name: "set deadline of closed listener", run: func(t *testing.T, e env) error {
		l := e.listen(t, "tcp")
		l.Close()
		return l.(interface{ SetDeadline(time.Time) error }).SetDeadline(past)
	}, text: "use of closed network connection", shape: "?", is: net.ErrClosed},
	{name: "read closed udp", run: func(t *testing.T, e env) error {
		c := e.listenPacket(t, "udp")
		c.Close()
		_, _, err := c.ReadFrom(make([]byte, 1))
		return err
	}, text: "read udp ADDR: use of closed network connection", shape: "read *net.UDPAddr->nil ?", is: net.ErrClosed},
	{name: "close closed udp", run: func(t *testing.T, e env) error {
		c := e.listenPacket(t, "udp")
		c.Close()
		return c.Close()
	}, text: "close udp ADDR: use of closed network connection", shape: "close *net.UDPAddr->nil ?", is: net.ErrClosed},

	// The end of a connection.
	{name: "end of file", run: onConn(func(c, s streamConn) error {
		s.Close()
		return reading(c)
	}), text: "EOF", shape: "*errors.errorString", is: io.EOF},
	{name: "end of file after half-close", run: onConn(func(c, s streamConn) error {
		s.CloseWrite()
		return reading(c)
	}), text: "EOF", shape: "*errors.errorString", is: io.EOF},
	{name: "read after own close of reading", run: onConn(func(c, s streamConn) error {
		c.CloseRead()
		return reading(c)
	}), text: "EOF", shape: "*errors.errorString", is: io.EOF},
	{name: "write after own half-close", run: onConn(func(c, s streamConn) error {
		c.CloseWrite()
		return writing(c)
	}), text: "write tcp ADDR->ADDR: write: broken pipe", shape: "write *net.TCPAddr->*net.TCPAddr *os.SyscallError", is: syscall.EPIPE},
	{name: "write nothing after own half-close", run: onConn(func(c, s streamConn) error {
		c.CloseWrite()
		_, err := c.Write(nil)
		return err
	}), text: "write tcp ADDR->ADDR: write: broken pipe", shape: "write *net.TCPAddr->*net.TCPAddr *os.SyscallError", is: syscall.EPIPE},
	{name: "reset while reading", run: onConn(func(c, s streamConn) error {
		s.SetLinger(0)
		time.AfterFunc(10*time.Millisecond, func() { s.Close() })
		return reading(c)
	}), text: "read tcp ADDR->ADDR: read: connection reset by peer", shape: "read *net.TCPAddr->*net.TCPAddr *os.SyscallError", is: syscall.ECONNRESET},
	{name: "reset by close with unread data", run: onConn(func(c, s streamConn) error {
		c.Write([]byte("ab"))
		s.Read(make([]byte, 1))
		s.Close()
		return reading(c)
	}), text: "read tcp ADDR->ADDR: read: connection reset by peer", shape: "read *net.TCPAddr->*net.TCPAddr *os.SyscallError", is: syscall.ECONNRESET},
	{name: "read after the reset was read", run: onConn(func(c, s streamConn) error {
		s.SetLinger(0)
		s.Close()
		reading(c)
		return reading(c)
	}), text: "EOF", shape: "*errors.errorString", is: io.EOF},
	{name: "write after the reset was read", run: onConn(func(c, s streamConn) error {
		s.SetLinger(0)
		s.Close()
		reading(c)
		return writing(c)
	}), text: "write tcp ADDR->ADDR: write: broken pipe", shape: "write *net.TCPAddr->*net.TCPAddr *os.SyscallError", is: syscall.EPIPE},
	{name: "half-close after the reset was read", run: onConn(func(c, s streamConn) error {
		s.SetLinger(0)
		s.Close()
		reading(c)
		return c.CloseWrite()
	}), text: "close tcp ADDR->ADDR: shutdown: transport endpoint is not connected", shape: "close *net.TCPAddr->*net.TCPAddr *os.SyscallError", is: syscall.ENOTCONN},
	{name: "reset while writing", run: onConn(func(c, s streamConn) error {
		s.SetLinger(0)
		time.AfterFunc(10*time.Millisecond, func() { s.Close() })
		return untilError(c, make([]byte, 1<<20))
	}), text: "write tcp ADDR->ADDR: write: connection reset by peer", shape: "write *net.TCPAddr->*net.TCPAddr *os.SyscallError", is: syscall.ECONNRESET},
	{name: "write to closed peer", run: onConn(func(c, s streamConn) error {
		s.Close()
		reading(c) // the FIN has arrived
		return untilError(c, []byte("x"))
	}), text: "write tcp ADDR->ADDR: write: broken pipe", shape: "write *net.TCPAddr->*net.TCPAddr *os.SyscallError", is: syscall.EPIPE},

	{name: "read when data has come after both ways were shut", run: onLate(reading),
		text: "read tcp ADDR->ADDR: read: connection reset by peer", shape: "read *net.TCPAddr->*net.TCPAddr *os.SyscallError", is: syscall.ECONNRESET},
	{name: "read again after that", run: onLate(func(c streamConn) error { reading(c); return reading(c) }),
		text: "EOF", shape: "*errors.errorString", is: io.EOF},
	{name: "write after that", run: onLate(func(c streamConn) error { return writing(c) }),
		text: "write tcp ADDR->ADDR: write: connection reset by peer", shape: "write *net.TCPAddr->*net.TCPAddr *os.SyscallError", is: syscall.ECONNRESET},

	// Datagrams.
	{name: "udp refused", run: func(t *testing.T, e env) error {
		c, err := e.client.DialContext(bg, "udp", e.freePort(t, "udp"))
		require.NoError(t, err)
		defer c.Close()
		require.NoError(t, writing(c))
		return reading(c)
	}, text: "read udp ADDR->ADDR: read: connection refused", shape: "read *net.UDPAddr->*net.UDPAddr *os.SyscallError", is: syscall.ECONNREFUSED},
	{name: "message too long", run: func(t *testing.T, e env) error {
		c := e.dial(t, e.listenPacket(t, "udp").LocalAddr())
		_, err := c.Write(make([]byte, 65536))
		return err
	}, text: "write udp ADDR->ADDR: write: message too long", shape: "write *net.UDPAddr->*net.UDPAddr *os.SyscallError", is: syscall.EMSGSIZE},
	{name: "message too long for sendto", run: func(t *testing.T, e env) error {
		c := e.listenPacket(t, "udp")
		_, err := c.WriteTo(make([]byte, 65536), c.LocalAddr())
		return err
	}, text: "write udp ADDR->ADDR: sendto: message too long", shape: "write *net.UDPAddr->*net.UDPAddr *os.SyscallError", is: syscall.EMSGSIZE},
	{name: "write to on connected udp", run: func(t *testing.T, e env) error {
		s := e.listenPacket(t, "udp")
		_, err := e.dial(t, s.LocalAddr()).(net.PacketConn).WriteTo(nil, s.LocalAddr())
		return err
	}, text: "write udp ADDR->ADDR: use of WriteTo with pre-connected connection", shape: "write *net.UDPAddr->*net.UDPAddr *errors.errorString", is: net.ErrWriteToConnected},
	{name: "write on unconnected udp", run: func(t *testing.T, e env) error {
		_, err := e.listenPacket(t, "udp").(net.Conn).Write([]byte("x"))
		return err
	}, text: "write udp ADDR: write: destination address required", shape: "write *net.UDPAddr->nil *os.SyscallError", is: syscall.EDESTADDRREQ},
	{name: "write to port zero", run: func(t *testing.T, e env) error {
		c := e.listenPacket(t, "udp")
		to := *c.LocalAddr().(*net.UDPAddr)
		to.Port = 0
		_, err := c.WriteTo([]byte("x"), &to)
		return err
	}, text: "write udp ADDR->ADDR: sendto: invalid argument", shape: "write *net.UDPAddr->*net.UDPAddr *os.SyscallError", is: syscall.EINVAL},
	{name: "write to the wrong type", run: func(t *testing.T, e env) error {
		_, err := e.listenPacket(t, "udp").WriteTo(nil, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1})
		return err
	}, text: "write udp ADDR->ADDR: invalid argument", shape: "write *net.UDPAddr->*net.TCPAddr syscall.Errno", is: syscall.EINVAL},
	{name: "write to the wrong family", run: func(t *testing.T, e env) error {
		c, err := e.server.ListenPacket(bg, "udp4", ":0")
		require.NoError(t, err)
		defer c.Close()
		_, err = c.WriteTo(nil, &net.UDPAddr{IP: net.IPv6loopback, Port: 1})
		return err
	}, text: "write udp4 ADDR->ADDR: address ::1: non-IPv4 address", shape: "write *net.UDPAddr->*net.UDPAddr *net.AddrError"},
}

func TestErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range errorCases {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, et := range envs {
				if tt.slow && !et.virtual {
					continue
				}
				et.run(t, func(t *testing.T, e env) {
					if e.real && tt.not != "" {
						t.Skip("the machine " + tt.not)
					}
					if tt.cable && !e.cable {
						t.Skip("no address is silent")
					}
					err := tt.run(t, e)
					require.Error(t, err)
					assert.Equal(t, tt.text, masked(err))
					assert.Equal(t, tt.shape, shapeOf(err))
					if tt.is != nil {
						assert.ErrorIs(t, err, tt.is)
					}
				})
			}
		})
	}
}

var addrPattern = regexp.MustCompile(`(\d+\.\d+\.\d+\.\d+|\[[0-9a-f:]*\]):\d+`)
