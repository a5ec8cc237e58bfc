package sim

import (
	"net/netip"
	"slices"

	"drydock/sim/internal/engine"
)

// gateways are the links of a run that have the default routes, and the ports that are published on
// addresses of their family. Before release 28 that is one.
type gateways struct{ v4, v6 *Link } // nil: none

func (g gateways) has(l *Link) bool { return g.v4 == l || g.v6 == l }

func (g gateways) without(l *Link) gateways {
	if g.v4 == l {
		g.v4 = nil
	}
	if g.v6 == l {
		g.v6 = nil
	}
	return g
}

// list returns those that there are.
func (g gateways) list() (list []*Link) {
	for _, l := range []*Link{g.v4, g.v6} {
		if l != nil && !slices.Contains(list, l) {
			list = append(list, l)
		}
	}
	return list
}

// served returns what a link is the gateway of.
func (g gateways) served(l *Link) engine.Served {
	return engine.Served{V4: g.v4 == l, V6: g.v6 == l, Proxied: g.v4 == l && g.v6 == nil}
}

// nextGateways returns those that the links, as they are, would have.
func (c *Container) nextGateways() (g gateways) {
	links := c.live()
	networks := make([]engine.Network, len(links))
	for i, l := range links {
		networks[i] = l.forEngine()
	}
	v4, v6 := c.host.engine.Gateways(networks)
	if v4 >= 0 {
		g.v4 = links[v4]
	}
	if v6 >= 0 {
		g.v6 = links[v6]
	}
	return g
}

// elect gives the default routes and the published ports to the networks that come
// first. Ports leave the old gateway before they are published on the new one, on the same
// ports of the host; if that fails they are nowhere, as with dockerd.
func (c *Container) elect(r *run) error {
	old, next := r.gateways, c.nextGateways()
	if next == old {
		return nil
	}
	for _, l := range old.list() {
		if l.endpoint() != nil && old.served(l) != next.served(l) {
			c.revoke(r, l)
		}
	}
	r.gateways = next
	r.setDefaults(next)
	elected := slices.DeleteFunc(next.list(), func(l *Link) bool { return old.has(l) && old.served(l) == next.served(l) })
	for i, l := range elected {
		if err := c.publish(r, l, next.served(l)); err != nil {
			for _, unserved := range elected[i:] {
				r.gateways = r.gateways.without(unserved)
			}
			return err
		}
		if err := c.openLinks(r, l); err != nil {
			return err
		}
	}
	return nil
}

// publish publishes the ports of the container that a gateway has.
func (c *Container) publish(r *run, l *Link, to engine.Served) error {
	n := l.asked.network
	if n.config().internal {
		return nil
	}
	plan, _ := c.host.engine.Plan(c.config.published, c.config.exposed, c.config.publishAll)
	list, err := c.host.ports.publish(n.forEngine(), l.endpoint(), to, plan)
	if err != nil {
		return errPublish(c.host.says, c.Name(), l.endpoint().id, err)
	}
	r.setPorts(append(r.ports(), list...))
	return nil
}

// revoke takes the published ports from a gateway.
func (c *Container) revoke(r *run, l *Link) {
	var others, own []*publishedPort
	for _, p := range r.ports() {
		if p.endpoint == l.endpoint() {
			own = append(own, p)
		} else {
			others = append(others, p)
		}
	}
	r.setPorts(others)
	c.host.ports.revoke(l.endpoint(), own)
}

// reelect is elect where there is no way back: what cannot be published is logged.
func (c *Container) reelect(r *run) {
	if err := c.elect(r); err != nil {
		c.host.log.Error("ports are no longer published", "container", c.Name(), "error", err)
	}
}

// setDefaults makes the gateways of networks those of the namespace.
func (r *run) setDefaults(g gateways) {
	via := func(l *Link, any netip.Addr, router func(cfg *networkConfig, ep *endpoint) netip.Addr) {
		if l != nil {
			ep := l.endpoint()
			if a := router(l.asked.network.config(), ep); a.IsValid() {
				r.ns.stack.SetDefault(ep.index, a)
				return
			}
		}
		r.ns.stack.DelRoute(netip.PrefixFrom(any, 0))
	}
	via(g.v4, netip.IPv4Unspecified(), func(cfg *networkConfig, _ *endpoint) netip.Addr { return cfg.v4.router() })
	via(g.v6, netip.IPv6Unspecified(), func(cfg *networkConfig, ep *endpoint) netip.Addr {
		if !ep.addr6.IsValid() {
			return netip.Addr{}
		}
		return cfg.v6.router()
	})
}
