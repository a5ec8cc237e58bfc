package sim

import (
	"fmt"
	"net/netip"
	"slices"
)

// Link returns the container's link to a network. It is never nil: where the container is not
// connected, Impair and SetCarrier of the Link fail, and it has no address.
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

// addLink adds a link, in the place of one to a removed network of that name: dockerd keeps
// memberships by the name of their network, so that a new one has it. It returns
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

// addrs returns the addresses of the container.
func (c *Container) addrs() (list []netip.Addr) {
	for _, l := range c.live() {
		list = append(list, l.endpoint().addrs()...)
	}
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
	// docker0 was the gateway before the container joined the others.
	if live := c.live(); len(live) > 1 {
		if err := c.openLinks(r, c.linkTo(c.network())); err != nil {
			return err
		}
	}
	return c.elect(r)
}

// newNamespace makes a namespace of the container's own, without networks.
func (c *Container) newNamespace() (*namespace, error) {
	ns, err := c.host.newNamespace(c.id, c.Name, c.id[:12], nil)
	if err != nil {
		return nil, err
	}
	ns.paused = func() bool { return c.State().Paused }
	ns.ipv6 = c.host.engine.IPv6Everywhere()
	if ns.loopback6 = ns.ipv6 || c.host.engine.IPv6Loopback(); ns.loopback6 {
		err = ns.stack.SetIPv6(true)
	}
	if err == nil {
		err = ns.settings.inherit(c.host.own.settings)
	}
	if err != nil {
		ns.release()
	}
	return ns, err
}

// join gives a run the interface of a number.
func (c *Container) join(r *run, l *Link, eth int) error {
	l.note(func(h *history) { h.named = true })
	ep, err := l.plug(r.ns, fmt.Sprintf("eth%d", eth))
	if err != nil {
		return err
	}
	c.noteJoin(r, l)
	if err = l.set(ep); err == nil {
		err = c.setIPv6(r.ns)
	}
	if err != nil {
		c.leave(r, l)
	}
	return err
}

// leave takes an interface from a run, with the ports that are published and the links
// that are opened there. Rules and names go before the interface: nothing is to lead to an
// address that the next container may be given.
func (c *Container) leave(r *run, l *Link) {
	n := l.asked.network
	if n == c.network() {
		c.unlink(r)
	}
	if r.gateway == l {
		c.revoke(r)
	}
	ep := l.endpoint()
	l.set(nil)
	if n.zone != nil {
		n.zone.Delete(c.id)
	}
	c.setScopes(r)
	l.unplug(ep)
	c.setIPv6(r.ns)
}

// setIPv6 switches IPv6 of lo on or off. As with Docker a namespace has it while one of its
// networks has, if not always.
func (c *Container) setIPv6(ns *namespace) error {
	return ns.stack.SetIPv6(ns.loopback6 || c.hasInterface6())
}

// hasInterface6 reports whether an interface of the container has IPv6.
func (c *Container) hasInterface6() bool {
	return slices.ContainsFunc(c.live(), func(l *Link) bool { return l.endpoint().addr6.IsValid() })
}

// leaveAll undoes joinAll, also where it failed half-way. As with dockerd the gateway moves from
// each network that is left to the next one, so that the connections of all are forgotten.
func (c *Container) leaveAll(r *run) {
	for _, l := range c.live() {
		if r.gateway == nil {
			r.setGateway(l, nil)
		}
		c.leave(r, l)
	}
	if r.dns != nil {
		r.dns.stop()
	}
}

// elect gives the default route and the published ports to the network that comes
// first. Ports leave the old gateway before they are published on the new one, on the same
// ports of the host; if that fails they are nowhere, as with dockerd.
func (c *Container) elect(r *run) error {
	links := c.live()
	if len(links) == 0 || links[0] == r.gateway {
		return nil
	}
	first := links[0]
	c.revoke(r)
	if !first.asked.network.config().internal || c.host.engine.InternalRoute() {
		first.setDefault()
	} else {
		r.ns.stack.ClearDefault()
	}
	var list []*publishedPort
	if n := first.asked.network; !n.config().internal {
		plan, _ := c.host.engine.Plan(c.config.published, c.config.exposed, c.config.publishAll)
		var err error
		if list, err = c.host.ports.publish(n.forEngine(), first.endpoint(), plan); err != nil {
			return errPublish(c.host.says, c.Name(), first.endpoint().id, err)
		}
	}
	r.setGateway(first, list)
	return c.openLinks(r, first)
}

// revoke takes the published ports from the gateway, if there is one.
func (c *Container) revoke(r *run) {
	gateway := r.gateway
	if list := r.setGateway(nil, nil); gateway != nil {
		c.host.ports.revoke(gateway.endpoint(), list)
	}
}

// reelect is elect where there is no way back: what cannot be published is logged.
func (c *Container) reelect(r *run) {
	if err := c.elect(r); err != nil {
		c.host.log.Error("ports are no longer published", "container", c.Name(), "error", err)
	}
}
