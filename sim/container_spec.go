package sim

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"path"
	"slices"
	"strings"

	"drydock/sim/dockerapi"
	"drydock/sim/internal/engine"
	"drydock/sim/internal/ports"
)

// newContainerSpec returns a spec that options may add to.
func newContainerSpec(h *Host, c dockerapi.ContainerCreate) *containerSpec {
	s := &containerSpec{ContainerCreate: c, host: h, impairments: make(map[string]impairments)}
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
		if err := checkHostname(s.host.says, c.hostname); err != nil {
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

func checkHostname(says *engine.Messages, name string) error {
	switch {
	case len(name) > maxHostname && says.HostnameLong == "":
		return nil // the start fails
	case len(name) > maxHostname:
		return errorf(opCreate, name, ErrName, says.HostnameLong, name)
	case !validHostname(name):
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

// checkModes refuses what the network mode has no place for.
func (c *containerConfig) checkModes(s *containerSpec, name string) error {
	if n := c.network; n != nil && n.bridge == nil && len(s.impairments) > 0 {
		return errorf(opCreate, name, ErrConflict, "conflicting options: an impairment and the network mode %s", n.name)
	}
	if c.absent != "" && c.absent != name {
		return errorf(opCreate, c.absent, ErrNotFound, s.host.says.JoinNotFound, c.absent)
	}
	if what := c.ofNamespace(s.host.says); c.joins() && what != "" {
		return errorf(opCreate, name, ErrConflict, s.host.says.NamespaceOptions, what)
	}
	return nil
}

// joins reports whether the container is made for the namespace of another one, or its own: dockerd
// knows the name of a container that it makes, and refuses its start.
func (c *containerConfig) joins() bool { return c.joined != nil || c.absent != "" }

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
	case c.joins():
		return newError(opCreate, name, ErrConflict, s.host.says.LinkShared)
	case n != nil && n.name == noneNetwork && s.host.engine.SeveralNetworks():
		return nil
	case n != nil && n.bridge == nil:
		return newError(opCreate, name, ErrConflict, s.host.says.LinkMode)
	case n == nil || n.name != bridgeNetwork:
		return c.addNetworkLinks(s)
	case len(s.attachments) == 0 && c.late == nil: // it is made on other networks
		return nil
	}
	for _, spec := range s.HostConfig.Links {
		target, alias, err := parseLink(s.host.says, opCreate, spec)
		if err != nil {
			return err
		}
		l := link{name: path.Clean(alias), alias: path.Base(alias)}
		var ok bool
		if target == "" {
			return newError(opCreate, name, ErrName, s.host.says.LinkNoName)
		}
		if l.target, ok = s.host.Container(target); !ok {
			return errNoLinked(s.host.says, opCreate, target)
		}
		for l.target.config.joined != nil { // the namespace is what is linked to
			l.target = l.target.config.joined
		}
		if l.target.config.onHost() {
			return newError(opCreate, name, ErrConflict, s.host.says.LinkHost)
		}
		// Without an alias the name of the link is the container's own, which is in use: it does not count.
		if alias != "" && !slices.ContainsFunc(c.links, func(o link) bool { return o.alias == l.alias }) {
			c.links = append(c.links, l)
		}
	}
	return nil
}

// addNetworkLinks adds links to what is asked for on the network of the mode.
func (c *containerConfig) addNetworkLinks(s *containerSpec) error {
	for i := range c.late {
		if c.late[i].made {
			add(&c.late[i].spec.Links, s.networkLinks()...)
			return nil
		}
	}
	for _, a := range s.attachments {
		if a.network == c.network {
			return a.addLinks(opCreate, s.networkLinks())
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
