package sim

import (
	"cmp"
	"fmt"
	"slices"

	"drydock/sim/dockerapi"
)

// Connect attaches the container to a further network: "docker network connect". If
// it runs it has another interface at once, eth1 say: numbers are not used again before the
// next start, but for Docker28 and later, which take the first that is free. The first of its networks has the default route and the published ports, which
// move at once if that is another one now. Networks that are not internal come before those
// that are, among them those with IPv6 before the others, and then names count. Functions
// given to Go must not call Connect or Disconnect on their own container, since a stop waits
// for them.
func (c *Container) Connect(n *Network, opts ...AttachOption) error {
	return c.ConnectSpec(n, dockerapi.EndpointConfig{}, opts...)
}

// ConnectSpec is Connect for what Docker's HTTP API is sent, to which options add.
func (c *Container) ConnectSpec(n *Network, spec dockerapi.EndpointConfig, opts ...AttachOption) error {
	if err := c.sameTime(opConnect); err != nil {
		return err
	}
	defer c.change()()
	a, err := c.checkConnect(n, &endpointSpec{EndpointConfig: spec, host: c.host}, opts)
	if err != nil {
		if a != nil && c.running() != nil && !c.host.engine.SeveralNetworks() {
			c.leaveUnconnected(c.list(), c.newLink(*a))
		}
		return err
	}
	l := c.newLink(*a)
	r := c.running()
	if r == nil || n.bridge == nil {
		if c.linkTo(n) == nil {
			c.addLink(l)
			l.note(func(h *history) { h.connected, h.named = true, true })
		}
		if r != nil {
			n.event("connect", c.id)
		}
		return nil
	}
	if err := c.host.labelled(func() error { return c.connect(r, l) }); err != nil {
		return err
	}
	n.event("connect", c.id)
	return nil
}

// newEth returns the name of the interface that a run gets next.
func (c *Container) newEth(r *run) string {
	if !c.host.engine.FreeEth() {
		return fmt.Sprintf("eth%d", r.nextEth)
	}
	for n := 0; ; n++ {
		name := fmt.Sprintf("eth%d", n)
		if !slices.ContainsFunc(c.live(), func(l *Link) bool { return l.endpoint().device == name }) {
			return name
		}
	}
}

// connect gives a run that is under way a further link, or leaves it as it was. The link is in
// the list from the beginning, since the election of the gateway and the resolver's scopes go
// by that; Inspect tells it as one without addresses until it has them.
func (c *Container) connect(r *run, l *Link) error {
	before := c.addLink(l)
	joined := false
	err := c.join(r, l, cmp.Or(l.asked.ifname, c.newEth(r)))
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
		c.leaveUnconnected(before, l)
		return err
	}
	l.note(func(h *history) { h.connected = true })
	return nil
}

// leaveUnconnected remembers what was asked for of a link of a container that ran and could not be
// connected, as dockerd does: Inspect tells it, and the next start tries it. What it remembers already
// stays.
func (c *Container) leaveUnconnected(before []*Link, l *Link) {
	if slices.ContainsFunc(before, func(o *Link) bool { return o.asked.network == l.asked.network }) {
		return
	}
	l.note(func(h *history) { h.connected, h.named, h.failed = true, true, true })
	c.setList(before)
	c.addLink(l)
}

// connectedTo returns the link to a network that the container is connected to, or will be when it starts.
func (c *Container) connectedTo(n *Network) *Link {
	l := c.linkTo(n)
	if l != nil && l.past().failed && c.running() != nil {
		return nil
	}
	return l
}

// checkConnect refuses what cannot be connected, in dockerd's order: what the network does not
// allow comes before what the container's other networks do not.
func (c *Container) checkConnect(n *Network, s *endpointSpec, opts []AttachOption) (*attachment, error) {
	const op = opConnect
	if err := cmp.Or(c.gone(op), c.host.checkHas(op, n)); err != nil {
		return nil, err
	}
	shared := newError(op, c.Name(), ErrConflict, c.host.says.ConnectShared)
	if c.config.joins() {
		return nil, shared
	}
	if err := s.apply(opts); err != nil {
		return nil, err
	}
	a, err := s.resolve(op, n)
	switch {
	case err != nil:
		return nil, c.host.endpointError(err)
	case n.name == hostNetwork && !c.config.onHost():
		return nil, newError(op, c.Name(), ErrConflict, c.host.says.ConnectHost)
	case n.name != hostNetwork && c.config.onHost():
		return nil, shared
	}
	if err := c.checkPrivate(op, n); err != nil {
		return nil, err
	}
	if err := n.errConfigOnly(op); c.running() != nil && err != nil {
		return nil, err
	}
	if c.running() != nil && c.connectedTo(n) != nil {
		return nil, errorf(op, c.Name(), ErrExists, c.host.says.EndpointExists, c.Name(), n.name)
	}
	return a, c.host.endpointError(a.checkRange(op))
}

// checkPrivate refuses a second network beside "none".
func (c *Container) checkPrivate(op string, n *Network) error {
	for _, o := range c.Networks() {
		if o != n && (n.name == noneNetwork || o.name == noneNetwork) {
			return newError(op, c.Name(), ErrConflict, c.host.says.ConnectPrivate)
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
	if err := c.host.daemonAway(op, c.Name()); err != nil {
		return err
	}
	switch {
	case c.removed:
		return errNoContainer(c.host.says, op, c.Name())
	case c.config.onHost() && n == c.config.network:
		return newError(op, c.Name(), ErrConflict, c.host.says.DisconnectHost)
	case n == nil || c.connectedTo(n) == nil:
		format := c.host.says.NotConnectedStopped
		if c.running() != nil {
			format = c.host.says.NotConnected
		}
		return c.errNotLinked(op, format, c.id, n)
	}
	l := c.linkTo(n)
	c.removeLink(l)
	defer n.event("disconnect", c.id)
	r := c.running()
	if r == nil || n.bridge == nil {
		return nil
	}
	c.host.labelled(func() error {
		c.leaveFiles(n, c.fullName(r.ns), l.endpoint().addrs()...)
		c.leave(r, l)
		c.reelect(r)
		return nil
	})
	if c.host.engine.DisconnectsTwice() {
		n.event("disconnect", c.id)
	}
	return nil
}
