package sim

import (
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
