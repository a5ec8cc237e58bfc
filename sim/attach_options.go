package sim

import (
	"net"
	"net/netip"

	"drydock/sim/dockerapi"
	"drydock/veth"
)

// An AttachOption sets a property of what a container has on a network: it fills in a
// dockerapi.EndpointConfig.
type AttachOption func(*endpointSpec) error

// An endpointSpec is what is asked for of a container on a network.
type endpointSpec struct {
	dockerapi.EndpointConfig
	host        *Host
	impairments impairments
}

func (s *endpointSpec) apply(opts []AttachOption) error {
	for _, opt := range opts {
		if err := opt(s); err != nil {
			return err
		}
	}
	return nil
}

// WithAddr asks for an address of the network, an IPv4 one, an IPv6 one or, given twice,
// both: --ip, --ip6. It must be in a subnet that the network was made with (WithSubnet),
// and free whenever the container starts.
func WithAddr(addr netip.Addr) AttachOption {
	return func(s *endpointSpec) error {
		var asked dockerapi.EndpointIPAMConfig
		if s.IPAMConfig != nil {
			asked = *s.IPAMConfig
		}
		if addr.Is6() {
			asked.IPv6Address = addr.String()
		} else {
			asked.IPv4Address = addr.String()
		}
		s.IPAMConfig = &asked
		return nil
	}
}

// WithAlias gives the container further names on the network, which others may have
// too: --network-alias. On the predefined networks there are none.
func WithAlias(aliases ...string) AttachOption {
	return func(s *endpointSpec) error {
		add(&s.Aliases, aliases...)
		return nil
	}
}

// WithMAC sets the MAC of the interface, which by default is made from the address or, since
// Docker28, random: --mac-address. Before Docker28 it is for containers that are made.
func WithMAC(mac net.HardwareAddr) AttachOption {
	return func(s *endpointSpec) error {
		s.MacAddress = mac.String()
		return nil
	}
}

// WithGatewayPriority has the container's network with the highest number, by default 0, have the
// default route and the published ports: --gw-priority, of Docker28 and later.
func WithGatewayPriority(priority int) AttachOption {
	return func(s *endpointSpec) error {
		s.GwPriority = priority
		return nil
	}
}

// WithEndpointOption sets an option of the driver for the container on the network, as --driver-opt
// does: see the constants of package dockerapi.
func WithEndpointOption(key, value string) AttachOption {
	return func(s *endpointSpec) error {
		s.DriverOpts = cloneMap(s.DriverOpts)
		s.DriverOpts[key] = value
		return nil
	}
}

// WithNetworkLink is WithLink for one network of one's own: the --link of "docker
// network connect".
func WithNetworkLink(target *Container, alias string) AttachOption {
	return func(s *endpointSpec) error {
		link, err := linkTo(opConnect, s.host, target, alias)
		add(&s.Links, link)
		return err
	}
}

// WithImpairment degrades what the container sends to and receives from the
// network. Link.Impair changes it.
func WithImpairment(send, receive veth.Impairment) AttachOption {
	return func(s *endpointSpec) error {
		s.impairments = impairments{send, receive}
		return s.impairments.validate()
	}
}
