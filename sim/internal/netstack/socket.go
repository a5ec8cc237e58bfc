package netstack

import (
	"io"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/waiter"
)

// A sock is what every socket is made of: an endpoint of the stack and the means
// to wait for it.
//
// Calls into the endpoint never block. Who finds it not ready waits on channels
// alone, for the endpoint, a deadline or Close, so that in a testing/synctest
// bubble waiting counts as blocked.
type sock struct {
	stack         *Stack
	ep            tcpip.Endpoint
	queue         *waiter.Queue
	net           string // the network that was dialed or listened on
	v6            bool   // whether the endpoint is an IPv6 one
	local, remote net.Addr

	shut        atomic.Bool
	closed      chan struct{} // closed by Close
	read, write side
}

// A side is one direction of a socket.
type side struct {
	turn     chan struct{} // has a token while a call is in progress
	ready    chan struct{} // has a token if the endpoint may have become ready
	entry    waiter.Entry
	deadline deadline
}

// create opens a socket with a new endpoint.
func (c *sock) create(s *Stack, network string, proto tcpip.TransportProtocolNumber, v6 bool) error {
	family := tcpip.NetworkProtocolNumber(ipv4.ProtocolNumber)
	if v6 {
		family = ipv6.ProtocolNumber
	}
	c.v6 = v6
	queue := new(waiter.Queue)
	s.gate.enter()
	ep, err := s.stack.NewEndpoint(proto, family, queue)
	s.gate.leave()
	if err != nil {
		return os.NewSyscallError("socket", sysErr(err))
	}
	return c.open(s, network, ep, queue)
}

// bind gives the socket its local address.
func (c *sock) bind(local netip.AddrPort) error { return c.bindTo(local, 0) }

// bindTo is bind to an interface, unless that is 0.
func (c *sock) bindTo(local netip.AddrPort, nic tcpip.NICID) error {
	full := c.stack.fullAddress(local)
	if full.NIC == 0 {
		if needsZone(local.Addr()) {
			return os.NewSyscallError("bind", syscall.EINVAL)
		}
		full.NIC = nic
	}
	c.stack.gate.enter()
	err := c.ep.Bind(full)
	c.stack.gate.leave()
	if err != nil {
		return c.failure("bind", err)
	}
	return nil
}

// open makes a socket of an endpoint, which it closes if the stack is closed
// already.
func (c *sock) open(s *Stack, network string, ep tcpip.Endpoint, queue *waiter.Queue) error {
	c.stack, c.net, c.ep, c.queue = s, network, ep, queue
	c.closed = make(chan struct{})
	c.read.init(queue, waiter.ReadableEvents|waiter.EventErr|waiter.EventHUp|waiter.EventRdHUp)
	c.write.init(queue, waiter.WritableEvents|waiter.EventErr|waiter.EventHUp)
	if !s.track(c) {
		c.Close()
		return net.ErrClosed
	}
	return nil
}

func (s *side) init(queue *waiter.Queue, mask waiter.EventMask) {
	s.turn = make(chan struct{}, 1)
	s.ready = make(chan struct{}, 1)
	s.deadline.init()
	s.entry.Init(s, mask)
	queue.EventRegister(&s.entry)
}

// NotifyEvent implements waiter.EventListener. A token that is there already
// stands for this event too: whoever takes it looks at the endpoint afterwards.
func (s *side) NotifyEvent(waiter.EventMask) {
	select {
	case s.ready <- struct{}{}:
	default:
	}
}

// begin waits for the end of other calls of the same direction, and for Thaw. Unless
// it fails, end must follow.
func (s *side) begin(c *sock) error {
	past := s.deadline.done()
	select {
	case <-c.closed:
		return net.ErrClosed
	default:
	}
	select {
	case <-past:
		return os.ErrDeadlineExceeded
	default:
	}
	select {
	case s.turn <- struct{}{}:
	case <-past:
		return os.ErrDeadlineExceeded
	case <-c.closed:
		return net.ErrClosed
	}
	if err := c.thawed(&s.deadline); err != nil {
		s.end()
		return err
	}
	return nil
}

func (s *side) end() { <-s.turn }

// wait returns when the endpoint may be ready and the stack is not frozen. The caller
// had its turn and found the endpoint not ready: an event since then has left its token.
func (s *side) wait(c *sock) error {
	select {
	case <-s.ready:
		return c.thawed(&s.deadline)
	case <-s.deadline.done():
		return os.ErrDeadlineExceeded
	case <-c.closed:
		return net.ErrClosed
	}
}

// failure returns the error of a call as package net has it. What the sockets of a
// stack do to each other while they are closed one by one is no error of theirs.
func (c *sock) failure(call string, err tcpip.Error) error {
	if c.shut.Load() || c.stack.gone() {
		return net.ErrClosed
	}
	if _, ok := err.(*tcpip.ErrClosedForReceive); ok {
		return io.EOF
	}
	return os.NewSyscallError(call, sysErr(err))
}

// Close closes the socket once: with a reset if that is how its owner left.
func (c *sock) Close() error {
	if c.shut.Swap(true) {
		return net.ErrClosed
	}
	close(c.closed)
	c.stack.untrack(c)
	c.stack.gate.enter()
	if c.stack.resets() {
		c.ep.Abort()
	} else {
		// Netstack probes in TIME_WAIT too, where Linux has no socket any more.
		c.ep.SocketOptions().SetKeepAlive(false)
		c.ep.Close()
	}
	c.stack.gate.leave()
	for _, s := range []*side{&c.read, &c.write} {
		c.queue.EventUnregister(&s.entry)
		s.deadline.stop()
	}
	return nil
}

func (c *sock) opError(op string, err error) error {
	return &net.OpError{Op: op, Net: c.net, Source: c.local, Addr: c.remote, Err: err}
}

func (c *sock) base() *sock { return c }

// LocalAddr implements net.Conn and net.PacketConn.
func (c *sock) LocalAddr() net.Addr { return c.local }

// RemoteAddr implements net.Conn. It is nil if the socket is not connected.
func (c *sock) RemoteAddr() net.Addr { return c.remote }

// SetDeadline implements net.Conn and net.PacketConn.
func (c *sock) SetDeadline(t time.Time) error { return c.setDeadlines(t, &c.read, &c.write) }

// SetReadDeadline implements net.Conn and net.PacketConn.
func (c *sock) SetReadDeadline(t time.Time) error { return c.setDeadlines(t, &c.read) }

// SetWriteDeadline implements net.Conn and net.PacketConn.
func (c *sock) SetWriteDeadline(t time.Time) error { return c.setDeadlines(t, &c.write) }

func (c *sock) setDeadlines(t time.Time, sides ...*side) error {
	if c.shut.Load() {
		return c.setError(net.ErrClosed)
	}
	for _, s := range sides {
		s.deadline.set(t)
	}
	return nil
}

// setError is opError for the options that package net reports with the local
// address alone.
func (c *sock) setError(err error) error {
	return &net.OpError{Op: "set", Net: c.net, Addr: c.local, Err: err}
}

// SetReadBuffer sets the size of the receive buffer in bytes, SO_RCVBUF.
func (c *sock) SetReadBuffer(bytes int) error {
	return c.withOptions(func(opts *tcpip.SocketOptions) {
		least, most := opts.ReceiveBufferLimits()
		opts.SetReceiveBufferSize(min(max(int64(bytes), least), most), true)
	})
}

// SetWriteBuffer sets the size of the send buffer in bytes, SO_SNDBUF.
func (c *sock) SetWriteBuffer(bytes int) error {
	return c.withOptions(func(opts *tcpip.SocketOptions) {
		least, most := opts.SendBufferLimits()
		opts.SetSendBufferSize(min(max(int64(bytes), least), most), true)
	})
}

// withOptions changes options of a socket that is not closed.
func (c *sock) withOptions(change func(*tcpip.SocketOptions)) error {
	if c.shut.Load() {
		return c.setError(net.ErrClosed)
	}
	c.stack.gate.enter()
	defer c.stack.gate.leave()
	change(c.ep.SocketOptions())
	return nil
}
