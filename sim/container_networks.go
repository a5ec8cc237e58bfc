package sim

import (
	"fmt"
	"slices"
)

// Connect attaches the container to a further network: "docker network connect". If
// it runs it has another interface at once, with the next number that none had since
// the start: eth1. The default route is by the first of its networks, those that are not
// internal before the others, those with IPv6 before the others, and then in the order
// of their names, and there its ports are published; both move at once if that is another
// network now. Functions given to Go must not call it or Disconnect on their own
// container, since a stop waits for them.
func (c *Container) Connect(n *Network, opts ...AttachOption) error {
	const op = "connect container"
	defer c.change()()
	a := &attachment{network: n}
	if err := c.checkConnect(op, a, opts); err != nil {
		return err
	}
	r := c.running()
	if r == nil || n.bridge == nil {
		if c.attachmentTo(n) == nil {
			c.attach(a)
		}
		return nil
	}
	return c.host.labelled(func() error {
		if err := c.connect(r, a); err != nil {
			return err
		}
		c.attach(a)
		return nil
	})
}

// connect gives a run that is under way a further attachment, or leaves it as it was.
func (c *Container) connect(r *run, a *attachment) error {
	ep, err := c.join(r, a, r.nextEth)
	if err != nil {
		return err
	}
	r.nextEth++
	if err = ep.impair(a.impairments); err == nil {
		err = c.elect(r)
	}
	if err == nil {
		err = c.register(r, ep)
	}
	if err != nil {
		c.leave(r, ep)
		c.reelect(r)
	}
	return err
}

// checkConnect refuses what cannot be connected.
func (c *Container) checkConnect(op string, a *attachment, opts []AttachOption) error {
	if err := c.gone(op); err != nil {
		return err
	}
	n := a.network
	switch {
	case n == nil:
		return errorf(op, c.Name(), ErrNotFound, "network not found: nil")
	case n.host != c.host:
		return errorf(op, n.name, ErrNotFound, "network %s not found", n.id)
	case n.isRemoved():
		return errorf(op, n.name, ErrNotFound, "network %s not found", n.name)
	case n.name == hostNetwork:
		return errorf(op, c.Name(), ErrConflict, "container cannot be disconnected from host network or connected to host network")
	case c.config.joined != nil || c.config.onHost():
		return errorf(op, c.Name(), ErrConflict,
			"container sharing network namespace with another container or host cannot be connected to any other network")
	}
	if err := c.checkPrivate(op, n); err != nil {
		return err
	}
	if err := a.apply(op, opts); err != nil {
		return err
	}
	if c.Running() && c.attachmentTo(n) != nil {
		return errorf(op, c.Name(), ErrExists, "endpoint with name %s already exists in network %s", c.Name(), n.name)
	}
	return a.checkRange(op)
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
	case n == nil || c.attachmentTo(n) == nil:
		return c.errNotAttached(op, n)
	}
	c.attachMu.Lock()
	c.attachments = slices.DeleteFunc(c.attachments, func(a *attachment) bool { return a.network == n })
	c.attachMu.Unlock()
	r := c.running()
	if r == nil || n.bridge == nil {
		return nil
	}
	return c.host.labelled(func() error {
		c.leave(r, r.on(n))
		if n.name != bridgeNetwork {
			r.ns.names.hosts.removeOwn()
		}
		c.reelect(r)
		return nil
	})
}

// Networks returns the networks that the container is attached to, in the order of
// their priority: see Connect.
func (c *Container) Networks() []*Network {
	var list []*Network
	for _, a := range c.inOrder() {
		list = append(list, a.network)
	}
	return list
}

func (c *Container) attach(a *attachment) {
	c.attachMu.Lock()
	defer c.attachMu.Unlock()
	a.connected, a.named = true, true
	c.attachments = slices.DeleteFunc(c.attachments, func(o *attachment) bool { return o.network.name == a.network.name }) // and removed
	c.attachments = append(c.attachments, a)
}

func (c *Container) attachmentTo(n *Network) *attachment {
	c.attachMu.Lock()
	defer c.attachMu.Unlock()
	return c.attachmentToLocked(n)
}

func (c *Container) attachmentToLocked(n *Network) *attachment {
	for _, a := range c.attachments {
		if a.network == n {
			return a
		}
	}
	return nil
}

// inOrder returns the attachments in the order of their priority.
func (c *Container) inOrder() []*attachment {
	c.attachMu.Lock()
	list := slices.Clone(c.attachments)
	c.attachMu.Unlock()
	slices.SortFunc(list, func(a, b *attachment) int { return a.network.comparePriority(b.network) })
	return list
}

// comparePriority orders the networks of a container.
func (n *Network) comparePriority(o *Network) int {
	return n.host.engine.ComparePriority(n.forEngine(), o.forEngine())
}

// joinAll attaches a run to the networks of its container, with links and ports. As
// dockerd does it begins with docker0, but the interfaces have the numbers of the
// priority. The order of the others, random there, is that of the priority.
func (c *Container) joinAll(r *run) error {
	list := slices.DeleteFunc(c.inOrder(), func(a *attachment) bool { return a.network.bridge == nil })
	r.nextEth = len(list)
	for _, docker0 := range []bool{true, false} {
		for eth, a := range list {
			if (a.network.name == bridgeNetwork) != docker0 {
				continue
			}
			ep, err := c.join(r, a, eth)
			if err != nil {
				return err
			}
			if err := c.register(r, ep); err != nil {
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
func (c *Container) join(r *run, a *attachment, eth int) (*endpoint, error) {
	c.noteAliases(a)
	ep, err := a.network.attach(c, r.ns, fmt.Sprintf("eth%d", eth), a)
	if err != nil {
		return nil, err
	}
	c.noteJoin(r, a)
	r.mu.Lock()
	r.endpoints = append(r.endpoints, ep)
	r.mu.Unlock()
	if err := r.ns.stack.SetIPv6(r.hasIPv6()); err != nil {
		c.leave(r, ep)
		return nil, err
	}
	return ep, nil
}

// leave takes an interface from a run, with the ports that are published and the links
// that are opened there.
func (c *Container) leave(r *run, ep *endpoint) {
	if ep.network == c.config.network {
		c.host.delete(r.linkRules)
		r.linkRules = nil
	}
	if r.gateway == ep {
		c.host.unpublish(r.setGateway(nil, nil))
	}
	r.mu.Lock()
	r.endpoints = slices.DeleteFunc(r.endpoints, func(o *endpoint) bool { return o == ep })
	r.mu.Unlock()
	if ep.network.zone != nil {
		ep.network.zone.Delete(c.id)
	}
	c.setScopes(r)
	ep.network.detach(r.ns, ep)
	r.ns.stack.SetIPv6(r.hasIPv6())
}

// hasIPv6 reports whether a network that the container is attached to has IPv6.
func (c *Container) hasIPv6() bool {
	return slices.ContainsFunc(c.Networks(), func(n *Network) bool { return n.config.v6.subnet.IsValid() })
}

// hasIPv6 reports whether a network of the run has IPv6.
func (r *run) hasIPv6() bool {
	return slices.ContainsFunc(r.attached(), func(ep *endpoint) bool { return ep.addr6.IsValid() })
}

// leaveAll undoes joinAll, also where it failed half-way.
func (c *Container) leaveAll(r *run) {
	for _, ep := range r.attached() {
		c.leave(r, ep)
	}
	if r.dns != nil {
		r.dns.stop()
	}
}

// elect gives the default route and the published ports to the network that comes
// first.
func (c *Container) elect(r *run) error {
	endpoints := r.inOrder()
	if len(endpoints) == 0 {
		return nil
	}
	first := endpoints[0]
	if first == r.gateway {
		return nil
	}
	c.host.unpublish(r.setGateway(nil, nil))
	first.setDefault(r.ns)
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

// inOrder returns the endpoints in the order of their networks' priority.
func (r *run) inOrder() []*endpoint {
	list := r.attached()
	slices.SortFunc(list, func(a, b *endpoint) int { return a.network.comparePriority(b.network) })
	return list
}
