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

	"drydock/sim/internal/netstack"
	"drydock/sim/internal/ports"
	"drydock/sim/internal/relay"
)

// A PortBinding is a published port.
type PortBinding struct {
	Port string         // of the container: "80/tcp"
	Host netip.AddrPort // of the host; 0.0.0.0 and :: are all addresses of their family
}

// String returns the line of "docker port", "80/tcp -> 0.0.0.0:8080".
func (b PortBinding) String() string {
	if b.Host.Addr().Is6() {
		return fmt.Sprintf("%s -> %v:%d", b.Port, b.Host.Addr(), b.Host.Port())
	}
	return fmt.Sprintf("%s -> %v", b.Port, b.Host)
}

// Ports returns the published ports, those of the container in order, as "docker port"
// does. There are none while the container does not run.
func (c *Container) Ports() []PortBinding {
	r := c.running()
	if r == nil {
		return nil
	}
	published := r.ports()
	slices.SortStableFunc(published, func(a, b *publishedPort) int { return a.binding.Port.Compare(b.binding.Port) })
	var list []PortBinding
	for _, p := range published {
		list = append(list, PortBinding{Port: p.binding.Port.String(), Host: p.binding.Host()})
	}
	return list
}

// A publisher is the part of dockerd that has the host's ports.
type publisher struct {
	sockets   *netstack.Stack // of the userland proxies
	allocated ports.Allocator
}

func (p *publisher) open(h *Host) { p.sockets = h.own.stack.Share("") }

func (p *publisher) close() {
	if p.sockets != nil {
		p.sockets.Leave(true)
	}
}

// A publishedPort is a binding with what makes it work.
type publishedPort struct {
	binding ports.Binding
	proxy   io.Closer
	rules   []string // commands that added them
}

// publish publishes the ports of a container that starts.
func (c *Container) publish(l *Link) (list []*publishedPort, err error) {
	if l.asked.network.config.internal {
		return nil, nil
	}
	plan, _ := c.host.engine.Plan(c.config.published, c.config.exposed, c.config.publishAll)
	for _, pub := range plan {
		for _, addr := range c.host.engine.HostAddrs(c.host.daemon.forEngine(), pub) {
			p, err := c.host.publish(l, addr, pub)
			if err != nil {
				c.host.unpublish(list)
				return nil, c.errPublish(l.endpoint(), err)
			}
			list = append(list, p)
		}
	}
	return list, nil
}

func (c *Container) errPublish(ep *endpoint, err error) error {
	kind := ErrPortInUse
	switch {
	case errors.Is(err, ports.ErrProtocol) || errors.Is(err, ports.ErrRange):
		kind = ErrPort
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		kind = ErrAddress
	case errors.As(err, new(*iptablesError)):
		kind = ErrFirewall
	}
	e := errorf("start container", c.Name(), kind,
		"driver failed programming external connectivity on endpoint %s (%s): %v", c.Name(), ep.id, err)
	e.cause = err
	return e
}

func (h *Host) publish(l *Link, addr netip.Addr, pub ports.Publication) (*publishedPort, error) {
	p, ep := &publishedPort{}, l.endpoint()
	var err error
	p.binding, err = h.ports.allocated.Bind(addr, pub, func(b ports.Binding) (err error) {
		p.proxy, err = h.ports.proxy(b, netip.AddrPortFrom(ep.reachedFrom(b.HostAddr), b.Port.Number), !h.daemon.noProxy)
		return err
	})
	if err != nil {
		return nil, err
	}
	p.rules, err = h.firewall.ensure(h.engine.PortRules(l.asked.network.forEngine(), ep.addr, p.binding))
	if err != nil {
		h.unpublish([]*publishedPort{p})
		return nil, err
	}
	return p, nil
}

// unpublish undoes publish.
func (h *Host) unpublish(list []*publishedPort) {
	var rules []string
	for _, p := range list {
		rules = append(rules, p.rules...)
	}
	h.firewall.delete(rules)
	for _, p := range list {
		p.proxy.Close()
		h.ports.allocated.Release(p.binding)
	}
}

// proxy starts the userland proxy of a binding. If it is not to serve, it only keeps the
// port from others.
func (p *publisher) proxy(b ports.Binding, target netip.AddrPort, serve bool) (io.Closer, error) {
	ctx, host := context.Background(), b.Host().String()
	if b.Port.Proto == ports.UDP {
		c, err := p.sockets.ListenPacket(ctx, b.Network(), host)
		if err != nil {
			return nil, err
		}
		if !serve {
			return c, nil
		}
		return relay.NewUDP(c.(relay.PacketConn), p.dialer("udp", target)), nil
	}
	l, err := p.sockets.Listen(ctx, b.Network(), host)
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
