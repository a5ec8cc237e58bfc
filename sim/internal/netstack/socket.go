package netstack

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"drydock/sim/internal/errno"

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
	transport     tcpip.TransportProtocolNumber
	local, remote net.Addr
	tap           *errorTap // nil: nobody wants to hear of errors; set before use

	buffer      atomic.Int64 // of Memory, if it is a connection of TCP
	backlog     atomic.Int32 // of a listener
	shut        atomic.Bool
	closed      chan struct{} // closed by Close
	closing     sync.Mutex    // held by Close: who closes it again finds its port free
	read, write side
}

// create opens a socket with a new endpoint.
func (c *sock) create(s *Stack, network string, proto tcpip.TransportProtocolNumber, v6 bool) error {
	family := tcpip.NetworkProtocolNumber(ipv4.ProtocolNumber)
	if v6 {
		family = ipv6.ProtocolNumber
	}
	c.v6, c.transport = v6, proto
	queue := new(waiter.Queue)
	s.gate.enter()
	ep, err := s.stack.NewEndpoint(proto, family, queue)
	s.gate.leave()
	if err != nil {
		return os.NewSyscallError("socket", errno.Of(err))
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
	c.read.init(s.namespace, queue, waiter.ReadableEvents|waiter.EventErr|waiter.EventHUp|waiter.EventRdHUp)
	c.write.init(s.namespace, queue, waiter.WritableEvents|waiter.EventErr|waiter.EventHUp)
	if !s.track(c) { // the process has left between the system call and this
		c.Close()
		return net.ErrClosed
	}
	return nil
}

// failure returns the error of a call as package net has it. What the sockets of a
// stack do to each other while they are closed one by one is no error of theirs.
func (c *sock) failure(call string, err tcpip.Error) error {
	if c.shut.Load() || c.stack.gone() {
		return net.ErrClosed
	}
	if _, ok := err.(*tcpip.ErrClosedForReceive); ok { // FIN, or CloseRead of one's own
		return io.EOF
	}
	return os.NewSyscallError(call, errno.Of(err))
}

// blocked returns the calls that wait, of a process with that name: "Accept on web [::]:80".
func (c *sock) blocked(name string) (calls []string) {
	peer := ""
	if c.remote != nil {
		peer = fmt.Sprintf(", connected to %v", c.remote)
	}
	if c.read.waits.Load() {
		call := "Read"
		if c.remote == nil && strings.HasPrefix(c.net, "tcp") {
			call = "Accept"
		}
		calls = append(calls, fmt.Sprintf("%s on %s %v%s", call, name, c.local, peer))
	}
	if c.write.waits.Load() {
		calls = append(calls, fmt.Sprintf("Write on %s %v%s", name, c.local, peer))
	}
	return calls
}

// Close closes the socket once: with a reset if that is how its owner left.
func (c *sock) Close() error {
	c.closing.Lock()
	defer c.closing.Unlock()
	if c.shut.Swap(true) {
		return net.ErrClosed
	}
	close(c.closed)          // before the endpoint closes: who waits learns of this, not of a reset
	defer c.stack.untrack(c) // Exit and Leave close it, too, and so wait for this
	c.stack.gate.enter()
	if c.stack.resets() {
		c.ep.Abort()
	} else {
		// Netstack probes in TIME_WAIT too, where Linux has no socket any more.
		c.ep.SocketOptions().SetKeepAlive(false)
		c.ep.Close()
	}
	c.tap.untap()
	c.stack.gate.leave()
	c.stack.memory.give(c.buffer.Swap(0))
	for _, s := range []*side{&c.read, &c.write} {
		c.queue.EventUnregister(&s.entry)
		s.deadline.stop()
	}
	return nil
}

// reported returns an address as package net reports it: of an IPv6 socket always an IPv6
// one, so that code which forgets Unmap finds out.
func (c *sock) reported(full tcpip.FullAddress) netip.AddrPort {
	ap := c.stack.addrPort(full, c.v6)
	if c.v6 {
		ap = netip.AddrPortFrom(mappedInto6(ap.Addr()), ap.Port())
	}
	return ap
}

// peer is reported for another socket's address: where this one believes that it is.
func (c *sock) peer(full tcpip.FullAddress) netip.AddrPort {
	return c.stack.origin(c.net, c.reported(full))
}

// hold returns a new socket of s when s is not frozen, or closes it.
func hold[S io.Closer](ctx context.Context, s *Stack, c S) (S, error) {
	if err := s.AwaitThaw(ctx); err != nil {
		c.Close()
		var none S
		return none, contextErr(err)
	}
	return c, nil
}

// opError is what package net wraps the errors of a connection in.
func (c *sock) opError(op string, err error) error {
	return &net.OpError{Op: op, Net: c.net, Source: c.local, Addr: c.remote, Err: err}
}

func (c *sock) base() *sock { return c }

// LocalAddr implements net.Conn and net.PacketConn.
func (c *sock) LocalAddr() net.Addr { return c.local }

// RemoteAddr implements net.Conn. It is nil if the socket is not connected.
func (c *sock) RemoteAddr() net.Addr { return c.remote }

// setError is opError for the options that package net reports with the local
// address alone.
func (c *sock) setError(err error) error {
	return &net.OpError{Op: "set", Net: c.net, Addr: c.local, Err: err}
}
