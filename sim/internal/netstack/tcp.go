package netstack

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"syscall"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

// A TCPConn is one end of a TCP connection. Its methods are those of net.TCPConn
// as far as they do not need a file descriptor, and are safe for concurrent use.
type TCPConn struct {
	sock
	dst tcpip.SliceWriter // of the Read in progress
	src bytes.Reader      // of the Write in progress
}

var _ interface {
	net.Conn
	io.ReaderFrom
	io.WriterTo
} = (*TCPConn)(nil)

// dialTCP connects to remote. It returns the error without the OpError around it.
func (d *Dialer) dialTCP(ctx context.Context, network string, v6 bool, remote netip.AddrPort) (*TCPConn, error) {
	c := new(TCPConn)
	if err := c.create(d.Stack, network, tcp.ProtocolNumber, v6); err != nil {
		return nil, err
	}
	c.stack.attribute(&c.sock, programOf(ctx))
	c.allot()
	if err := c.connect(ctx, d, remote); err != nil {
		c.sock.Close()
		return nil, err
	}
	return c, nil
}

// synSize is that of a SYN of IPv4 with the options that Linux sends: MSS, SACK, timestamps and the scale.
const synSize = 60

func (c *TCPConn) connect(ctx context.Context, d *Dialer, remote netip.AddrPort) error {
	target := c.stack.target(c.net, remote)
	if target != remote {
		c.stack.count(c.net, synSize)
	}
	to := c.stack.fullAddress(target)
	local := d.local()
	c.ep.SocketOptions().SetReuseAddress(d.ReuseAddr)
	if d.Errors != nil && wildcard(local.Addr()) { // errors are known by the address, which must be there before the SYN
		local = netip.AddrPortFrom(c.stack.sourceFor(remote.Addr()), local.Port())
	}
	if err := c.bindFor(local, to, true); err != nil {
		return err
	}
	if c.stack.forMany(to) {
		return os.NewSyscallError("connect", syscall.ENETUNREACH)
	}
	if needsZone(remote.Addr()) && to.NIC == 0 {
		return os.NewSyscallError("connect", syscall.EINVAL)
	}
	c.stack.gate.enter()
	if err := c.setTTL(d.TTL); err != nil {
		c.stack.gate.leave()
		return err
	}
	c.tapErrors(to, tcp.ProtocolNumber, d.Errors)
	err := c.ep.Connect(to)
	c.stack.gate.leave()
	switch err.(type) {
	case *tcpip.ErrConnectStarted:
	case *tcpip.ErrNoPortAvailable: // EADDRINUSE is for bind
		return c.failure("connect", &tcpip.ErrBadLocalAddress{})
	default:
		return c.failure("connect", c.stack.noWay(err, to.Addr))
	}
	// The endpoint notifies once it is connected or has failed, and also for reasons that
	// are neither.
	for {
		select {
		case <-c.write.ready:
		case <-ctx.Done():
			return contextErr(ctx.Err())
		case <-c.closed:
			return net.ErrClosed
		}
		if err := c.stack.AwaitThaw(ctx); err != nil {
			return contextErr(err)
		}
		if done, err := c.connected(); done || err != nil {
			return err
		}
	}
}

// allot bounds the buffers of a new TCP connection until it is closed, which may be now.
func (c *TCPConn) allot() {
	size := c.stack.memory.take()
	c.buffer.Store(size)
	if c.shut.Load() {
		c.stack.memory.give(c.buffer.Swap(0))
	}
	if size == mostBuffer {
		return
	}
	c.stack.gate.enter()
	defer c.stack.gate.leave()
	opts := c.ep.SocketOptions()
	opts.SetReceiveBufferSize(size, true)
	opts.SetSendBufferSize(size, true)
}

// connected reports the outcome of a connect, if there is one yet.
func (c *TCPConn) connected() (bool, error) {
	c.stack.gate.enter()
	defer c.stack.gate.leave()
	// Taking the error clears it, like SO_ERROR.
	if err := c.ep.LastError(); err != nil {
		if _, forbidden := err.(*tcpip.ErrNoNet); forbidden && c.v6 { // by a router or a firewall, see package router
			return false, os.NewSyscallError("connect", syscall.EACCES)
		}
		return false, c.failure("connect", err)
	}
	remote, err := c.ep.GetRemoteAddress()
	if err != nil {
		return false, nil
	}
	c.establish(remote)
	return true, nil
}

// establish completes a connection. It is called inside the gate.
func (c *TCPConn) establish(remote tcpip.FullAddress) {
	local, _ := c.ep.GetLocalAddress()
	c.local = net.TCPAddrFromAddrPort(c.reported(local))
	c.remote = net.TCPAddrFromAddrPort(c.peer(remote))
	c.keepAlive(net.KeepAliveConfig{Enable: true})
}

// Read implements net.Conn.
func (c *TCPConn) Read(b []byte) (int, error) {
	n, err := c.receive(b)
	if err != nil && !errors.Is(err, io.EOF) {
		err = c.opError("read", err)
	}
	return n, err
}

func (c *TCPConn) receive(b []byte) (int, error) {
	d := &c.read.deadline
	if len(b) == 0 { // package net's too waits for its turn, finds a closed socket closed, and knows no deadline
		d = nil
	}
	if err := c.read.beginBy(d, &c.sock); err != nil {
		return 0, err
	}
	defer c.read.end()
	if len(b) == 0 {
		return 0, nil
	}
	// dst and src are fields so that the interfaces which gVisor takes do not make them
	// escape at each call: no allocation for a Read or Write.
	for {
		c.dst = b
		c.stack.gate.enter()
		res, err := c.ep.Read(&c.dst, tcpip.ReadOptions{})
		if err == nil {
			c.ep.ModerateRecvBuf(res.Count)
		}
		c.stack.gate.leave()
		c.dst = nil
		if _, empty := err.(*tcpip.ErrWouldBlock); !empty {
			return res.Count, c.outcome("read", err)
		}
		if err := c.read.wait(&c.sock); err != nil {
			return 0, err
		}
	}
}

// Write implements net.Conn.
func (c *TCPConn) Write(b []byte) (int, error) {
	n, err := c.send(b)
	if err != nil {
		err = c.opError("write", err)
	}
	return n, err
}

func (c *TCPConn) send(b []byte) (int, error) {
	if err := c.write.begin(&c.sock); err != nil {
		return 0, err
	}
	defer c.write.end()
	defer c.src.Reset(nil)
	for done := 0; ; {
		c.src.Reset(b[done:])
		c.stack.gate.enter()
		n, err := c.ep.Write(&c.src, tcpip.WriteOptions{})
		c.stack.gate.leave()
		done += int(n)
		// A Write takes what fits. Package net's returns when all has been taken.
		_, full := err.(*tcpip.ErrWouldBlock)
		if full {
			err = nil
		}
		if err != nil || done == len(b) {
			return done, c.outcome("write", err)
		}
		if err := c.more(full); err != nil {
			return done, err
		}
	}
}

// more returns when a Write that is not done may go on: if the endpoint was not full,
// what is free now may be enough.
func (c *TCPConn) more(full bool) error {
	if full {
		return c.write.wait(&c.sock)
	}
	return c.thawed(&c.write.deadline)
}

// plain hides the methods of a connection that io.Copy would call again.
type plain struct{ net.Conn }

// ReadFrom implements io.ReaderFrom.
func (c *TCPConn) ReadFrom(r io.Reader) (int64, error) {
	n, err := io.Copy(plain{c}, r)
	if err != nil {
		err = c.opError("readfrom", err)
	}
	return n, err
}

// WriteTo implements io.WriterTo.
func (c *TCPConn) WriteTo(w io.Writer) (int64, error) {
	n, err := io.Copy(w, plain{c})
	if err != nil {
		err = c.opError("writeto", err)
	}
	return n, err
}

// Close implements net.Conn. What was written is still sent, and FIN after it,
// unless SetLinger says otherwise or there is unread data: then the peer gets a
// reset.
func (c *TCPConn) Close() error {
	if err := c.sock.Close(); err != nil {
		return c.opError("close", err)
	}
	return nil
}

// CloseRead shuts the reading side down.
func (c *TCPConn) CloseRead() error { return c.shutdown(tcpip.ShutdownRead) }

// CloseWrite shuts the writing side down: the peer reads io.EOF.
func (c *TCPConn) CloseWrite() error { return c.shutdown(tcpip.ShutdownWrite) }

func (c *TCPConn) shutdown(how tcpip.ShutdownFlags) error {
	if c.shut.Load() {
		return c.opError("close", net.ErrClosed)
	}
	// Close does not wait for Thaw, because a frozen process can be killed. This is the
	// process's own doing.
	if err := c.thawed(nil); err != nil {
		return c.opError("close", err)
	}
	c.stack.gate.enter()
	err := c.ep.Shutdown(how)
	c.stack.gate.leave()
	if err != nil {
		return c.opError("close", c.failure("shutdown", err))
	}
	return nil
}
