package sim

import (
	"net/netip"
	"slices"

	"drydock/sim/dockerapi"
	"drydock/sim/internal/ports"
)

// A ContainerOption sets a property of a new container: it fills in a
// dockerapi.ContainerCreate. An invalid one makes Create fail with an *Error or, of
// impairments, a *veth.Error.
type ContainerOption func(*containerSpec) error

// A containerSpec is a container as it is asked for.
type containerSpec struct {
	dockerapi.ContainerCreate
	host        *Host
	image       Image                  // with what does not marshal
	hasImage    bool                   // by WithImage; otherwise it is the host's
	impairments map[string]impairments // of the cables to networks, by name
	main        string                 // the endpoint that a mode of "default" means, before release 28
	attachments []*attachment          // what resolve finds that its Links are to be; none with joined
}

// add appends to a list without touching the array of the one that the caller gave.
func add[T any](list *[]T, more ...T) { *list = append(slices.Clip(*list), more...) }

// WithImage sets the image, by default one without a name.
func WithImage(image Image) ContainerOption {
	return func(s *containerSpec) error {
		s.image, s.Image, s.hasImage = image.clone(), image.Name, true
		return nil
	}
}

// WithHostname sets the hostname: 1 to 64 bytes without white space. By default it
// is the first 12 digits of the ID, with WithHostNetwork that of the host. With
// WithNetworkOf it is that of the other container and cannot be set.
func WithHostname(name string) ContainerOption {
	return func(s *containerSpec) error {
		s.Hostname = name
		return checkHostname(s.host.says, name) // here since in a spec "" is none
	}
}

// WithEnv sets environment variables, each "NAME=value": -e. The later of two with one
// name counts.
func WithEnv(vars ...string) ContainerOption {
	return func(s *containerSpec) error {
		add(&s.Env, vars...)
		return nil
	}
}

// WithExpose names ports that the container serves, "80", "53/udp" or "8000-8010", for
// links and WithPublishAll: --expose.
func WithExpose(specs ...string) ContainerOption {
	return func(s *containerSpec) error {
		for _, spec := range specs {
			list, err := parseExposed(spec)
			if err != nil {
				return err
			}
			for _, p := range list {
				s.ExposedPorts[p.String()] = struct{}{}
			}
		}
		return nil
	}
}

// WithPublish publishes ports of the container on the host, as -p does:
//
//	80                    an ephemeral port of the host, from 32768 on
//	8080:80/udp           port 8080 of all addresses, IPv4 and IPv6
//	127.0.0.1:8080:80     of one address
//	127.0.0.1::80         an ephemeral port of one address
//	[::1]:8080:80         IPv6 addresses have brackets
//	7000-7002:8002-8004   several ports
//	7000-7005:80          the first free one of the range
//
// It lasts while the container runs. A client of an IPv4 address is translated by rules in
// Firewall. A client that comes to 127.0.0.1, by IPv6 or from a container is served by a
// userland proxy, as with Docker, and is seen as the gateway: as the IPv6 gateway if the
// network has IPv6 and the client uses it. Without a bridge network and on internal ones
// nothing is published.
func WithPublish(specs ...string) ContainerOption {
	return func(s *containerSpec) error {
		for _, spec := range specs {
			list, err := ports.Parse(spec)
			if err != nil {
				return errorf(opCreate, spec, ErrPort, "%v", err)
			}
			for _, p := range list {
				bindings := s.HostConfig.PortBindings[p.Port.String()]
				add(&bindings, dockerapi.PortBinding{HostIP: addrString(p.Addr), HostPort: hostPorts(p)})
				s.HostConfig.PortBindings[p.Port.String()] = bindings
			}
		}
		return nil
	}
}

// WithPublishAll publishes the exposed ports that WithPublish does not on ephemeral
// ports of the host: -P.
func WithPublishAll() ContainerOption {
	return func(s *containerSpec) error {
		s.HostConfig.PublishAllPorts = true
		return nil
	}
}

// WithAddHost adds lines to the container's /etc/hosts, each "name:address" with a name
// without white space and an IPv4 or IPv6 address or host-gateway, the address of
// docker0: --add-host.
func WithAddHost(specs ...string) ContainerOption {
	return func(s *containerSpec) error {
		add(&s.HostConfig.ExtraHosts, specs...)
		return nil
	}
}

// WithDNS sets the nameservers, instead of the host's: --dns. On networks of one's own
// the embedded resolver asks them for what it does not know.
func WithDNS(servers ...netip.Addr) ContainerOption {
	return func(s *containerSpec) error {
		for _, a := range servers {
			add(&s.HostConfig.DNS, a.String())
		}
		return nil
	}
}

// WithDNSSearch sets the domains that names are completed with: --dns-search.
func WithDNSSearch(domains ...string) ContainerOption {
	return func(s *containerSpec) error {
		add(&s.HostConfig.DNSSearch, domains...)
		return nil
	}
}

// WithDNSOption sets options of resolv.conf, "ndots:2": --dns-option.
func WithDNSOption(options ...string) ContainerOption {
	return func(s *containerSpec) error {
		add(&s.HostConfig.DNSOptions, options...)
		return nil
	}
}

// WithLink makes the container know another one by an alias without white space, by its
// name if alias is empty: --link.
//
// On the default bridge the target must be running whenever this container starts. The alias
// is a line in /etc/hosts, which follows the target when it restarts, and there are variables
// in the environment (Env), which do not. If docker0 has no ICC, the ports that the target
// exposes (WithExpose, WithPublish) are opened for this container. Of several links with one
// alias the first counts.
//
// On networks of one's own the alias is a name that the embedded resolver knows for this
// container alone, whether the target runs or not. Of several links with one alias the last
// counts.
func WithLink(target *Container, alias string) ContainerOption {
	return func(s *containerSpec) error {
		link, err := linkTo(opCreate, s.host, target, alias)
		add(&s.HostConfig.Links, link)
		return err
	}
}

// WithNetwork attaches the container to n instead of the network "bridge". Docker28 and later make
// a container on several: then the one that is given first is what Docker calls its network mode.
func WithNetwork(n *Network, opts ...AttachOption) ContainerOption {
	return func(s *containerSpec) error {
		if err := s.host.checkHas(opCreate, n); err != nil {
			return err
		}
		e := endpointSpec{host: s.host}
		if err := e.apply(opts); err != nil {
			return err
		}
		if _, again := s.NetworkingConfig.EndpointsConfig[n.name]; again && s.HostConfig.NetworkMode != "" {
			return errorf(opCreate, n.name, ErrConflict, "network %q is specified multiple times", n.name)
		}
		s.NetworkingConfig.EndpointsConfig[n.name] = e.EndpointConfig
		if e.impairments != (impairments{}) {
			s.impairments[n.name] = e.impairments
		}
		if s.HostConfig.NetworkMode != "" && s.host.engine.SeveralNetworks() {
			return nil
		}
		return s.setMode(n.name)
	}
}

// WithNoNetwork gives the container lo and nothing else: --network none.
func WithNoNetwork() ContainerOption {
	return func(s *containerSpec) error { return s.setMode(noneNetwork) }
}

// WithHostNetwork runs the container in the namespace of the host: --network host.
func WithHostNetwork() ContainerOption {
	return func(s *containerSpec) error { return s.setMode(hostNetwork) }
}

// WithNetworkOf runs the container in the namespace of another one, which must be
// running whenever this one starts: --network container:NAME. When the other one stops,
// this one is left with lo until it restarts itself. It is the other one that publishes and
// exposes ports.
func WithNetworkOf(other *Container) ContainerOption {
	return func(s *containerSpec) error {
		switch {
		case other == nil:
			return errNoContainer(s.host.says, opCreate, "nil")
		case other.host != s.host:
			return errNoContainer(s.host.says, opCreate, other.Name())
		case !s.host.has(other):
			return errorf(opCreate, other.Name(), ErrNotFound, s.host.says.NoContainer, other.id)
		}
		return s.setMode("container:" + other.Name())
	}
}

// setMode notes what the container is attached to, of which there can be one.
func (s *containerSpec) setMode(mode string) error {
	if has := s.HostConfig.NetworkMode; has != "" {
		return s.errEndpoints(mode, has, mode)
	}
	s.HostConfig.NetworkMode = mode
	return nil
}

// WithCommand sets what runs in the container in place of the image's Cmd, as the words after
// the image of "docker run" do.
func WithCommand(words ...string) ContainerOption {
	return func(s *containerSpec) error {
		s.Cmd = slices.Clone(words)
		return nil
	}
}
