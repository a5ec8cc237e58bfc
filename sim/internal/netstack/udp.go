package netstack

import (
	"bytes"
	"context"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"syscall"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
)

// A UDPConn is a UDP socket, connected if it was dialed. Its methods are those of
// net.UDPConn as far as they do not need a file descriptor, and are safe for concurrent
// use. There is no SyscallConn, not even one whose Control fails: quic-go takes a PacketConn
// without one as it is, and gives up on one that fails.
type UDPConn struct {
	sock
	tells atomic.Bool       // datagrams come with control messages
	dst   tcpip.SliceWriter // of the read in progress
	src   bytes.Reader      // of the write in progress
	to    tcpip.FullAddress // of the write in progress

	redirected atomic.Int32 // 1: what it sends goes elsewhere; 2: that was counted
}

var (
	_ net.Conn       = (*UDPConn)(nil)
	_ net.PacketConn = (*UDPConn)(nil)
)

// dialUDP returns its error without the OpError around it.
func (d *Dialer) dialUDP(ctx context.Context, network string, v6 bool, remote netip.AddrPort) (*UDPConn, error) {
	c := new(UDPConn)
	if err := c.create(d.Stack, network, udp.ProtocolNumber, v6); err != nil {
		return nil, err
	}
	c.stack.attribute(&c.sock, programOf(ctx))
	if err := c.connect(d, remote); err != nil {
		c.sock.Close()
		return nil, err
	}
	return c, nil
}

func (c *UDPConn) connect(d *Dialer, remote netip.AddrPort) error {
	local := d.local()
	c.stack.gate.enter()
	defer c.stack.gate.leave()
	c.setOptions()
	if err := c.setTTL(d.TTL); err != nil {
		return err
	}
	to := c.stack.fullAddress(c.redirect(remote))
	if err := c.bindFor(local, to, false); err != nil {
		return err
	}
	if needsZone(remote.Addr()) && to.NIC == 0 {
		return os.NewSyscallError("connect", syscall.EINVAL)
	}
	if err := c.ep.Connect(to); err != nil {
		return c.failure("connect", c.stack.noWay(err, to.Addr))
	}
	c.tapErrors(to, udp.ProtocolNumber, d.Errors)
	bound, _ := c.ep.GetLocalAddress()
	c.local = net.UDPAddrFromAddrPort(c.reported(bound))
	// Connecting to the wildcard is connecting to lo, and the socket knows that.
	if peer, err := c.ep.GetRemoteAddress(); err == nil {
		remote = c.peer(peer)
	}
	c.remote = net.UDPAddrFromAddrPort(remote)
	return nil
}

// listenUDP returns its error without the OpError around it.
func (s *Stack) listenUDP(network string, local netip.AddrPort) (*UDPConn, error) {
	c := new(UDPConn)
	v6, only := listenFamily(network, local.Addr())
	if err := c.create(s, network, udp.ProtocolNumber, v6); err != nil {
		return nil, err
	}
	if err := c.listen(local, only); err != nil {
		c.sock.Close()
		return nil, err
	}
	return c, nil
}

func (c *UDPConn) listen(local netip.AddrPort, v6only bool) error {
	c.stack.gate.enter()
	defer c.stack.gate.leave()
	c.ep.SocketOptions().SetV6Only(v6only)
	c.setOptions()
	if local.Addr().IsMulticast() { // as package net, so that all members of a group can listen
		c.ep.SocketOptions().SetReuseAddress(true)
		local = netip.AddrPortFrom(netip.Addr{}, local.Port())
	}
	if err := c.bind(local); err != nil {
		return err
	}
	bound, _ := c.ep.GetLocalAddress()
	c.local = net.UDPAddrFromAddrPort(c.reported(bound))
	return nil
}

// Read implements net.Conn: it returns one datagram, cut to the size of b.
func (c *UDPConn) Read(b []byte) (int, error) {
	if len(b) == 0 && !c.shut.Load() { // as package net: no datagram is taken
		if err := c.thawed(nil); err != nil {
			return 0, c.opError("read", err)
		}
		return 0, nil
	}
	n, _, err := c.receive(b, "read")
	return n, err
}

// ReadFrom implements net.PacketConn. The address is a *net.UDPAddr.
func (c *UDPConn) ReadFrom(b []byte) (int, net.Addr, error) {
	n, addr, err := c.ReadFromUDP(b)
	if err != nil {
		return n, nil, err
	}
	return n, addr, nil
}

// ReadFromUDP is ReadFrom with the address as it is.
func (c *UDPConn) ReadFromUDP(b []byte) (int, *net.UDPAddr, error) {
	n, from, err := c.receive(b, "recvfrom")
	if err != nil {
		return n, nil, err
	}
	return n, net.UDPAddrFromAddrPort(from), nil
}

// ReadFromUDPAddrPort is ReadFrom with the address as a value. A socket of both families
// gives IPv4 addresses mapped into IPv6, as package net's does.
func (c *UDPConn) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	return c.receive(b, "recvfrom")
}

func (c *UDPConn) receive(b []byte, call string) (int, netip.AddrPort, error) {
	res, err := c.poll(b, call)
	if err != nil {
		return 0, netip.AddrPort{}, c.opError("read", err)
	}
	return res.Count, c.peer(res.RemoteAddr), nil
}

// poll waits for a datagram.
func (c *UDPConn) poll(b []byte, call string) (tcpip.ReadResult, error) {
	if err := c.read.begin(&c.sock); err != nil {
		return tcpip.ReadResult{}, err
	}
	defer c.read.end()
	for {
		c.stack.awaitTurn(context.Background(), noKey) // as in TCPListener.accept
		c.dst = b
		c.stack.gate.enter()
		res, err := c.ep.Read(&c.dst, tcpip.ReadOptions{NeedRemoteAddr: true})
		c.stack.gate.leave()
		c.dst = nil
		switch err.(type) {
		case *tcpip.ErrWouldBlock:
		// Linux cuts a datagram and says nothing, also to a length of zero.
		case *tcpip.ErrBadBuffer: // nothing of the datagram fits
			return res, c.outcome(call, nil)
		default:
			return res, c.outcome(call, err)
		}
		if err := c.read.wait(&c.sock); err != nil {
			return tcpip.ReadResult{}, err
		}
	}
}

// Write implements net.Conn: it sends one datagram to the peer.
func (c *UDPConn) Write(b []byte) (int, error) {
	n, err := c.send(b, nil, "write")
	if err != nil {
		return 0, c.opError("write", err)
	}
	return n, nil
}

// WriteTo implements net.PacketConn. The address is a *net.UDPAddr.
func (c *UDPConn) WriteTo(b []byte, addr net.Addr) (int, error) {
	a, ok := addr.(*net.UDPAddr)
	if !ok {
		return 0, c.writeError(addr, syscall.EINVAL)
	}
	return c.WriteToUDP(b, a)
}

// WriteToUDP is WriteTo with the address as it is.
func (c *UDPConn) WriteToUDP(b []byte, addr *net.UDPAddr) (int, error) {
	if addr == nil {
		return 0, c.writeError(nil, errMissingAddress)
	}
	n, err := c.sendTo(b, ofUDPAddr(addr), "sendto")
	if err != nil {
		return 0, c.writeError(addr, err)
	}
	return n, nil
}

// ofUDPAddr returns the address, the wildcard for one without IP, as package net.
func ofUDPAddr(addr *net.UDPAddr) netip.AddrPort {
	ap := addr.AddrPort()
	if !ap.Addr().IsValid() {
		ap = netip.AddrPortFrom(netip.IPv4Unspecified(), ap.Port())
	}
	return ap
}

// WriteToUDPAddrPort is WriteTo with the address as a value.
func (c *UDPConn) WriteToUDPAddrPort(b []byte, addr netip.AddrPort) (int, error) {
	n, err := c.sendTo(b, addr, "sendto")
	if err != nil {
		return 0, c.writeError(net.UDPAddrFromAddrPort(addr), err)
	}
	return n, nil
}

// writeError is opError with the address that was asked for: the socket has none.
func (c *UDPConn) writeError(to net.Addr, err error) error {
	return &net.OpError{Op: "write", Net: c.net, Source: c.local, Addr: to, Err: err}
}

func (c *UDPConn) sendTo(b []byte, ap netip.AddrPort, call string) (int, error) {
	if c.remote != nil {
		return 0, net.ErrWriteToConnected
	}
	to, err := c.destination(ap, call)
	if err != nil {
		return 0, err
	}
	local := c.local.(*net.UDPAddr).AddrPort().Addr()
	if source := c.stack.loopbackSource(to.Addr); source.IsValid() && wildcard(local) {
		return c.sendFrom(b, to, source, 0, call)
	}
	if !c.stack.mayLeave(local, to) {
		return 0, os.NewSyscallError(call, syscall.EINVAL)
	}
	if c.stack.router != nil && to.NIC == 0 {
		to.NIC = c.stack.reach(local, to)
	}
	return c.send(b, &to, call)
}

// destination returns where a datagram goes. It finds what gVisor would refuse for another
// reason, or not at all.
func (c *UDPConn) destination(ap netip.AddrPort, call string) (tcpip.FullAddress, error) {
	a := ap.Addr().Unmap()
	switch {
	case !a.IsValid():
		return tcpip.FullAddress{}, errMissingAddress
	case a.Is6() && !c.v6:
		return tcpip.FullAddress{}, &net.AddrError{Err: "non-IPv4 address", Addr: a.String()}
	case a.Is4() && c.ep.SocketOptions().GetV6Only():
		return tcpip.FullAddress{}, os.NewSyscallError(call, syscall.ENETUNREACH)
	}
	return c.stack.fullAddress(c.redirect(netip.AddrPortFrom(a, ap.Port()))), nil
}

// redirect returns where what is for to goes.
func (c *UDPConn) redirect(to netip.AddrPort) netip.AddrPort {
	target := c.stack.target(c.net, to)
	if target != to {
		c.redirected.CompareAndSwap(0, 1)
	}
	return target
}

// send sends one datagram, to the peer if to is nil.
func (c *UDPConn) send(b []byte, to *tcpip.FullAddress, call string) (int, error) {
	if err := c.write.begin(&c.sock); err != nil {
		return 0, err
	}
	defer c.write.end()
	defer c.src.Reset(nil) // the caller's bytes are not kept
	var opts tcpip.WriteOptions
	if to != nil {
		c.to = *to
		opts.To = &c.to
	}
	for {
		c.src.Reset(b)
		c.stack.gate.enter()
		n, err := c.ep.Write(&c.src, opts)
		if c.tap != nil && err == nil {
			c.tap.watch(&c.shut)
		}
		c.stack.gate.leave()
		if _, full := err.(*tcpip.ErrWouldBlock); !full {
			if err == nil && c.redirected.Load() == 1 && c.redirected.CompareAndSwap(1, 2) {
				c.stack.count(c.net, header.IPv4MinimumSize+header.UDPMinimumSize+len(b))
			}
			return int(n), c.outcome(call, c.stack.noWay(err, c.to.Addr))
		}
		if err := c.write.wait(&c.sock); err != nil {
			return 0, err
		}
	}
}

// Close implements net.Conn and net.PacketConn.
func (c *UDPConn) Close() error {
	if err := c.sock.Close(); err != nil {
		return c.opError("close", err)
	}
	return nil
}
