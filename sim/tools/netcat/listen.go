package netcat

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"time"

	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/inet"
)

// serve is -l.
func (n *run) serve(args []string) int {
	host, port := "", args[len(args)-1]
	if len(args) == 2 {
		host = args[0]
	}
	ports, err := n.ports(port, n.services)
	if err != nil {
		return n.fail("%v", err)
	}
	at := netip.IPv4Unspecified()
	if n.family == 6 {
		at = netip.IPv6Unspecified()
	}
	if host != "" {
		addrs, err := n.lookup(host)
		if err != nil {
			return n.fail("getaddrinfo: %s", inet.GAIError(err))
		}
		at = addrs[0]
	}
	address := netip.AddrPortFrom(at, uint16(ports[0]))
	if n.udp {
		err = n.serveUDP(address)
	} else {
		err = n.serveTCP(address)
	}
	errno, isErrno := inet.Errno(err)
	switch {
	case n.ctx.Err() != nil:
		return command.Interrupted(n.ctx)
	case isErrno:
		return n.fail("%s", inet.Strerror(errno))
	case err != nil:
		return n.fail("%v", err)
	}
	return 0
}

// of returns the network of package net for an address: IPv6 takes IPv4, too, unless -6 or
// an address says otherwise, as on Linux.
func (n *run) of(at netip.AddrPort) string {
	if at.Addr().Is4() {
		return n.protocol() + "4"
	}
	return n.protocol()
}

func (n *run) serveTCP(at netip.AddrPort) error {
	l, err := n.Machine.Listen(n.ctx, n.of(at), at.String())
	if err != nil {
		return err
	}
	defer l.Close()
	defer context.AfterFunc(n.ctx, func() { l.Close() })()
	n.tell("Listening on " + n.endpoint(net.TCPAddrFromAddrPort(at)))
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		n.tell("Connection received on " + n.endpoint(conn.RemoteAddr()))
		n.transfer(conn)
		conn.Close()
		if !n.keep || n.ctx.Err() != nil {
			return nil
		}
	}
}

func (n *run) tell(text string) {
	if n.verbose {
		n.Errorf("%s\n", text)
	}
}

// serveUDP takes the sender of the first packet for the only one. With -k everybody is
// heard, and nobody is answered.
func (n *run) serveUDP(at netip.AddrPort) error {
	p, err := n.Machine.ListenPacket(n.ctx, n.of(at), at.String())
	if err != nil {
		return err
	}
	defer p.Close()
	defer context.AfterFunc(n.ctx, func() { p.SetDeadline(time.Unix(1, 0)) })()
	n.tell("Bound on " + n.endpoint(net.UDPAddrFromAddrPort(at)))
	conn := &peerConn{PacketConn: p}
	if !n.keep {
		b := make([]byte, bufferSize)
		size, from, err := p.ReadFrom(b)
		if err != nil {
			return err
		}
		conn.peer, conn.pending = from, b[:size]
		n.tell("Connection received on " + n.endpoint(from))
	}
	n.transfer(conn)
	return nil
}

// A peerConn is a socket of UDP that is connected to a peer, if it has one.
type peerConn struct {
	net.PacketConn
	peer    net.Addr
	pending []byte // the packet that came from the peer first
}

func (c *peerConn) RemoteAddr() net.Addr { return c.peer }

func (c *peerConn) Read(b []byte) (int, error) {
	if c.pending != nil {
		n := copy(b, c.pending)
		c.pending = nil
		return n, nil
	}
	for {
		n, from, err := c.ReadFrom(b)
		if err != nil || c.peer == nil || from.String() == c.peer.String() {
			return n, err
		}
	}
}

func (c *peerConn) Write(b []byte) (int, error) {
	if c.peer == nil {
		return 0, errNoPeer
	}
	return c.WriteTo(b, c.peer)
}

var errNoPeer = errors.New("no peer")
