package slirp

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"drydock/sim/internal/relay"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
	"gvisor.dev/gvisor/pkg/waiter"
)

// A tcpConn is a TCP connection of the outside.
type tcpConn struct {
	*gonet.TCPConn
	ep     tcpip.Endpoint
	closed atomic.Bool
}

var _ relay.Stream = (*tcpConn)(nil)

// What package net has probes of keep-alive be. An end inside may vanish without a
// word.
var (
	keepAliveIdle     = tcpip.KeepaliveIdleOption(15 * time.Second)
	keepAliveInterval = tcpip.KeepaliveIntervalOption(15 * time.Second)
)

const keepAliveCount = 9

func newTCPConn(queue *waiter.Queue, ep tcpip.Endpoint) *tcpConn {
	ep.SetSockOpt(&keepAliveIdle)
	ep.SetSockOpt(&keepAliveInterval)
	ep.SetSockOptInt(tcpip.KeepaliveCountOption, keepAliveCount)
	ep.SocketOptions().SetKeepAlive(true)
	return &tcpConn{TCPConn: gonet.NewTCPConn(queue, ep), ep: ep}
}

// SetLinger is that of net.TCPConn.
func (c *tcpConn) SetLinger(sec int) error {
	c.ep.SocketOptions().SetLinger(tcpip.LingerOption{Enabled: sec >= 0})
	return nil
}

// Read implements relay.Stream. To a closed endpoint everything has an end.
func (c *tcpConn) Read(b []byte) (int, error) {
	n, err := c.TCPConn.Read(b)
	if err == io.EOF && c.closed.Load() {
		err = net.ErrClosed
	}
	return n, err
}

// Close closes the endpoint once, which netstack asks for.
func (c *tcpConn) Close() error {
	if c.closed.Swap(true) {
		return net.ErrClosed
	}
	c.ep.Close()
	return nil
}

// dialTCP connects from an address, which need not be one of the outside's, to an
// address inside. The port is another one if a connection has that address and port
// to the same destination already.
func (n *Net) dialTCP(ctx context.Context, from, to netip.AddrPort) (*tcpConn, error) {
	c, err := n.connectTCP(ctx, from, to)
	if portUsed(err) {
		c, err = n.connectTCP(ctx, netip.AddrPortFrom(from.Addr(), 0), to)
	}
	if err != nil {
		return nil, fmt.Errorf("slirp: connect %v to %v: %v", from, to, err)
	}
	return c, nil
}

// portUsed reports whether a socket could not have its port: that is what Bind says,
// and what Connect makes of it.
func portUsed(err tcpip.Error) bool {
	switch err.(type) {
	case *tcpip.ErrPortInUse, *tcpip.ErrBadLocalAddress:
		return true
	}
	return false
}

// connectTCP is one attempt. gonet's dialer cannot be told to share a port among several
// destinations, nor does it say why a port could not be had.
func (n *Net) connectTCP(ctx context.Context, from, to netip.AddrPort) (*tcpConn, tcpip.Error) {
	queue := new(waiter.Queue)
	entry, ready := waiter.NewChannelEntry(waiter.WritableEvents | waiter.EventErr | waiter.EventHUp)
	queue.EventRegister(&entry)
	defer queue.EventUnregister(&entry)

	ep, err := n.stack.NewEndpoint(tcp.ProtocolNumber, ipv4.ProtocolNumber, queue)
	if err != nil {
		return nil, err
	}
	ep.SocketOptions().SetReuseAddress(true) // a client's port may have several destinations
	if err = ep.Bind(fullAddress(from)); err == nil {
		err = ep.Connect(fullAddress(to))
	}
	if _, started := err.(*tcpip.ErrConnectStarted); started {
		select {
		case <-ready:
			err = ep.LastError()
		case <-ctx.Done():
			err = &tcpip.ErrTimeout{}
		}
	}
	if err != nil {
		ep.Close()
		return nil, err
	}
	return newTCPConn(queue, ep), nil
}

// A udpConn is a connected UDP socket of the outside.
type udpConn struct {
	*gonet.UDPConn
	release func()
}

// Close implements net.Conn.
func (c *udpConn) Close() error {
	c.release()
	return c.UDPConn.Close()
}

// dialUDP is dialTCP for UDP. The socket does not tell of ICMP errors.
func (n *Net) dialUDP(from, to netip.AddrPort) (net.Conn, error) {
	release, ok := n.sources.claim(from, to)
	if !ok {
		from, release = netip.AddrPortFrom(from.Addr(), 0), func() {}
	}
	c, err := n.connectUDP(from, to)
	if portUsed(err) {
		c, err = n.connectUDP(netip.AddrPortFrom(from.Addr(), 0), to)
	}
	if err != nil {
		release()
		return nil, fmt.Errorf("slirp: connect %v to %v: %v", from, to, err)
	}
	return &udpConn{c, release}, nil
}

// connectUDP is one attempt. Ephemeral ports are not shared: without a peer that knows the
// port there is no reason to.
func (n *Net) connectUDP(from, to netip.AddrPort) (*gonet.UDPConn, tcpip.Error) {
	queue := new(waiter.Queue)
	ep, err := n.stack.NewEndpoint(udp.ProtocolNumber, ipv4.ProtocolNumber, queue)
	if err != nil {
		return nil, err
	}
	ep.SocketOptions().SetReuseAddress(from.Port() != 0)
	if err = ep.Bind(fullAddress(from)); err == nil {
		err = ep.Connect(fullAddress(to))
	}
	if err != nil {
		ep.Close()
		return nil, err
	}
	return gonet.NewUDPConn(queue, deaf{ep}), nil
}

// sources are the pairs of addresses that UDP sockets have been dialed with. Unlike
// TCP's, netstack's UDP sockets can share all of their addresses.
type sources struct {
	mu   sync.Mutex // guards used
	used map[[2]netip.AddrPort]struct{}
}

// claim is false if the pair is in use. Otherwise it is until release is called.
func (s *sources) claim(from, to netip.AddrPort) (release func(), ok bool) {
	pair := [2]netip.AddrPort{from, to}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, used := s.used[pair]; used {
		return nil, false
	}
	if s.used == nil {
		s.used = make(map[[2]netip.AddrPort]struct{})
	}
	s.used[pair] = struct{}{}
	return sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.used, pair)
	}), true
}

// A deaf endpoint does not report that an earlier datagram was answered with port
// unreachable: who forwards datagrams has nobody to tell.
type deaf struct{ tcpip.Endpoint }

// Read implements tcpip.Endpoint.
func (d deaf) Read(dst io.Writer, opts tcpip.ReadOptions) (tcpip.ReadResult, tcpip.Error) {
	res, err := d.Endpoint.Read(dst, opts)
	if _, refused := err.(*tcpip.ErrConnectionRefused); refused {
		res, err = d.Endpoint.Read(dst, opts)
	}
	return res, err
}

// Write implements tcpip.Endpoint.
func (d deaf) Write(src tcpip.Payloader, opts tcpip.WriteOptions) (int64, tcpip.Error) {
	n, err := d.Endpoint.Write(src, opts)
	if _, refused := err.(*tcpip.ErrConnectionRefused); refused {
		n, err = d.Endpoint.Write(src, opts)
	}
	return n, err
}
