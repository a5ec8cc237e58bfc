package sim

import (
	"slices"

	"drydock/sim/internal/linkenv"
	"drydock/sim/internal/ports"
)

// A link is what --link asks for on the default bridge.
type link struct {
	target *Container
	alias  string
}

// link writes the variables and rules of the links of a container that starts. The
// target must run, as its address is written down; what it exposes is taken as it was made,
// whether something listens or not.
func (c *Container) link(r *run) error {
	own := c.linkTo(c.network())
	if own == nil || own.endpoint() == nil {
		return nil
	}
	n, ep := c.network(), own.endpoint()
	for _, l := range c.config.links {
		target := l.target.on(n)
		if target == nil {
			return errorf("start container", c.Name(), ErrNotRunning, c.host.says.LinkNotRunning, l.target.Name(), c.Name(), l.alias)
		}
		r.links = append(r.links, c.linkVars(l, target))
		added, err := c.host.firewall.ensure(c.host.engine.LinkRules(n.forEngine(), ep.addr, target.addr, l.target.exposed()))
		r.linkRules = append(r.linkRules, added...)
		if err != nil {
			return errFirewall("start container", c.Name(), c.host.says.LinkRules, err)
		}
	}
	return nil
}

// exposed returns the ports that the container exposes or publishes, in the order of rules.
func (c *Container) exposed() []ports.Port {
	_, exposed := c.host.engine.Plan(c.config.published, c.config.exposed, false)
	return exposed
}

// linkedBy returns the containers that have links of the default bridge to c.
func (c *Container) linkedBy() []*Container {
	c.host.mu.Lock()
	defer c.host.mu.Unlock()
	return slices.Clone(c.linkers)
}

// relink gives the linkers of a container that has started its address, and it the
// addresses of those it links to, which may have started meanwhile. Like dockerd it
// leaves the rules as they are.
func (c *Container) relink() {
	for _, o := range append(c.linkedBy(), c) {
		r := o.running()
		for i, l := range o.config.links {
			target := l.target.on(o.network())
			if r == nil || target == nil || o == c && (i >= len(r.links) || r.links[i].Addr == target.addr) || o != c && l.target != c {
				continue
			}
			o.docker.Load().hosts.Edit(func(text string) string { return c.host.engine.MoveHosts(text, l.alias, target.addr) })
		}
	}
}

// linkVars returns what the link tells a container of its target.
func (c *Container) linkVars(l link, target *endpoint) linkenv.Link {
	return linkenv.Link{Client: c.Name(), Alias: l.alias, Addr: target.addr, Ports: l.target.exposed(), Env: l.target.config.env}
}
