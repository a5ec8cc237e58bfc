package sim

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"drydock/sim/dockerapi"
	"drydock/sim/internal/engine"
	"drydock/sim/internal/ports"
)

// newContainerSpec returns a spec that options may add to.
func newContainerSpec(h *Host, c dockerapi.ContainerCreate) *containerSpec {
	s := &containerSpec{ContainerCreate: c, host: h}
	s.ExposedPorts = cloneMap(c.ExposedPorts)
	s.HostConfig.PortBindings = cloneMap(c.HostConfig.PortBindings)
	s.NetworkingConfig.EndpointsConfig = cloneMap(c.NetworkingConfig.EndpointsConfig)
	return s
}

// cloneMap returns a copy, of nil as well.
func cloneMap[K comparable, V any](m map[K]V) map[K]V {
	c := make(map[K]V)
	maps.Copy(c, m)
	return c
}

// resolve checks the spec of a container and returns what it means. It keeps nothing of
// the spec's, which the caller may go on to change and use for the next container. The order
// of the parts is that in which dockerd refuses: what needs no other container or network
// comes before what does, and links, which need both, come last.
func (s *containerSpec) resolve(name string) (containerConfig, error) {
	if image, ok := s.host.Image(s.Image); ok && !s.hasImage {
		s.image = image
	}
	c := containerConfig{
		image: s.image, entrypoint: slices.Clone(s.Entrypoint), cmd: slices.Clone(s.Cmd), hostname: s.Hostname,
		dnsSearch: slices.Clone(s.HostConfig.DNSSearch), dnsOptions: slices.Clone(s.HostConfig.DNSOptions),
		publishAll: s.HostConfig.PublishAllPorts,
	}
	c.image.Name = s.Image
	c.imageID, c.ofHost = s.host.imageIDOf(&c.image)
	if c.hostname != "" {
		if err := checkHostname(c.hostname); err != nil {
			return c, err
		}
	}
	for _, part := range []func(*containerSpec) error{
		c.setAsked, c.setProgram, c.setEnv, c.setRestart, c.setExposed, c.setPublished, c.setDNS, c.setExtraHosts, c.setNetwork,
	} {
		if err := part(s); err != nil {
			return c, err
		}
	}
	return c, cmp.Or(c.checkModes(s, name), c.setLinks(s, name))
}

// setProgram notes what is to run. An entrypoint of the spec's leaves nothing of the image's
// command, and one of an empty word stands for none.
func (c *containerConfig) setProgram(s *containerSpec) error {
	c.ownProgram = len(c.cmd)+len(c.entrypoint) > 0
	c.asked.WorkingDir = cmp.Or(s.WorkingDir, s.image.WorkingDir)
	c.asked.User = cmp.Or(s.User, s.image.User)
	c.asked.StopSignal = cmp.Or(s.StopSignal, s.image.StopSignal)
	if len(c.entrypoint) == 0 && len(c.cmd) == 0 {
		c.cmd = s.image.Cmd
	}
	if c.entrypoint == nil {
		c.entrypoint = s.image.Entrypoint
	}
	if slices.Equal(c.entrypoint, []string{""}) {
		c.entrypoint = nil
	}
	return nil
}

func checkHostname(name string) error {
	if !validHostname(name) {
		return errorf(opCreate, name, ErrName, "sethostname: invalid argument: %q", name)
	}
	return nil
}

// setEnv adds to what the spec says what the image has beside. A name alone is kept: it takes
// away what the image has.
func (c *containerConfig) setEnv(s *containerSpec) error {
	c.env = slices.Clone(s.Env)
	for i, v := range slices.Concat(s.Env, s.image.Env) {
		name, _, _ := strings.Cut(v, "=")
		switch {
		case name == "":
			return errorf(opCreate, v, ErrName, s.host.says.EnvVariable, v)
		case i >= len(s.Env) && !engine.HasEnv(s.Env, name):
			c.env = append(c.env, v)
		}
	}
	return nil
}

// setExposed notes the ports of the spec and then of the image that the spec does not have.
// Their order is not kept in JSON and does not count: rules and variables are sorted.
func (c *containerConfig) setExposed(s *containerSpec) error {
	specs := slices.Concat(slices.Sorted(maps.Keys(s.ExposedPorts)), s.image.Expose)
	for _, spec := range specs {
		list, err := parseExposed(spec)
		if err != nil {
			return err
		}
		c.exposed = append(c.exposed, list...)
	}
	return nil
}

func parseExposed(spec string) ([]ports.Port, error) {
	list, err := ports.ParseExposed(spec)
	if err != nil {
		return nil, errorf(opCreate, spec, ErrPort, "%v", err)
	}
	return list, nil
}

// setPublished keeps the order of the bindings of a port, which counts.
func (c *containerConfig) setPublished(s *containerSpec) error {
	for _, port := range slices.Sorted(maps.Keys(s.HostConfig.PortBindings)) {
		list, err := ports.ParseExposed(port)
		if err != nil || len(list) != 1 {
			return errorf(opCreate, port, ErrPort, s.host.says.PortSpec, port)
		}
		c.exposed = append(c.exposed, list...)
		for _, b := range s.HostConfig.PortBindings[port] {
			p, err := s.publication(list[0], b)
			if err != nil {
				return err
			}
			c.published = append(c.published, p)
		}
	}
	return nil
}

// publication returns what a binding asks for.
func (s *containerSpec) publication(port ports.Port, b dockerapi.PortBinding) (ports.Publication, error) {
	addr, err := netip.ParseAddr(cmp.Or(b.HostIP, "::"))
	if err != nil || addr.Zone() != "" {
		return ports.Publication{}, errorf(opCreate, b.HostIP, ErrPort, s.host.says.PortAddr, b.HostIP)
	}
	list, err := ports.Parse(b.HostPort + ":" + port.String())
	if err != nil || strings.Contains(b.HostPort, ":") {
		return ports.Publication{}, errorf(opCreate, b.HostPort, ErrPort, s.host.says.PortSpec, b.HostPort)
	}
	if b.HostIP != "" {
		list[0].Addr = addr.Unmap()
	}
	return list[0], nil
}

// setDNS notes the nameservers. Names are refused, since there is nobody yet to ask for them.
func (c *containerConfig) setDNS(s *containerSpec) error {
	for _, server := range s.HostConfig.DNS {
		a, err := netip.ParseAddr(server)
		if err != nil {
			return errorf(opCreate, server, ErrAddress, s.host.says.DNSServer, server)
		}
		c.dns = append(c.dns, a)
	}
	return nil
}

// setNetwork finds what the container is attached to: a network or the namespace of
// another container.
func (c *containerConfig) setNetwork(s *containerSpec) (err error) {
	c.mode = cmp.Or(s.HostConfig.NetworkMode, defaultMode)
	endpoints := slices.Sorted(maps.Keys(s.NetworkingConfig.EndpointsConfig))
	if other, ok := strings.CutPrefix(c.mode, "container:"); ok {
		if len(endpoints) > 0 {
			return s.errEndpoints(endpoints[0], slices.Concat([]string{c.mode}, endpoints)...)
		}
		if c.joined, ok = s.host.Container(other); !ok {
			return errNoContainer(s.host.says, opCreate, other)
		}
		return nil
	}
	e, name := endpointSpec{host: s.host, impairments: s.impairments}, c.mode
	if len(endpoints) > 1 {
		return s.errEndpoints(endpoints[1], endpoints...)
	}
	c.network = s.network(name)
	for other, config := range s.NetworkingConfig.EndpointsConfig {
		n := s.network(other)
		if (n != c.network || n == nil && other != name) && c.mode != defaultMode {
			return s.errEndpoints(other, c.mode, other)
		}
		c.network, e.EndpointConfig, name = n, config, other
	}
	return c.attach(s, &e, name)
}

// attach has the container be on a network from its first start on. Docker looks only then
// whether that is there and allows what is asked for.
func (c *containerConfig) attach(s *containerSpec, e *endpointSpec, name string) (err error) {
	if _, _, err := e.addrs(opCreate); err != nil {
		return err
	}
	if c.network != nil {
		s.attachment, err = e.resolve(opCreate, c.network)
		if err == nil && s.attachment.checkRange(opCreate) == nil {
			return nil
		}
		if err != nil && !errors.Is(err, ErrConflict) {
			return err
		}
		name = c.network.name
	}
	s.attachment, c.late = nil, &lateAttachment{name, *e, true}
	return nil
}

// defaultMode is the network mode of containers that ask for none. Inspect tells it as such, not
// as "bridge", which it means.
const defaultMode = "default"

// network returns the network that a mode or an endpoint names, nil if there is none.
func (s *containerSpec) network(name string) *Network {
	if name == defaultMode {
		name = bridgeNetwork
	}
	n, _ := s.host.Network(name)
	return n
}

// errEndpoints refuses more than one network: up to API 1.43 a container is made on one and
// connected to others afterwards.
func (s *containerSpec) errEndpoints(name string, all ...string) error {
	return errorf(opCreate, name, ErrConflict, s.host.says.SeveralNetworks, strings.Join(all, ", "))
}

// checkModes refuses what the network mode has no place for.
func (c *containerConfig) checkModes(s *containerSpec, name string) error {
	if n := c.network; n != nil && n.bridge == nil && s.impairments != (impairments{}) {
		return errorf(opCreate, name, ErrConflict, "conflicting options: an impairment and the network mode %s", n.name)
	}
	if c.onHost() && c.ofNames() {
		return errorf(opCreate, name, ErrConflict, "conflicting options: names of its own and the network mode host, which has those of the host")
	}
	if what := c.ofNamespace(s.host.says); c.joined != nil && what != "" {
		return errorf(opCreate, name, ErrConflict, s.host.says.NamespaceOptions, what)
	}
	return nil
}

// ofNamespace returns which option, in Docker's words, is one for a container that has a
// namespace to itself.
func (c *containerConfig) ofNamespace(says *engine.Messages) string {
	switch {
	case c.hostname != "":
		return says.HostnameOption
	case c.publishAll || len(c.published) > 0:
		return says.PublishOption
	case len(c.dns) > 0:
		return says.DNSOption
	case len(c.extraHosts) > 0:
		return says.AddHostOption
	case len(c.exposed) > 0:
		return says.ExposeOption
	}
	return ""
}

// ofNames reports whether an option is for /etc/hosts or /etc/resolv.conf.
func (c *containerConfig) ofNames() bool {
	return len(c.dns)+len(c.dnsSearch)+len(c.dnsOptions)+len(c.extraHosts) > 0
}

// setExtraHosts notes lines for /etc/hosts. What host-gateway stands for is looked up here, once:
// docker0 keeps its address as long as the host lives.
func (c *containerConfig) setExtraHosts(s *containerSpec) error {
	for _, spec := range s.HostConfig.ExtraHosts {
		e, err := s.host.parseAddHost(spec)
		if err != nil {
			return err
		}
		c.extraHosts = append(c.extraHosts, e)
	}
	return nil
}

// setLinks refuses links that cannot be, and drops those that do not count. On networks
// of one's own they are names for the embedded resolver.
func (c *containerConfig) setLinks(s *containerSpec, name string) error {
	if len(s.HostConfig.Links) == 0 {
		return nil
	}
	n := c.network
	switch {
	case c.joined != nil, n != nil && n.bridge == nil:
		return newError(opCreate, name, ErrConflict, s.host.says.LinkMode)
	case c.late != nil && (n == nil || n.name != bridgeNetwork):
		add(&c.late.spec.Links, s.networkLinks()...)
		return nil
	case n.name != bridgeNetwork:
		return s.attachment.addLinks(opCreate, s.networkLinks())
	}
	for _, spec := range s.HostConfig.Links {
		target, alias, err := parseLink(s.host.says, opCreate, spec)
		if err != nil {
			return err
		}
		l := link{alias: alias}
		var ok bool
		if l.target, ok = s.host.Container(target); !ok {
			return errNoLinked(s.host.says, opCreate, target)
		}
		for l.target.config.joined != nil { // the namespace is what is linked to
			l.target = l.target.config.joined
		}
		if l.target.config.onHost() {
			return newError(opCreate, name, ErrConflict, s.host.says.LinkHost)
		}
		if !slices.ContainsFunc(c.links, func(o link) bool { return o.alias == alias }) {
			c.links = append(c.links, l)
		}
	}
	return nil
}

// networkLinks returns the links beside those that are asked for on the network. Docker's
// client sends what --link asks for as both.
func (s *containerSpec) networkLinks() []string {
	links := slices.Clone(s.HostConfig.Links)
	for _, e := range s.NetworkingConfig.EndpointsConfig {
		links = slices.DeleteFunc(links, func(spec string) bool { return slices.Contains(e.Links, spec) })
	}
	return links
}

// hostPorts returns the port or the range of the host that is asked for, as -p takes it; the
// empty string leaves the choice to the host.
func hostPorts(p ports.Publication) string {
	switch {
	case p.Last == 0:
		return ""
	case p.First == p.Last:
		return fmt.Sprint(p.First)
	}
	return fmt.Sprintf("%d-%d", p.First, p.Last)
}
