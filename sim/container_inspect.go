package sim

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"drydock/sim/internal/ports"
)

// A ContainerInfo is what "docker inspect" tells of a container, but for what an
// emulated network has none of: files, volumes, security, limits and the image's ID. It
// marshals to Docker's JSON.
type ContainerInfo struct {
	ID              string `json:"Id"`
	Created         time.Time
	Path            string // Image.Cmd is Path and Args
	Args            []string
	State           State
	Name            string // "/web"
	HostConfig      HostConfig
	Config          ContainerConfig
	NetworkSettings NetworkSettings
}

// A HostConfig is what was asked for of the container's place on the host.
type HostConfig struct {
	NetworkMode     string                   // "default", the name of a network or "container:" and an ID
	PortBindings    map[string][]HostBinding // by port: "80/tcp"
	DNS             []string                 `json:"Dns"`
	DNSOptions      []string                 `json:"DnsOptions"`
	DNSSearch       []string                 `json:"DnsSearch"`
	ExtraHosts      []string                 // "name:address"
	Links           []string                 // of the default bridge, by alias: "/db:/web/alias"
	PublishAllPorts bool
}

// A HostBinding is where on the host a port of a container is published or is asked to be.
type HostBinding struct {
	HostIP   string `json:"HostIp"` // empty: all addresses
	HostPort string // empty: an ephemeral one; also a range when it is asked for
}

// A ContainerConfig is what the image and the options say of the container itself.
type ContainerConfig struct {
	Hostname     string
	ExposedPorts map[string]struct{} `json:",omitempty"` // also those that are published
	Env          []string            // of the options and the image, with its PATH; see Container.Env
	Cmd          []string
	Image        string
}

// A NetworkSettings is a container's part of the networks. What tells of the network
// "bridge" is there twice: Docker keeps it outside of Networks too, from the time when it
// had one network.
type NetworkSettings struct {
	Bridge                 string // always empty, as are all others that begin so
	SandboxID              string // of the namespace, since the last start; empty if it is another container's
	HairpinMode            bool   // always false, whatever the bridge's ports do
	LinkLocalIPv6Address   string // always empty
	LinkLocalIPv6PrefixLen int
	Ports                  map[string][]HostBinding // exposed and published ports while it runs, by port
	SandboxKey             string                   // the file of the namespace
	SecondaryIPAddresses   []string                 // always nil
	SecondaryIPv6Addresses []string                 // always nil
	EndpointID             string
	Gateway                string
	GlobalIPv6Address      string
	GlobalIPv6PrefixLen    int
	IPAddress              string
	IPPrefixLen            int
	IPv6Gateway            string
	MacAddress             string
	Networks               map[string]EndpointSettings // by name
}

// An EndpointSettings is what a container has on one network. The IDs and addresses are
// those of an interface: the addresses and EndpointID are empty while there is none,
// NetworkID before the first.
type EndpointSettings struct {
	IPAMConfig          *EndpointIPAMConfig // nil: nothing was asked for when the container was made
	Links               []string            // of networks of one's own: "db:alias"
	Aliases             []string            // with what Docker adds, the short ID and the hostname
	NetworkID           string
	EndpointID          string
	Gateway             string
	IPAddress           string
	IPPrefixLen         int
	IPv6Gateway         string
	GlobalIPv6Address   string
	GlobalIPv6PrefixLen int
	MacAddress          string
	DriverOpts          map[string]string // always empty; nil on the network that the container was made on
}

// An EndpointIPAMConfig is the addresses that were asked for.
type EndpointIPAMConfig struct {
	IPv4Address string `json:",omitempty"`
	IPv6Address string `json:",omitempty"`
}

// Inspect returns what "docker inspect" tells.
func (c *Container) Inspect() ContainerInfo {
	info := ContainerInfo{
		ID: c.id, Created: c.created.UTC(), Args: []string{}, State: c.State(), Name: "/" + c.Name(),
		HostConfig: c.hostConfig(), Config: c.containerConfig(), NetworkSettings: c.networkSettings(),
	}
	info.State.StartedAt, info.State.FinishedAt = info.State.StartedAt.UTC(), info.State.FinishedAt.UTC()
	if cmd := c.config.image.Cmd; len(cmd) > 0 {
		info.Path, info.Args = cmd[0], append(info.Args, cmd[1:]...)
	}
	return info
}

func (c *Container) hostConfig() HostConfig {
	cfg := &c.config
	byAlias := slices.SortedFunc(slices.Values(cfg.links), func(a, b link) int { return cmp.Compare(a.alias, b.alias) })
	hc := HostConfig{
		NetworkMode: cmp.Or(cfg.mode, "default"), PortBindings: make(map[string][]HostBinding),
		DNS: []string{}, DNSOptions: append([]string{}, cfg.dnsOptions...), DNSSearch: append([]string{}, cfg.dnsSearch...),
		PublishAllPorts: cfg.publishAll,
	}
	if cfg.joined != nil {
		hc.NetworkMode = "container:" + cfg.joined.id
	}
	for _, p := range cfg.published {
		hc.PortBindings[p.Port.String()] = append(hc.PortBindings[p.Port.String()], HostBinding{addrString(p.Addr), hostPorts(p)})
	}
	for _, a := range cfg.dns {
		hc.DNS = append(hc.DNS, a.String())
	}
	for _, e := range cfg.extraHosts {
		hc.ExtraHosts = append(hc.ExtraHosts, e.spec)
	}
	for _, l := range byAlias {
		hc.Links = append(hc.Links, fmt.Sprintf("/%s:/%s/%s", l.target.Name(), c.Name(), l.alias))
	}
	return hc
}

func (c *Container) containerConfig() ContainerConfig {
	cfg := ContainerConfig{
		Hostname: c.configuredHostname(), Env: c.config.envWithPath(),
		Cmd: slices.Clone(c.config.image.Cmd), Image: c.config.image.Name,
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
func (c *containerConfig) envWithPath() []string {
	if hasEnv(c.env, "PATH") {
		return slices.Clone(c.env)
	}
	ofImage := len(c.env)
	for _, v := range slices.Backward(c.image.Env) {
		if ofImage > 0 && c.env[ofImage-1] == v {
			ofImage--
		}
	}
	return slices.Insert(slices.Clone(c.env), ofImage, defaultPath)
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

func (c *Container) networkSettings() NetworkSettings {
	sandbox, r := c.lastSandbox()
	s := NetworkSettings{
		SandboxID: sandbox.id, SandboxKey: sandbox.key, Ports: c.portMap(r),
		Networks: make(map[string]EndpointSettings),
	}
	c.attachMu.Lock()
	defer c.attachMu.Unlock()
	for _, a := range c.attachments {
		e := c.endpointSettingsLocked(a)
		switch {
		case r == nil:
		case a.network.bridge == nil:
			e.EndpointID = sandbox.endpoint
		default:
			e.fill(r.on(a.network))
		}
		s.Networks[a.network.name] = e
	}
	s.copy(s.Networks[bridgeNetwork])
	return s
}

// copy is what Docker keeps outside of Networks.
func (s *NetworkSettings) copy(e EndpointSettings) {
	s.EndpointID, s.MacAddress = e.EndpointID, e.MacAddress
	s.Gateway, s.IPAddress, s.IPPrefixLen = e.Gateway, e.IPAddress, e.IPPrefixLen
	s.IPv6Gateway, s.GlobalIPv6Address, s.GlobalIPv6PrefixLen = e.IPv6Gateway, e.GlobalIPv6Address, e.GlobalIPv6PrefixLen
}

// spec is the argument of the --link that asked for it.
func (l link) spec() string {
	if l.alias == l.name {
		return l.name
	}
	return l.name + ":" + l.alias
}

// endpointSettingsLocked returns what is known of an attachment without its interface.
func (c *Container) endpointSettingsLocked(a *attachment) EndpointSettings {
	e := EndpointSettings{Aliases: slices.Clone(a.aliases)}
	if a.addr.IsValid() || a.addr6.IsValid() || a.connected {
		e.IPAMConfig = &EndpointIPAMConfig{addrString(a.addr), addrString(a.addr6)}
	}
	if a.connected {
		e.DriverOpts, e.Aliases = map[string]string{}, append([]string{}, a.aliases...)
	}
	for _, l := range a.links {
		e.Links = append(e.Links, l.spec())
	}
	if a.joined {
		e.NetworkID = a.network.id
	}
	if a.named && !a.network.predefined() {
		for _, name := range c.aliases(a)[len(a.aliases):] {
			if !slices.Contains(e.Aliases, name) {
				e.Aliases = append(e.Aliases, name)
			}
		}
	}
	return e
}

// fill adds what an interface has; a stopped container and one that is being connected
// have none.
func (e *EndpointSettings) fill(ep *endpoint) {
	if ep == nil {
		return
	}
	cfg := &ep.network.config
	e.EndpointID, e.MacAddress = ep.id, containerMAC(ep.addr).String()
	e.Gateway, e.IPAddress, e.IPPrefixLen = cfg.v4.gateway.String(), ep.addr.String(), cfg.v4.subnet.Bits()
	if ep.addr6.IsValid() {
		e.IPv6Gateway, e.GlobalIPv6Address, e.GlobalIPv6PrefixLen = cfg.v6.gateway.String(), ep.addr6.String(), cfg.v6.subnet.Bits()
	}
}

// openPorts returns the exposed ports of a run, also those that are published, and the
// bindings. Without a run, and where there is nothing to publish on, there are none.
func (c *Container) openPorts(r *run) (exposed []ports.Port, bindings []ports.Binding) {
	if r == nil {
		return nil, nil
	}
	if list := r.inOrder(); len(list) == 0 || list[0].network.config.internal {
		return nil, nil
	}
	exposed = c.exposed()
	for _, p := range r.ports() {
		bindings = append(bindings, p.binding)
	}
	return exposed, bindings
}

// portMap is openPorts by port; those that are not published have no bindings.
func (c *Container) portMap(r *run) map[string][]HostBinding {
	m := make(map[string][]HostBinding)
	exposed, bindings := c.openPorts(r)
	for _, p := range exposed {
		m[p.String()] = nil
	}
	for _, b := range bindings {
		m[b.Port.String()] = append(m[b.Port.String()], HostBinding{b.HostAddr.String(), fmt.Sprint(b.HostPort)})
	}
	return m
}

// hostPorts returns the port or the range of the host that is asked for.
func hostPorts(p ports.Publication) string {
	switch {
	case p.Last == 0:
		return ""
	case p.First == p.Last:
		return fmt.Sprint(p.First)
	}
	return fmt.Sprintf("%d-%d", p.First, p.Last)
}

// addrString returns "" for the zero Addr.
func addrString(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}
