package sim

import (
	"context"
	"slices"
	"strings"

	"drydock/dnsd"
	"drydock/sim/internal/engine"
	"drydock/sim/internal/netstack"
)

// startDNS gives a run the embedded resolver, when it first joins a network that has
// one. It stays until the container stops.
func (c *Container) startDNS(r *run) (err error) {
	if r.dns != nil {
		return nil
	}
	before, upstreams := c.embedResolver()
	d := &nameserver{sockets: r.ns.stack.ShareAs("", netstack.Program{PIDs: &c.host.work.processes, Name: dockerd}), space: r.ns}
	var ctx context.Context
	ctx, d.end = context.WithCancel(context.Background())
	seed := c.host.random.seedOf("dns " + c.id)
	forwarding := c.host.engine.Forwarding(c.docker.Load().made, before)
	way := func() bool { return !forwarding.NeedsGateway || c.hasGateway() }
	opts := []dnsd.Option{dnsd.WithSeed(seed), d.forwardTo(c.host.resolver, upstreams, way)}
	if forwarding.Failures {
		opts = append(opts, dnsd.AnswerFailures())
	}
	if forwarding.KeepSingleLabels {
		opts = append(opts, dnsd.KeepSingleLabels())
	}
	if forwarding.FirstReply {
		opts = append(opts, dnsd.TakeFirstReply())
	}
	d.forwarding = c.forwarding(r, upstreams, forwarding)
	d.resolver, err = dnsd.New(opts...)
	if err == nil {
		err = d.serve(ctx, c.host.noteQuestions(c.Name, c.host.wrapped(d.resolver)))
	}
	if err != nil {
		d.end()
		d.sockets.Leave(true)
		return err
	}
	r.dns = d
	r.ns.resolver.Store(d)
	return nil
}

// hasGateway reports whether a network of the container leads to others.
func (c *Container) hasGateway() bool {
	return slices.ContainsFunc(c.live(), func(l *Link) bool { return !l.asked.network.config().internal })
}

// forwarding returns where the resolver of a run asks, for Explain.
func (c *Container) forwarding(r *run, upstreams []engine.Upstream, how engine.Forwarding) forwarding {
	f := forwarding{own: c.host.wrapDNS != nil}
	f.nobody = func(name string) bool {
		return how.NeedsGateway && !c.hasGateway() || how.KeepSingleLabels && !strings.Contains(strings.TrimSuffix(name, "."), ".")
	}
	for _, u := range upstreams {
		from := r.ns
		if u.OnHost {
			from = c.host.own
		}
		f.servers = append(f.servers, asked{u.Addr, from})
	}
	return f
}

// setScopes tells the resolver of a run which networks it is on, in the order of
// their priority.
func (c *Container) setScopes(r *run) {
	if r.dns == nil {
		return
	}
	var scopes []dnsd.Scope
	for _, l := range c.live() {
		if zone := l.asked.network.zone; zone != nil {
			scopes = append(scopes, dnsd.Scope{Zone: zone, Links: l.asked.links})
		}
	}
	r.dns.resolver.SetScopes(scopes...)
}

// register gives a container that has joined a network its names there. The resolver is
// started first, since it is told the scopes, and only where a network has names: on docker0
// alone there is none, as with Docker.
func (c *Container) register(r *run, l *Link) error {
	c.joinFiles(l.asked.network, c.fullName(r.ns), l.endpoint().addrs()...)
	if l.asked.network.zone != nil {
		if err := c.startDNS(r); err != nil {
			return err
		}
		if err := c.announce(l); err != nil {
			return err
		}
		c.setScopes(r)
	}
	return nil
}

// announce makes the container's present names known to a network that has names. A name that
// was made up is none of them: as with dockerd the first alias stands for it.
func (c *Container) announce(l *Link) error {
	zone := l.asked.network.zone
	if zone == nil {
		return nil
	}
	name, aliases := c.Name(), c.aliases(&l.asked)
	if c.anonymous {
		name = aliases[0] // the short ID at the latest
	}
	return zone.Set(c.id, dnsd.Host{Name: name, Aliases: aliases, Addrs: l.endpoint().addrs()})
}

// aliases are the further names of a container on a network.
func (c *Container) aliases(a *attachment) []string {
	return c.host.engine.Aliases(a.aliases, c.id, c.config.hostname)
}
