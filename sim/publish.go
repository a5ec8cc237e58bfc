package sim

import (
	"context"
	"errors"
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
// --userland-proxy too: its socket keeps the port from others, as dockerd's does.
type publishedPort struct {
	binding ports.Binding
	target  netip.AddrPort
	proxy   io.Closer
	rules   []string // commands that added them
}

// publish publishes ports of an endpoint, all or none: a container whose third port is taken
// does not start, and must not leave two rules behind. Before the
// first port that the host chooses it asks whether all that follow find one: there are fewer than
// -P may ask for.
func (p *publisher) publish(n engine.Network, ep *endpoint, plan []ports.Publication) (list []*publishedPort, err error) {
	chosen := false
	for i, pub := range plan {
		if !chosen && pub.First == 0 {
			chosen = true
			if err := p.allocated.Room(plan[i:], func(pub ports.Publication) []netip.Addr { return p.engine.HostAddrs(p.daemon(), pub) }); err != nil {
				p.unpublish(list)
				return nil, err
			}
		}
		for _, addr := range p.engine.HostAddrs(p.daemon(), pub) {
			port, err := p.bind(n, ep, addr, pub)
			if err != nil {
				p.unpublish(list)
				return nil, err
			}
			list = append(list, port)
		}
	}
	return list, nil
}

// bind publishes a port on one address of the host. The socket comes before the rules: only
// that it can be opened tells that the port is free, also of programs that are not Docker's.
func (p *publisher) bind(n engine.Network, ep *endpoint, addr netip.Addr, pub ports.Publication) (*publishedPort, error) {
	port := &publishedPort{}
	var err error
	port.binding, err = p.allocated.Bind(addr, pub, func(b ports.Binding) (err error) {
		port.target = netip.AddrPortFrom(ep.reachedFrom(b.HostAddr), b.Port.Number)
		port.proxy, err = p.proxy(b, port.target)
		return err
	})
	if err != nil {
		return nil, err
	}
	p.proxies.add(p, port)
	port.rules, err = p.firewall().ensure(p.engine.PortRules(n, ep.addr, port.binding))
	if err != nil {
		p.unpublish([]*publishedPort{port})
		return nil, err
	}
	return port, nil
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
		return relay.NewUDP(c.(relay.PacketConn), p.dialer("udp", target)), nil
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
