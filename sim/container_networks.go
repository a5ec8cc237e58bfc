package sim

import (
	"cmp"
	"fmt"
	"slices"

	"drydock/sim/dockerapi"
)

// Connect attaches the container to a further network: "docker network connect". If
// it runs it has another interface at once, with the next number that none had since
// the start: eth1. The default route is by the first of its networks, those that are not
// internal before the others, those with IPv6 before the others, and then in the order
// of their names, and there its ports are published; both move at once if that is another
// network now. Functions given to Go must not call it or Disconnect on their own
// container, since a stop waits for them.
func (c *Container) Connect(n *Network, opts ...AttachOption) error {
	return c.ConnectSpec(n, dockerapi.EndpointConfig{}, opts...)
}

// ConnectSpec is Connect for what Docker's HTTP API is sent, to which options add.
func (c *Container) ConnectSpec(n *Network, spec dockerapi.EndpointConfig, opts ...AttachOption) error {
	defer c.change()()
	a, err := c.checkConnect(n, &endpointSpec{EndpointConfig: spec, host: c.host}, opts)
	if err != nil {
		return err
	}
	l := c.newLink(*a)
	r := c.running()
	if r == nil || n.bridge == nil {
		if c.linkTo(n) == nil {
			c.addLink(l)
			l.note(func(h *history) { h.connected, h.named = true, true })
		}
		return nil
	}
	return c.host.labelled(func() error { return c.connect(r, l) })
}

// connect gives a run that is under way a further link, or leaves it as it was.
func (c *Container) connect(r *run, l *Link) error {
	before := c.addLink(l)
	joined := false
	err := c.join(r, l, r.nextEth)
	if err == nil {
		joined = true
		r.nextEth++
		err = c.elect(r)
	}
	if err == nil {
		err = c.register(r, l)
	}
	if err != nil {
		c.setList(before)
		if joined {
			c.leave(r, l)
			c.reelect(r)
		}
		return err
	}
	l.note(func(h *history) { h.connected = true })
	return nil
}

// checkConnect refuses what cannot be connected.
func (c *Container) checkConnect(n *Network, s *endpointSpec, opts []AttachOption) (*attachment, error) {
	const op = opConnect
	if err := cmp.Or(c.gone(op), c.host.checkHas(op, n)); err != nil {
		return nil, err
	}
	switch {
	case n.name == hostNetwork:
		return nil, errorf(op, c.Name(), ErrConflict, "container cannot be disconnected from host network or connected to host network")
	case c.config.joined != nil || c.config.onHost():
		return nil, errorf(op, c.Name(), ErrConflict,
			"container sharing network namespace with another container or host cannot be connected to any other network")
	}
	if err := cmp.Or(c.checkPrivate(op, n), s.apply(opts)); err != nil {
		return nil, err
	}
	a, err := s.resolve(op, n)
	switch {
	case err != nil:
		return nil, err
	case c.Running() && c.linkTo(n) != nil:
		return nil, errorf(op, c.Name(), ErrExists, "endpoint with name %s already exists in network %s", c.Name(), n.name)
	}
	return a, a.checkRange(op)
}

// checkPrivate refuses a second network beside "none".
func (c *Container) checkPrivate(op string, n *Network) error {
	for _, o := range c.Networks() {
		if o != n && (n.name == noneNetwork || o.name == noneNetwork) {
			return errorf(op, c.Name(), ErrConflict,
				"container cannot be connected to multiple networks with one of the networks in private (none) mode")
		}
	}
	return nil
}

// Disconnect detaches the container from a network: "docker network disconnect". Its
// connections over that network go on without an answer. Ports that cannot be published
// on the next network are published no more, which is logged.
func (c *Container) Disconnect(n *Network) error {
	const op = "disconnect container"
	defer c.change()()
	switch {
	case c.removed:
		return errNoContainer(op, c.Name())
	case c.config.onHost() && n == c.config.network:
		return errorf(op, c.Name(), ErrConflict, "container cannot be disconnected from host network or connected to host network")
	case n == nil || c.linkTo(n) == nil:
		return c.errNotAttached(op, n)
	}
	l := c.linkTo(n)
	c.removeLink(l)
	r := c.running()
	if r == nil || n.bridge == nil {
		return nil
	}
	return c.host.labelled(func() error {
		c.leave(r, l)
		r.ns.names.hosts.leave(n.name)
		c.reelect(r)
		return nil
	})
}

// Link returns the container's link to a network. If the container is not connected to that,
// the methods of the Link say so.
func (c *Container) Link(n *Network) *Link {
	if l := c.linkTo(n); l != nil {
		return l
	}
	return c.newLink(attachment{network: n})
}

// Networks returns the networks that the container is connected to, in the order of
// their priority: see Connect.
func (c *Container) Networks() []*Network {
	var list []*Network
	for _, l := range c.inOrder() {
		list = append(list, l.asked.network)
	}
	return list
}

// list returns the links in the order in which they came about.
func (c *Container) list() []*Link {
	c.linksMu.Lock()
	defer c.linksMu.Unlock()
	return c.links
}

// setList replaces the links. The slice is not changed any more.
func (c *Container) setList(links []*Link) {
	c.linksMu.Lock()
	defer c.linksMu.Unlock()
	c.links = links
}

// addLink adds a link, in the place of one to a removed network of that name, and returns
// the links that there were before. The caller holds life.
func (c *Container) addLink(l *Link) (before []*Link) {
	before = c.list()
	links := slices.DeleteFunc(slices.Clone(before), func(o *Link) bool { return o.asked.network.name == l.asked.network.name })
	c.setList(append(links, l))
	return before
}

// removeLink removes a link. The caller holds life.
func (c *Container) removeLink(l *Link) {
	c.setList(slices.DeleteFunc(slices.Clone(c.list()), func(o *Link) bool { return o == l }))
}

// linkTo returns the link to a network, nil if there is none.
func (c *Container) linkTo(n *Network) *Link {
	for _, l := range c.list() {
		if l.asked.network == n {
			return l
		}
	}
	return nil
}

// inOrder returns the links in the order of their networks' priority.
func (c *Container) inOrder() []*Link {
	list := slices.Clone(c.list())
	slices.SortFunc(list, func(a, b *Link) int { return a.asked.network.comparePriority(b.asked.network) })
	return list
}

// live returns the links that have an interface, in the order of their priority.
func (c *Container) live() []*Link {
	return slices.DeleteFunc(c.inOrder(), func(l *Link) bool { return l.endpoint() == nil })
}

// comparePriority orders the networks of a container.
func (n *Network) comparePriority(o *Network) int {
	return n.host.engine.ComparePriority(n.forEngine(), o.forEngine())
}

// joinAll attaches a run to the networks of its container, with links and ports. As
// dockerd does it begins with docker0, but the interfaces have the numbers of the
// priority. The order of the others, random there, is that of the priority.
func (c *Container) joinAll(r *run) error {
	list := slices.DeleteFunc(c.inOrder(), func(l *Link) bool { return l.asked.network.bridge == nil })
	r.nextEth = len(list)
	for _, docker0 := range []bool{true, false} {
		for eth, l := range list {
			if (l.asked.network.name == bridgeNetwork) != docker0 {
				continue
			}
			if err := c.join(r, l, eth); err != nil {
				return err
			}
			if err := c.register(r, l); err != nil {
				return err
			}
		}
	}
	if err := c.link(r); err != nil {
		return err
	}
	return c.elect(r)
}

// join gives a run the interface of a number. As with Docker its namespace has IPv6 while
// one of its networks has.
func (c *Container) join(r *run, l *Link, eth int) error {
	l.note(func(h *history) { h.named = true })
	ep, err := l.plug(r.ns, fmt.Sprintf("eth%d", eth))
	if err != nil {
		return err
	}
	c.noteJoin(r, l)
	if err = l.set(ep); err == nil {
		err = r.ns.stack.SetIPv6(c.hasInterface6())
	}
	if err != nil {
		c.leave(r, l)
	}
	return err
}

// leave takes an interface from a run, with the ports that are published and the links
// that are opened there.
func (c *Container) leave(r *run, l *Link) {
	n := l.asked.network
	if n == c.config.network {
		c.host.firewall.delete(r.linkRules)
		r.linkRules = nil
	}
	if r.gateway == l {
		c.host.unpublish(r.setGateway(nil, nil))
	}
	ep := l.endpoint()
	l.set(nil)
	if n.zone != nil {
		n.zone.Delete(c.id)
	}
	c.setScopes(r)
	l.unplug(ep)
	r.ns.stack.SetIPv6(c.hasInterface6())
}

// hasIPv6 reports whether a network that the container is connected to has IPv6.
func (c *Container) hasIPv6() bool {
	return slices.ContainsFunc(c.Networks(), func(n *Network) bool { return n.config.v6.subnet.IsValid() })
}

// hasInterface6 reports whether an interface of the container has IPv6.
func (c *Container) hasInterface6() bool {
	return slices.ContainsFunc(c.live(), func(l *Link) bool { return l.endpoint().addr6.IsValid() })
}

// leaveAll undoes joinAll, also where it failed half-way.
func (c *Container) leaveAll(r *run) {
	for _, l := range c.live() {
		c.leave(r, l)
	}
	if r.dns != nil {
		r.dns.stop()
	}
}

// elect gives the default route and the published ports to the network that comes
// first.
func (c *Container) elect(r *run) error {
	links := c.live()
	if len(links) == 0 || links[0] == r.gateway {
		return nil
	}
	first := links[0]
	c.host.unpublish(r.setGateway(nil, nil))
	first.setDefault()
	list, err := c.publish(first)
	if err != nil {
		return err
	}
	r.setGateway(first, list)
	return nil
}

// reelect is elect where there is no way back: what cannot be published is logged.
func (c *Container) reelect(r *run) {
	if err := c.elect(r); err != nil {
		c.host.log.Error("ports are no longer published", "container", c.Name(), "error", err)
	}
}
