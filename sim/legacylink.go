package sim

import (
	"slices"
	"strings"
	"unicode"

	"drydock/sim/internal/ports"
)

// A link is what --link asks for.
type link struct {
	target *Container
	name   string // of target when it was asked for
	alias  string
}

func newLink(h *Host, op string, target *Container, alias string) (link, error) {
	if target == nil || target.host != h {
		name := "nil"
		if target != nil {
			name = target.Name()
		}
		return link{}, errorf(op, name, ErrNotFound, "could not get container for %s: No such container: %s", name, name)
	}
	l := link{target, target.Name(), alias}
	if alias == "" {
		l.alias = l.name
	}
	if strings.ContainsFunc(l.alias, unicode.IsSpace) {
		return link{}, errorf(op, alias, ErrName, "invalid alias %q", alias)
	}
	return l, nil
}

// WithLink makes the container know another one by an alias without white space, by its
// name if alias is empty: --link. On the default bridge that is a line in /etc/hosts,
// which follows the target when that restarts, and variables in the environment (Env),
// which do not. Where that has no ICC the ports that the target exposes (WithExpose,
// WithPublish) are opened for this container. The target must be running whenever this
// one starts. On networks of one's own the alias is a name that the embedded resolver
// knows for this container alone, whether the target runs or not. Of several links with
// one alias the first counts on the default bridge, the last on networks of one's own.
func WithLink(target *Container, alias string) ContainerOption {
	return func(h *Host, c *containerConfig) error {
		l, err := newLink(h, "create container", target, alias)
		c.links = append(c.links, l)
		return err
	}
}

// WithNetworkLink is WithLink for one network of one's own: the --link of "docker
// network connect".
func WithNetworkLink(target *Container, alias string) AttachOption {
	return func(a *attachment) error {
		const op = "connect container"
		if a.network.predefined() {
			return errorf(op, a.network.name, ErrConflict, "links are only supported for user-defined networks.")
		}
		l, err := newLink(a.network.host, op, target, alias)
		a.links = append(a.links, l)
		return err
	}
}

// checkLinks refuses links that cannot be, and drops those that do not count. On
// networks of one's own they are names for the embedded resolver.
func (c *Container) checkLinks() error {
	const op = "create container"
	if len(c.config.links) == 0 {
		return nil
	}
	switch n := c.config.network; {
	case n == nil || n.bridge == nil:
		return errorf(op, c.Name(), ErrConflict, "links are only supported for user-defined networks.")
	case n.name != bridgeNetwork:
		a := &c.config.attachment
		a.links, c.config.links = append(a.links, c.config.links...), nil
		return nil
	}
	for _, l := range c.config.links {
		switch n := l.target.config.network; {
		case n != nil && n.name == hostNetwork:
			return errorf(op, c.Name(), ErrConflict,
				"conflicting options: host type networking can't be used with links. This would result in undefined behavior")
		case n != c.config.network:
			return errorf(op, c.Name(), ErrConflict, "Cannot link to /%s, as it does not belong to the default network", l.target.Name())
		}
	}
	c.config.links = firstOfAlias(c.config.links)
	return nil
}

// firstOfAlias returns the links that count on the default bridge.
func firstOfAlias(links []link) (first []link) {
	for _, l := range links {
		if !slices.ContainsFunc(first, func(o link) bool { return o.alias == l.alias }) {
			first = append(first, l)
		}
	}
	return first
}

// link writes the lines, variables and rules of the links of a container that starts.
func (c *Container) link(r *run) error {
	own := c.linkTo(c.config.network)
	if own == nil || own.endpoint() == nil {
		return nil
	}
	n, ep := c.config.network, own.endpoint()
	for _, l := range c.config.links {
		target := l.target.on(n)
		if target == nil {
			return errorf("start container", c.Name(), ErrNotRunning,
				"Cannot link to a non running container: /%s AS /%s/%s", l.target.Name(), c.Name(), l.alias)
		}
		r.ns.names.hosts.setLink(target.addr, l.alias, l.names())
		r.links = append(r.links, c.linkVars(l, target))
		for _, rule := range c.host.engine.LinkRules(n.forEngine(), ep.addr, target.addr, l.target.exposed()) {
			if err := c.host.ensure(rule); err != nil {
				return errFirewall("start container", c.Name(), "Unable to link", err)
			}
			r.linkRules = append(r.linkRules, rule)
		}
	}
	return nil
}

// names are the names of the target in /etc/hosts, behind the alias.
func (l link) names() string {
	names := l.target.id[:12]
	if l.alias != l.target.Name() {
		names += " " + l.target.Name()
	}
	return names
}

// exposed returns the ports that the container exposes or publishes, in the order of rules.
func (c *Container) exposed() []ports.Port {
	_, exposed := c.host.engine.Plan(c.config.published, c.config.exposed, false)
	return exposed
}

// relink gives the linkers of a container that has started its address, and it the
// addresses of those it links to, which may have started meanwhile. Like dockerd it
// leaves the rules as they are.
func (c *Container) relink() {
	for o := range c.host.Containers() {
		for _, l := range o.config.links {
			if o != c && l.target != c {
				continue
			}
			if r, target := o.running(), l.target.on(o.config.network); r != nil && target != nil {
				r.ns.names.hosts.moveLink(target.addr, l.alias)
			}
		}
	}
}
