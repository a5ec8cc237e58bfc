package sim

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"drydock/sim/dockerapi"
	"drydock/sim/internal/engine"
	"drydock/sim/internal/ports"
)

// Inspect returns what "docker inspect" tells.
func (c *Container) Inspect() dockerapi.Container {
	info := dockerapi.Container{
		ID: c.id, Created: c.created.UTC(), Args: []string{}, State: c.State(), RestartCount: c.restartCount(), Name: "/" + c.Name(),
		Image: c.config.imageID, Driver: graphDriver, Platform: "linux", GraphDriver: c.graphDriver(),
		ExecIDs: c.host.executions.of(c), HostConfig: c.hostConfig(), Mounts: []dockerapi.Mount{}, Config: c.containerConfig(), NetworkSettings: c.networkSettings(),
	}
	if name := c.host.engine.Release().Snapshotter; name != "" {
		info.Storage = &dockerapi.Storage{RootFS: dockerapi.RootStorage{Snapshot: dockerapi.Snapshot{Name: name}}}
		info.Driver, info.GraphDriver, info.ImageManifestDescriptor = name, dockerapi.GraphDriver{Name: name}, c.manifest()
	}
	info.State.StartedAt, info.State.FinishedAt = info.State.StartedAt.UTC(), info.State.FinishedAt.UTC()
	if cmd := c.config.argv(); len(cmd) > 0 {
		info.Path, info.Args = cmd[0], append(info.Args, cmd[1:]...)
	}
	c.setPaths(&info)
	return info
}

// manifest tells of the image where that has a manifest, whose ID is the image's, too.
func (c *Container) manifest() *dockerapi.Descriptor {
	if c.host.engine.Release().Snapshotter == "" || c.config.imageID == "" {
		return nil
	}
	return &dockerapi.Descriptor{
		MediaType: "application/vnd.oci.image.manifest.v1+json", Digest: c.config.imageID, Size: manifestSize,
		Platform: &dockerapi.Platform{Architecture: "amd64", OS: "linux"},
	}
}

// manifestSize is that of the manifest of an image of one layer, which is what images here are.
const manifestSize = 529

// graphDriver is what dockerd stores containers with.
const graphDriver = "overlay2"

// graphDriver tells where dockerd would have the layers: those that the container writes to, and
// below them an image of one.
func (c *Container) graphDriver() dockerapi.GraphDriver {
	dir := func(of string) string {
		return fmt.Sprintf("/var/lib/docker/overlay2/%x", sha256.Sum256([]byte("layer "+of)))
	}
	own := dir(c.id)
	g := dockerapi.GraphDriver{Name: graphDriver, Data: map[string]string{
		"LowerDir": own + "-init/diff:" + dir(c.config.imageID) + "/diff", "MergedDir": own + "/merged", "UpperDir": own + "/diff", "WorkDir": own + "/work",
	}}
	if c.host.engine.SeveralNetworks() { // since 28
		g.Data["ID"] = c.id
	}
	return g
}

// setPaths tells where dockerd has the container's files once it has made them: those for names
// with the first namespace, the others at the first start. Of a container in the namespace of
// another one names are the other one's.
func (c *Container) setPaths(info *dockerapi.Container) {
	dir := func(c *Container) string { return "/var/lib/docker/containers/" + c.id + "/" }
	names := c
	for names.config.joined != nil {
		names = names.config.joined
	}
	started := !info.State.StartedAt.IsZero()
	if started || info.NetworkSettings.SandboxID != "" {
		info.ResolvConfPath, info.HostsPath = dir(names)+"resolv.conf", dir(names)+"hosts"
	}
	if started {
		info.HostnamePath, info.LogPath = dir(names)+"hostname", dir(c)+c.id+"-json.log"
	}
}

// hostConfig is what was asked for of the container's place on the host. Lists that are empty
// are [] or null as dockerd has them: of DNS the former, of hosts and links the latter.
func (c *Container) hostConfig() dockerapi.HostConfig {
	cfg := &c.config
	byAlias := slices.SortedFunc(slices.Values(c.legacyLinks()), func(a, b link) int { return cmp.Compare(a.name, b.name) })
	hc := toldHostConfig(&cfg.askedHost, c.host.engine.MaskedPaths())
	hc.NetworkMode, hc.PortBindings = c.networkMode(), make(map[string][]dockerapi.PortBinding)
	hc.DNS, hc.DNSOptions, hc.DNSSearch = []string{}, append([]string{}, cfg.dnsOptions...), append([]string{}, cfg.dnsSearch...)
	hc.PublishAllPorts = cfg.publishAll
	for _, p := range cfg.published {
		hc.PortBindings[p.Port.String()] = append(hc.PortBindings[p.Port.String()], dockerapi.PortBinding{HostIP: addrString(p.Addr), HostPort: hostPorts(p)})
	}
	if c.host.engine.Release().Snapshotter != "" && len(cfg.dns) == 0 {
		hc.DNS = nil // so 29, of addresses that are no texts
	}
	for _, a := range cfg.dns {
		hc.DNS = append(hc.DNS, a.String())
	}
	for _, e := range cfg.extraHosts {
		hc.ExtraHosts = append(hc.ExtraHosts, e.spec)
	}
	for _, l := range byAlias {
		hc.Links = append(hc.Links, fmt.Sprintf("/%s:/%s/%s", l.target.Name(), c.Name(), l.name))
	}
	return hc
}

// networkMode is what was asked for, with the ID of a container that has the namespace.
func (c *Container) networkMode() string {
	switch other := c.config.joined; {
	case other != nil:
		return "container:" + other.id
	case c.config.absent != "":
		return "container:" + c.id
	}
	return c.config.mode
}

// containerConfig is what the image and the spec say of the container itself.
func (c *Container) containerConfig() dockerapi.Config {
	cfg := toldConfig(&c.config.asked)
	cfg.Hostname, cfg.Env, cfg.Image = c.configuredHostname(), c.envWithPath(), c.config.image.Name
	cfg.Entrypoint, cfg.Cmd = slices.Clone(c.config.entrypoint), slices.Clone(c.config.cmd)
	if l := c.linkTo(c.network()); l != nil && l.asked.mac != nil && c.host.engine.SeveralNetworks() {
		cfg.MacAddress = l.asked.mac.String()
	}
	exposed := c.exposed()
	if len(exposed) > 0 {
		cfg.ExposedPorts = make(map[string]struct{})
	}
	for _, p := range exposed {
		cfg.ExposedPorts[p.String()] = struct{}{}
	}
	return cfg
}

// envWithPath returns the environment with a PATH, which all images that Docker builds or
// imports have, before what else the image has.
func (c *Container) envWithPath() []string {
	if engine.HasEnv(c.config.env, "PATH") {
		return slices.Clone(c.config.env)
	}
	ofImage := len(c.config.env)
	for _, v := range slices.Backward(c.config.image.Env) {
		if ofImage > 0 && c.config.env[ofImage-1] == v {
			ofImage--
		}
	}
	return slices.Insert(slices.Clone(c.config.env), ofImage, c.host.engine.DefaultPath())
}

// configuredHostname is the hostname that the container has or will have. In the
// namespace of another one it is noted at the first start.
func (c *Container) configuredHostname() string {
	switch other := c.config.joined; {
	case c.config.hostname != "":
		return c.config.hostname
	case other != nil && !c.State().StartedAt.IsZero():
		return other.configuredHostname()
	case c.config.onHost():
		return c.host.Name()
	}
	return c.id[:12]
}

// networkSettings is the container's part of its networks. A stopped container keeps what it is
// connected to and loses addresses and the endpoint's ID, which the next start makes anew.
func (c *Container) networkSettings() dockerapi.NetworkSettings {
	sandbox, r := c.lastSandbox()
	if r == nil && !c.host.engine.KeepsSandbox() {
		sandbox.id, sandbox.key = "", ""
	}
	s := dockerapi.NetworkSettings{
		SandboxID: sandbox.id, SandboxKey: sandbox.key, Ports: c.portMap(r),
		Networks: make(map[string]dockerapi.EndpointSettings),
	}
	for _, l := range c.list() {
		e := c.endpointSettings(l)
		switch n := l.asked.network; {
		case r == nil:
		case n.bridge == nil:
			e.EndpointID = sandbox.endpoint
		default:
			fillIn(&e, n.config(), l.endpoint())
		}
		s.Networks[l.asked.network.name] = e
	}
	c.tellLate(s.Networks)
	copyDefault(&s, s.Networks[bridgeNetwork])
	return s
}

// copyDefault adds what Docker keeps outside of Networks.
func copyDefault(s *dockerapi.NetworkSettings, e dockerapi.EndpointSettings) {
	s.EndpointID, s.MacAddress = e.EndpointID, e.MacAddress
	s.Gateway, s.IPAddress, s.IPPrefixLen = e.Gateway, e.IPAddress, e.IPPrefixLen
	s.IPv6Gateway, s.GlobalIPv6Address, s.GlobalIPv6PrefixLen = e.IPv6Gateway, e.GlobalIPv6Address, e.GlobalIPv6PrefixLen
}

// endpointSettings returns what is known of a link without its interface.
func (c *Container) endpointSettings(l *Link) dockerapi.EndpointSettings {
	a, past := &l.asked, l.past()
	e := dockerapi.EndpointSettings{
		EndpointConfig: dockerapi.EndpointConfig{Aliases: slices.Clone(a.aliases), GwPriority: a.gwPriority}, DriverOpts: maps.Clone(a.driverOpts),
	}
	if a.addr.IsValid() || a.addr6.IsValid() || past.connected {
		e.IPAMConfig = &dockerapi.EndpointIPAMConfig{IPv4Address: addrString(a.addr), IPv6Address: addrString(a.addr6)}
	}
	if past.connected {
		e.DriverOpts, e.Aliases = cloneMap(a.driverOpts), append([]string{}, a.aliases...)
	}
	for _, l := range a.links {
		if l.Alias == l.Target {
			e.Links = append(e.Links, l.Target)
		} else {
			e.Links = append(e.Links, l.Target+":"+l.Alias)
		}
	}
	if past.joined {
		e.NetworkID = a.network.ID()
	}
	if !past.named || a.network.predefined() {
		return e
	}
	if e.DNSNames = c.host.engine.DNSNames(c.Name(), a.aliases, c.id, c.config.hostname); e.DNSNames == nil {
		for _, name := range c.aliases(a)[len(a.aliases):] {
			if !slices.Contains(e.Aliases, name) {
				e.Aliases = append(e.Aliases, name)
			}
		}
	}
	return e
}

// fillIn adds what an interface has; a stopped container and one that is being connected
// have none.
func fillIn(e *dockerapi.EndpointSettings, cfg *networkConfig, ep *endpoint) {
	if ep == nil {
		return
	}
	e.EndpointID, e.MacAddress = ep.id, ep.mac.String()
	if ep.addr.IsValid() {
		e.Gateway, e.IPAddress, e.IPPrefixLen = addrString(cfg.v4.router()), ep.addr.String(), cfg.v4.subnet.Bits()
	}
	if ep.addr6.IsValid() {
		e.IPv6Gateway, e.GlobalIPv6Address, e.GlobalIPv6PrefixLen = addrString(cfg.v6.gateway), ep.addr6.String(), cfg.v6.subnet.Bits()
	}
}

// openPorts returns the exposed ports of a run, also those that are published, and the
// bindings. Without a run, and where there is nothing to publish on, there are none.
func (c *Container) openPorts(r *run) (exposed []ports.Port, bindings []ports.Binding) {
	if r == nil {
		return nil, nil
	}
	if list := c.live(); len(list) == 0 || list[0].asked.network.config().internal && !c.host.engine.ExposesInside() {
		return nil, nil
	}
	exposed = c.exposed()
	for _, p := range r.ports() {
		bindings = append(bindings, p.binding)
	}
	return exposed, bindings
}

// portMap is openPorts by port; those that are not published have no bindings.
func (c *Container) portMap(r *run) map[string][]dockerapi.PortBinding {
	m := make(map[string][]dockerapi.PortBinding)
	exposed, bindings := c.openPorts(r)
	for _, p := range exposed {
		m[p.String()] = nil
	}
	for _, b := range bindings {
		at := dockerapi.PortBinding{HostIP: b.HostAddr.String()}
		if b.HostPort != 0 { // it is not routed
			at.HostPort = fmt.Sprint(b.HostPort)
		}
		m[b.Port.String()] = append(m[b.Port.String()], at)
	}
	return m
}

// addrString returns "" for the zero Addr.
func addrString(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}
