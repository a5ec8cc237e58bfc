package sim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"syscall"

	"drydock/nat"
	"drydock/nat/conntrack"
	"drydock/sim/internal/engine"
	"drydock/sim/internal/netstack"
	"drydock/sim/internal/ports"
	"drydock/sim/internal/relay"
	"drydock/sim/tools/command"

	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// A publisher is the part of dockerd that has the host's ports.
type publisher struct {
	engine    engine.Engine
	daemon    func() engine.Daemon
	firewall  func() firewall
	tables    *nat.Tables
	sockets   *netstack.Stack // of the userland proxies
	dockerd   *netstack.Stack // instead of them without
	processes *command.Processes
	proxies   proxies
	allocated ports.Allocator
}

// holder has the sockets of the program that has the published ports open.
func (p *publisher) holder() *netstack.Stack {
	if p.daemon().UserlandProxy {
		return p.sockets
	}
	return p.dockerd
}

func (p *publisher) close() {
	if p.sockets != nil {
		p.sockets.Leave(true)
	}
}

// A publishedPort is a binding with what makes it work. The proxy is there without
// --userland-proxy too: its socket keeps the port from others, as dockerd's does. There is none
// where packets are routed to the container, and the host has no port.
type publishedPort struct {
	binding  ports.Binding
	endpoint *endpoint
	target   netip.AddrPort
	proxy    io.Closer
	rules    []string // commands that added them
}

// publish publishes ports of an endpoint, all or none: a container whose third port is taken
// does not start, and must not leave two rules behind. Before the
// first port that the host chooses it asks whether all that follow find one: there are fewer than
// -P may ask for.
func (p *publisher) publish(n engine.Network, ep *endpoint, to engine.Served, plan []ports.Publication) (list []*publishedPort, err error) {
	chosen := false
	requests := p.engine.Requests(n, to, plan)
	for i, r := range requests {
		var added []*publishedPort
		if !chosen && r.First == 0 && !r.Routed {
			chosen = true
			err = p.allocated.Room(requests[i:])
		}
		if err == nil {
			added, err = p.bind(ep, r)
			list = append(list, added...)
		}
		if err == nil {
			err = p.open(n, added)
		}
		if err != nil {
			p.unpublish(list)
			return nil, err
		}
	}
	p.forgetEarlier(list)
	return list, nil
}

// forgetEarlier has datagrams to ports that were not published yet begin new connections, to which
// the rules apply.
func (p *publisher) forgetEarlier(list []*publishedPort) {
	udp := make(map[uint16]bool)
	for _, port := range list {
		if port.binding.Port.Proto == ports.UDP && port.proxy != nil {
			udp[port.binding.HostPort] = true
		}
	}
	if len(udp) > 0 && p.engine.ForgetsDatagrams() {
		p.tables.Forget(func(e conntrack.Entry) bool {
			return e.Original.Proto == uint8(header.UDPProtocolNumber) && udp[e.Original.DstPort]
		})
	}
}

// bind opens the sockets of a request. They come before the rules: only
// that they can be opened tells that the port is free, also of programs that are not Docker's.
func (p *publisher) bind(ep *endpoint, r ports.Request) (list []*publishedPort, err error) {
	newPort := func(b ports.Binding) *publishedPort {
		return &publishedPort{binding: b, endpoint: ep, target: netip.AddrPortFrom(ep.reachedFrom(b.HostAddr), b.Port.Number)}
	}
	if r.Routed {
		for _, addr := range r.Addrs {
			list = append(list, newPort(ports.Binding{Port: r.Port, HostAddr: addr}))
		}
		return list, nil
	}
	last := newPort(ports.Binding{})
	_, err = p.allocated.Bind(r, func(b ports.Binding) (err error) {
		last = newPort(b)
		if last.proxy, err = p.proxy(b, last.target); err == nil {
			list = append(list, last)
		}
		return err
	}, func(b ports.Binding) {
		list[0].proxy.Close()
		list = list[1:]
	})
	if failed := (*ports.ListenError)(nil); errors.As(err, &failed) {
		return nil, p.errListen(failed, ep)
	}
	return list, err
}

// errListen is why a port could not be listened on, in dockerd's words.
func (p *publisher) errListen(e *ports.ListenError, ep *endpoint) error {
	format, cause := p.engine.Messages().Listen, e.Err
	if errors.Is(e.Err, ports.ErrProtocol) {
		format = p.engine.Messages().NoSCTP
	}
	for next := cause; next != nil; next = errors.Unwrap(next) {
		cause = next
	}
	b := e.Binding
	target := netip.AddrPortFrom(ep.reachedFrom(b.HostAddr), b.Port.Number)
	return &listenError{e, fmt.Sprintf(format, b.Host(), b.Port.Proto, target, e.Err, cause)}
}

// A listenError is a *ports.ListenError in dockerd's words.
type listenError struct {
	error
	message string
}

func (e *listenError) Error() string { return e.message }
func (e *listenError) Unwrap() error { return e.error }

// open adds the rules and the processes of ports.
func (p *publisher) open(n engine.Network, list []*publishedPort) (err error) {
	for _, port := range list {
		p.proxies.add(p, port)
		if port.rules, err = p.firewall().ensure(p.engine.PortRules(n, port.target.Addr(), port.binding)); err != nil {
			return err
		}
	}
	return nil
}

// unpublish undoes publish. The rules of all ports go in one edit, since each edit copies the
// chains that it changes.
func (p *publisher) unpublish(list []*publishedPort) {
	var rules []string
	for _, port := range list {
		rules = append(rules, port.rules...)
	}
	p.firewall().delete(rules)
	for _, port := range list {
		if port.proxy == nil {
			continue
		}
		port.proxy.Close()
		p.proxies.remove(port)
		p.allocated.Release(port.binding)
	}
}

// revoke undoes publish for an endpoint that is the gateway no longer, with ports or without. Its
// connections are forgotten: whoever is given its address next would get their packets. Those
// that are masqueraded and those of 127.0.0.1 have their replies sent to the host and go on.
func (p *publisher) revoke(ep *endpoint, list []*publishedPort) {
	p.unpublish(list)
	if !p.engine.ForgetsConnections() {
		return
	}
	addrs := ep.addrs()
	p.tables.Forget(func(e conntrack.Entry) bool {
		return slices.Contains(addrs, e.Reply.Src) || slices.Contains(addrs, e.Reply.Dst)
	})
}

// proxy starts the userland proxy of a binding. Without --userland-proxy it only keeps the
// port from others.
func (p *publisher) proxy(b ports.Binding, target netip.AddrPort) (io.Closer, error) {
	ctx, host, serve := context.Background(), b.Host().String(), p.daemon().UserlandProxy
	network := p.engine.ProxyNetwork(b)
	if b.Port.Proto == ports.UDP {
		c, err := p.holder().ListenPacket(ctx, network, host)
		if err != nil {
			return nil, err
		}
		if !serve {
			return c, nil
		}
		dial, conn := p.dialer("udp", target), c.(*netstack.UDPConn)
		if !p.engine.RepliesAsAsked() {
			return relay.NewUDP(conn, dial), nil
		}
		if err := conn.SetControlMessage(true); err != nil {
			conn.Close()
			return nil, err
		}
		return relay.NewUDP(addressedConn{conn}, dial), nil
	}
	l, err := p.holder().Listen(ctx, network, host)
	if err != nil {
		return nil, err
	}
	if !serve {
		return l, nil
	}
	return relay.NewTCP(l, p.dialer("tcp", target), relay.Proxy), nil
}

// An addressedConn is a relay.AddressedConn.
type addressedConn struct{ *netstack.UDPConn }

func (c addressedConn) ReadAddressed(b []byte) (n int, client netip.AddrPort, to netip.Addr, err error) {
	var oob [64]byte // more than an address needs
	n, size, _, client, err := c.ReadMsgUDPAddrPort(b, oob[:])
	if err == nil {
		m, _ := netstack.ParseControlMessage(oob[:size])
		to = m.Dst
	}
	return n, client, to, err
}

func (c addressedConn) WriteFrom(b []byte, from netip.Addr, client netip.AddrPort) (int, error) {
	n, _, err := c.WriteMsgUDPAddrPort(b, netstack.ControlMessage{Src: from}.Marshal(), client)
	return n, err
}

func (p *publisher) dialer(network string, target netip.AddrPort) relay.Dialer {
	return func(ctx context.Context, _ net.Addr) (net.Conn, error) {
		return p.sockets.DialContext(ctx, network, target.String())
	}
}

// errPublish is why a container does not start, or go on, with its ports.
func errPublish(says *engine.Messages, container, endpoint string, err error) error {
	kind := ErrPortInUse
	switch {
	case errors.Is(err, ports.ErrProtocol) || errors.Is(err, ports.ErrRange):
		kind = ErrPort
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		kind = ErrAddress
	case errors.As(err, new(*iptablesError)):
		kind = ErrFirewall
	}
	e := errorf("start container", container, kind, says.Publish, container, endpoint, err)
	e.cause = err
	return e
}
