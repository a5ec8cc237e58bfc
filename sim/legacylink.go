package sim

import (
	"slices"
	"strings"

	"drydock/sim/internal/engine"
	"drydock/sim/internal/linkenv"
	"drydock/sim/internal/ports"
)

// A link is what --link asks for on the default bridge.
type link struct {
	target *Container
	name   string // as it was asked for: the link's is "/client/name"
	alias  string // what is behind its last slash, which the hosts file has
}

// link writes the variables of the links of a container that starts, and whom they lead to. The
// target must be on the network, also one that it was connected to, and run, as its address is
// written down; what it exposes is taken as it was made, whether something listens or not.
func (c *Container) link(r *run) error {
	own := c.linkTo(c.network())
	if own == nil || own.endpoint() == nil {
		return nil
	}
	r.linkRules = nil
	links, err := c.lookAtLinks("start container", func(l link, to *endpoint) {
		r.linkRules = append(r.linkRules, linkRules{target: l.target, to: to})
	})
	r.links.Store(&links)
	return err
}

// lookAtLinks returns the variables of the links as their targets are now, and shows where they lead.
func (c *Container) lookAtLinks(op string, show func(l link, to *endpoint)) (links []linkenv.Link, err error) {
	n := c.network()
	for _, l := range c.legacyLinks() {
		if l.target.linkTo(n) == nil {
			return links, errorf(op, c.Name(), ErrConflict, c.host.says.LinkNetwork, l.target.Name(), l.target.id)
		}
		target := l.target.on(n)
		if target == nil {
			return links, errorf(op, c.Name(), ErrNotRunning, c.host.says.LinkNotRunning, l.target.Name(), c.Name(), l.name)
		}
		links = append(links, c.linkVars(l, target))
		show(l, target)
	}
	return links, nil
}

// linksNow are what the links tell a program that is started later than the main one. Dockerd starts
// none while a target is down, also since 28, when there are no variables. A container that has left
// the network has no links.
func (c *Container) linksNow(op string) ([]linkenv.Link, error) {
	if own := c.linkTo(c.network()); own == nil || own.endpoint() == nil {
		return nil, nil
	}
	return c.lookAtLinks(op, func(link, *endpoint) {})
}

// openLinks adds the rules of a run's links when l, on the default bridge, becomes the gateway: at
// the start, and when the container is connected to it again. dockerd looks for the endpoints that the
// links led to at the start, and does not connect a container if one is gone.
func (c *Container) openLinks(r *run, l *Link) error {
	n := c.network()
	if l == nil || l.endpoint() == nil || l.asked.network != n || n.forEngine().ICC {
		return nil
	}
	for i := range r.linkRules {
		to := &r.linkRules[i]
		if to.gone(n) {
			return errorf("start container", c.Name(), ErrConflict, c.host.says.Publish, c.Name(), l.endpoint().id, "invalid endpoint id: "+to.to.id)
		}
		added, err := c.host.firewall().ensure(c.host.engine.LinkRules(n.forEngine(), l.endpoint().addr, to.to.addr, to.target.exposed()))
		to.rules = append(to.rules, added...)
		if err != nil {
			return errFirewall("start container", c.Name(), c.host.says.LinkRules, err)
		}
	}
	return nil
}

// linkRules are the rules of one link, as the commands that added them, and whom they lead to.
type linkRules struct {
	target *Container
	to     *endpoint
	rules  []string
}

// gone reports whether the target has left or has come again.
func (l *linkRules) gone(n *Network) bool {
	now := l.target.linkTo(n)
	return now == nil || now.endpoint() != l.to
}

// unlink deletes the rules of a run's links. dockerd looks for the endpoints that they lead to: at
// the first that is gone, since its container has stopped or restarted, it gives up. The rules of
// that link and of those behind it stay for ever, and whoever is given both addresses may use them.
func (c *Container) unlink(r *run) {
	for i := range r.linkRules {
		l := &r.linkRules[i]
		if l.gone(c.network()) {
			break
		}
		c.host.firewall().delete(l.rules)
		l.rules = nil
	}
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
		if r == nil {
			continue
		}
		links := r.linkVars()
		for i, l := range o.legacyLinks() {
			target := l.target.on(o.network())
			if target == nil || o == c && (i >= len(links) || links[i].Addr == target.addr) || o != c && l.target != c {
				continue
			}
			o.docker.Load().hosts.Edit(func(text string) string { return c.host.engine.MoveHosts(text, l.alias, target.addr) })
		}
	}
}

// linkVars returns what the link tells a container of its target.
func (c *Container) linkVars(l link, target *endpoint) linkenv.Link {
	return linkenv.Link{Client: c.Name(), Alias: l.name, Addr: target.addr, Ports: l.target.exposed(), Env: l.target.config.env}
}

// legacyLinks are the links of the default bridge that the container has.
func (c *Container) legacyLinks() []link {
	if list := c.linked.Load(); list != nil {
		return *list
	}
	return nil
}

// linkVars are what the links of a run tell its programs.
func (r *run) linkVars() []linkenv.Link {
	if list := r.links.Load(); list != nil {
		return *list
	}
	return nil
}

// RemoveLink removes a link of the default bridge, "client/alias": "docker rm --link". In a client
// that runs /etc/hosts is written anew, and commands that are started do not have the variables of
// the link any more.
func (h *Host) RemoveLink(name string) error {
	const op = "remove link"
	if err := h.away(op, name); err != nil {
		return err
	}
	owner, alias, _ := strings.Cut(strings.TrimPrefix(name, "/"), "/")
	c, ok := h.Container(owner)
	if !ok {
		return errNoContainer(h.says, op, name)
	}
	defer c.change()()
	list := c.legacyLinks()
	i := slices.IndexFunc(list, func(l link) bool { return l.name == alias })
	if i < 0 {
		return errNoContainer(h.says, op, name)
	}
	target, rest := list[i].target, slices.Delete(slices.Clone(list), i, i+1)
	h.mu.Lock()
	c.linked.Store(&rest)
	if !slices.ContainsFunc(rest, func(l link) bool { return l.target == target }) {
		target.linkers = slices.DeleteFunc(target.linkers, func(o *Container) bool { return o == c })
	}
	h.mu.Unlock()
	if r := c.running(); r != nil {
		c.refresh(r)
	}
	return nil
}

// refresh has a run forget the links that are no more. As dockerd it writes /etc/hosts and the
// rules of all links anew; a target that does not run has none then.
func (c *Container) refresh(r *run) {
	c.unlink(r)
	err := c.link(r)
	if err == nil {
		err = c.openLinks(r, c.linkTo(c.network()))
	}
	if err != nil {
		c.host.log.Warn("links are not renewed", "container", c.Name(), "error", err)
	}
	text := c.host.engine.Hosts(engine.Hosts{Extra: c.extraHosts(), Links: c.linkedHosts()})
	for _, l := range c.live() {
		text = c.host.engine.JoinHosts(text, ownHosts(c.fullName(r.ns), l.endpoint().addrs())...)
	}
	setText(c.docker.Load().hosts, text)
}
