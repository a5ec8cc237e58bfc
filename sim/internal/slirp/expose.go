package slirp

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"

	"drydock/sim/internal/relay"
)

// dialTimeout is how long a connection may take: that of the outside to the inside,
// and that of the machine to a real server. Who connects meanwhile sends SYNs for
// longer, so the next one tries again.
const dialTimeout = 30 * time.Second

// An Exposure is a real address behind which there is one of the emulated network.
// Its methods are safe for concurrent use. Net.Expose makes one.
type Exposure struct {
	net   *Net
	addr  net.Addr
	close func() // ends what listens and waits for it
}

// Expose listens on an address of the machine, as net.Listen and net.ListenPacket
// do, and forwards to an address of the emulated network. The network is "tcp" or
// "udp". Errors of listening are package net's.
//
// What arrives inside comes from the client's own address and port: it is routed and
// filtered like that of any client outside. The client appears as the gateway,
// 10.0.2.2, if it has no address that could be answered: a loopback, link-local or
// IPv6 one, or one of the cable's network. The port is kept, unless that address and
// port has a connection to the same destination already; then it is another.
//
// A TCP client is accepted before its connection inside is dialed. If that fails,
// the client gets a reset. Half-closes and resets are passed on both ways. A UDP
// client, an address and port, has a socket inside for itself; how long, and how
// many there are, is documented at relay.UDP.
func (n *Net) Expose(network, address string, to netip.AddrPort) (*Exposure, error) {
	to = netip.AddrPortFrom(to.Addr().Unmap(), to.Port())
	if !to.Addr().Is4() || to.Port() == 0 {
		return nil, fmt.Errorf("slirp: expose %v: not an IPv4 address and port", to)
	}
	if !hasSockets {
		return nil, errNoSockets
	}
	x := &Exposure{net: n}
	var err error
	switch network {
	case "tcp":
		err = x.listenTCP(address, to)
	case "udp":
		err = x.listenUDP(address, to)
	default:
		err = &net.OpError{Op: "listen", Net: network, Err: net.UnknownNetworkError(network)}
	}
	if err != nil {
		return nil, err
	}
	if !n.expose(x) {
		x.close()
		return nil, fmt.Errorf("slirp: expose %v: %w", to, net.ErrClosed)
	}
	return x, nil
}

// Addr returns the real address: a *net.TCPAddr or *net.UDPAddr.
func (x *Exposure) Addr() net.Addr { return x.addr }

// Close stops listening, resets the connections that came this way, and returns when
// nothing of the Exposure runs any more. More calls only wait for the first.
func (x *Exposure) Close() {
	x.close()
	x.net.unexpose(x)
}

func (x *Exposure) listenUDP(address string, to netip.AddrPort) error {
	c, err := net.ListenPacket("udp", address)
	if err != nil {
		return err
	}
	x.addr = c.LocalAddr()
	p := relay.NewUDP(c.(*net.UDPConn), func(_ context.Context, client net.Addr) (net.Conn, error) {
		inside, err := x.net.dialUDP(x.net.source(client), to)
		if err != nil {
			x.net.log.Debug(err.Error())
		}
		return inside, err
	})
	x.close = func() { p.Close() }
	return nil
}

func (x *Exposure) listenTCP(address string, to netip.AddrPort) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	x.addr = l.Addr()
	p := relay.NewTCP(l, func(ctx context.Context, client net.Addr) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, dialTimeout)
		defer cancel()
		inside, err := x.net.dialTCP(ctx, x.net.source(client), to)
		if err != nil {
			x.net.log.Debug(err.Error())
			return nil, err
		}
		return inside, nil
	}, relay.Wire)
	x.close = func() { p.Close() }
	return nil
}
