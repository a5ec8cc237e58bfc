package netstack

import (
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"drydock/veth"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/nettest"
	"gvisor.dev/gvisor/pkg/tcpip"
)

// pipeOf makes pairs of connections for nettest, each between stacks of its own.
func pipeOf(pair func(t *testing.T) (client, server *Stack), connect func(t *testing.T, client, server *Stack) (c1, c2 net.Conn)) func(*testing.T) {
	return func(t *testing.T) {
		t.Parallel()
		nettest.TestConn(t, func() (net.Conn, net.Conn, func(), error) {
			a, b := pair(t)
			c1, c2 := connect(t, a, b)
			stop := func() {
				c1.Close()
				c2.Close()
				a.Close()
				b.Close()
			}
			return c1, c2, stop, nil
		})
	}
}

func onLoopback(t *testing.T) (*Stack, *Stack) {
	s := newStack(t, Options{Seed: 1})
	return s, s
}

func onCable(t *testing.T) (*Stack, *Stack) { return newPair(t, Options{Seed: 1}) }

func onLossyCable(t *testing.T) (*Stack, *Stack) {
	return newPair(t, Options{Seed: 1}, veth.WithImpairment(veth.Impairment{
		Delay: 100 * time.Microsecond, Loss: veth.Loss{P: 0.003}, Rate: 1e9,
	}))
}

func TestConn(t *testing.T) {
	t.Parallel()
	t.Run("tcp loopback", pipeOf(onLoopback, tcpPipe("127.0.0.1")))
	t.Run("tcp", pipeOf(onCable, tcpPipe("10.0.0.2")))
	t.Run("tcp lossy", pipeOf(onLossyCable, tcpPipe("10.0.0.2")))
	t.Run("tcp6", pipeOf(onCable, tcpPipe("fd00::2")))
	t.Run("udp", pipeOf(onCable, udpPipe("10.0.0.1:1111", "10.0.0.2:2222")))
	t.Run("udp loopback", pipeOf(onLoopback, udpPipe("127.0.0.1:1111", "127.0.0.1:2222")))
	t.Run("udp6", pipeOf(onCable, udpPipe("[fd00::1]:1111", "[fd00::2]:2222")))
}

func tcpPipe(host string) func(*testing.T, *Stack, *Stack) (net.Conn, net.Conn) {
	return func(t *testing.T, a, b *Stack) (net.Conn, net.Conn) {
		return env{client: a, server: b, host: host}.connect(t)
	}
}

func udpPipe(addr1, addr2 string) func(*testing.T, *Stack, *Stack) (net.Conn, net.Conn) {
	return func(t *testing.T, a, b *Stack) (net.Conn, net.Conn) {
		one, two := netip.MustParseAddrPort(addr1), netip.MustParseAddrPort(addr2)
		c1, err := a.dialFrom(net.UDPAddrFromAddrPort(one), "udp", addr2)
		require.NoError(t, err)
		c2, err := b.dialFrom(net.UDPAddrFromAddrPort(two), "udp", addr1)
		require.NoError(t, err)
		// Datagrams that wait for ARP can be overtaken by later ones.
		for _, c := range []net.Conn{c1, c2} {
			require.NoError(t, writing(c))
		}
		for _, c := range []net.Conn{c1, c2} {
			require.NoError(t, reading(c))
		}
		ab, ba := make(chan struct{}, window), make(chan struct{}, window)
		return newUDPStream(c1, ab, ba), newUDPStream(c2, ba, ab)
	}
}

// window is how many datagrams of a udpStream are on their way: 64 of 1 KiB are
// less than what a socket holds, so none is lost.
const window = 64

// A udpStream adds to a connected UDP socket what nettest wants of a stream: flow
// control, and the end of file, which is an empty datagram.
type udpStream struct {
	net.Conn
	out, in  chan struct{} // a token for each datagram on its way
	deadline deadline      // of Write, for the flow control
	once     sync.Once
	closed   chan struct{}
}

func newUDPStream(c net.Conn, out, in chan struct{}) *udpStream {
	s := &udpStream{Conn: c, out: out, in: in, closed: make(chan struct{})}
	s.deadline.init(tcpip.NewStdClock())
	return s
}

func (s *udpStream) Read(b []byte) (int, error) {
	n, err := s.Conn.Read(b)
	switch {
	case err == nil && n == 0:
		return 0, io.EOF
	case err == nil:
		<-s.in
	}
	return n, err
}

func (s *udpStream) Write(b []byte) (int, error) {
	select {
	case s.out <- struct{}{}:
	case <-s.deadline.done():
		return 0, &net.OpError{Op: "write", Err: os.ErrDeadlineExceeded}
	case <-s.closed:
		return 0, net.ErrClosed
	}
	n, err := s.Conn.Write(b)
	if err != nil {
		<-s.out
	}
	return n, err
}

func (s *udpStream) SetDeadline(t time.Time) error {
	s.deadline.set(t)
	return s.Conn.SetDeadline(t)
}

func (s *udpStream) SetWriteDeadline(t time.Time) error {
	s.deadline.set(t)
	return s.Conn.SetWriteDeadline(t)
}

func (s *udpStream) Close() error {
	s.once.Do(func() {
		close(s.closed)
		s.deadline.stop()
		s.Conn.SetWriteDeadline(time.Time{})
		s.Conn.Write(nil) // fails if the other end is closed, and nobody waits for it then
	})
	return s.Conn.Close()
}
