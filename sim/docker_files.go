package sim

import (
	"net/netip"

	"drydock/sim/internal/engine"
	"drydock/sim/internal/files"
)

// dockerFiles are the files that dockerd keeps for a container and mounts in it, from its first
// start on. Containers of WithNetworkOf have those of the other one. All writing is done by
// the holder of the container's life, but for what programs write.
type dockerFiles struct {
	hosts, resolvConf, hostname *files.File

	// Belong to the holder of life: resolv.conf as dockerd wrote it last, and what it was made
	// of at the start.
	written string
	made    engine.ResolvConf
}

func newDockerFiles() *dockerFiles {
	return &dockerFiles{
		hosts: files.NewFile(0o644, mountedMax), resolvConf: files.NewFile(0o644, mountedMax), hostname: files.NewFile(0o644, mountedMax),
	}
}

// read is how names reads the files.
func (d *dockerFiles) read(path string) string {
	switch path {
	case hostsPath:
		return d.hosts.String()
	case resolvConfPath:
		return d.resolvConf.String()
	}
	return ""
}

// setText writes a file.
func setText(f *files.File, text string) { f.Edit(func(string) string { return text }) }

// writeDockerFiles writes the files of a container that starts, in a namespace.
func (c *Container) writeDockerFiles(ns *namespace) *dockerFiles {
	if c.config.joined != nil {
		d := c.config.joined.docker.Load()
		c.docker.Store(d)
		return d
	}
	d := c.docker.Load()
	if d == nil {
		d = newDockerFiles()
	}
	setText(d.hostname, c.hostname(ns)+"\n")
	if c.config.onHost() && len(c.config.extraHosts) == 0 {
		setText(d.hosts, text(c.host.files, hostsPath))
	} else {
		setText(d.hosts, c.host.engine.Hosts(engine.Hosts{Extra: c.extraHosts(), Links: c.linkedHosts(), Only4: ns.never6}))
	}
	d.made = c.resolvConf()
	d.written = c.host.engine.ResolvConf(d.made)
	setText(d.resolvConf, d.written)
	c.docker.Store(d)
	return d
}

// extraHosts are the lines of --add-host.
func (c *Container) extraHosts() (list []engine.Host) {
	for _, x := range c.config.extraHosts {
		list = append(list, engine.Host{Addr: x.addr, Name: x.name})
		if x.addr6.IsValid() {
			list = append(list, engine.Host{Addr: x.addr6, Name: x.name})
		}
	}
	return list
}

// linkedHosts are the lines of links. A target that does not run has none: the start fails
// because of it when the networks are joined.
func (c *Container) linkedHosts() (list []engine.LinkedHost) {
	for _, l := range c.legacyLinks() {
		if target := l.target.on(c.network()); target != nil && c.linkTo(c.network()) != nil {
			list = append(list, engine.LinkedHost{Addrs: target.addrs(), Alias: l.alias, Hostname: l.target.ownHostname(), Name: l.target.Name()})
		}
	}
	return list
}

// givenDNS reports whether resolv.conf is made of what was given for the container or to dockerd.
func (c *Container) givenDNS() bool {
	d := c.askedDNS()
	return len(d.Nameservers)+len(d.Search)+len(d.Options) > 0
}

// resolvConf is what the container's resolv.conf is made of.
func (c *Container) resolvConf() engine.ResolvConf {
	r := c.askedDNS()
	r.Host, r.Systemd = text(c.host.files, resolvConfPath), text(c.host.files, systemdResolvConfPath)
	r.OnHost, r.Alone = c.config.onHost(), len(c.list()) == 0
	return r
}

// askedDNS is what the container was given, and of what it was not what dockerd was.
func (c *Container) askedDNS() engine.ResolvConf {
	r := engine.ResolvConf{Nameservers: c.config.dns, Search: c.config.dnsSearch, Options: c.config.dnsOptions}
	d := c.host.dockerd()
	if len(r.Nameservers) == 0 {
		r.Nameservers = d.dns
	}
	if len(r.Search) == 0 {
		r.Search = d.dnsSearch
	}
	if len(r.Options) == 0 {
		r.Options = d.dnsOptions
	}
	return r
}

// joinFiles edits the files of a container that joins a network, which may be one without a
// bridge. Like dockerd it leaves a resolv.conf alone that others have changed.
func (c *Container) joinFiles(n *Network, hostname string, addrs ...netip.Addr) {
	d := c.docker.Load()
	d.hosts.Edit(func(text string) string { return c.host.engine.JoinHosts(text, ownHosts(hostname, addrs)...) })
	if d.made.Alone {
		d.made.Alone = false
		d.rewrite(func(string) string { return c.host.engine.ResolvConf(d.made) })
	}
	if !c.givenDNS() {
		d.rewrite(func(text string) string { return c.host.engine.JoinResolvConf(text, n.config().v6.subnet.IsValid()) })
	}
}

// rewrite changes resolv.conf if nobody else has changed it.
func (d *dockerFiles) rewrite(change func(text string) string) {
	d.resolvConf.Edit(func(text string) string {
		if text == d.written {
			d.written = change(text)
			return d.written
		}
		return text
	})
}

// ownHosts are the lines of a container's own name.
func ownHosts(hostname string, addrs []netip.Addr) (own []engine.Host) {
	for _, a := range addrs {
		own = append(own, engine.Host{Addr: a, Name: hostname})
	}
	return own
}

// leaveFiles edits /etc/hosts of a container that leaves a network, while the network still
// knows its names.
func (c *Container) leaveFiles(n *Network, hostname string, addrs ...netip.Addr) {
	var known func(string) bool
	if n.zone != nil {
		known = n.zone.Has
	}
	c.docker.Load().hosts.Edit(func(text string) string {
		return c.host.engine.LeaveHosts(text, c.Name(), ownHosts(hostname, addrs), known)
	})
}

// embedResolver has resolv.conf lead to the embedded resolver. It returns the text before, and
// whom the resolver asks.
func (c *Container) embedResolver() (before string, upstreams []engine.Upstream) {
	d := c.docker.Load()
	d.resolvConf.Edit(func(text string) string {
		before = text
		return c.host.engine.EmbeddedResolvConf(d.made, text, text != d.written)
	})
	return before, c.host.engine.Upstreams(d.made, before)
}
