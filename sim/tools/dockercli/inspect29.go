package dockercli

import (
	"net/netip"

	"drydock/sim/dockerapi"
)

// A containerInfo29 is one without what Docker had of networks outside of Networks.
type containerInfo29 struct {
	containerInfo
	NetworkSettings networkSettings29
}

type networkSettings29 struct {
	SandboxID, SandboxKey string
	Ports                 map[string][]dockerapi.PortBinding
	Networks              map[string]endpointSettings29
}

// An endpointSettings29 has addresses and no texts: templates print "invalid IP" for none.
type endpointSettings29 struct {
	dockerapi.EndpointSettings
	IPAMConfig                     *endpointIPAM29
	Gateway, IPAddress             netip.Addr
	IPv6Gateway, GlobalIPv6Address netip.Addr
}

type endpointIPAM29 struct {
	dockerapi.EndpointIPAMConfig
	IPv4Address, IPv6Address netip.Addr
}

func newContainerInfo29(info containerInfo) containerInfo29 {
	s := &info.Container.NetworkSettings
	networks := make(map[string]endpointSettings29)
	for name, e := range s.Networks {
		networks[name] = newEndpointSettings29(e)
	}
	return containerInfo29{info, networkSettings29{s.SandboxID, s.SandboxKey, s.Ports, networks}}
}

func newEndpointSettings29(e dockerapi.EndpointSettings) endpointSettings29 {
	addr := func(text string) netip.Addr {
		a, _ := netip.ParseAddr(text)
		return a
	}
	var ipam *endpointIPAM29
	if c := e.IPAMConfig; c != nil {
		ipam = &endpointIPAM29{*c, addr(c.IPv4Address), addr(c.IPv6Address)}
	}
	return endpointSettings29{e, ipam, addr(e.Gateway), addr(e.IPAddress), addr(e.IPv6Gateway), addr(e.GlobalIPv6Address)}
}

// MarshalJSON has texts again.
func (e endpointSettings29) MarshalJSON() ([]byte, error) {
	text, err := release29.marshal(e.EndpointSettings)
	return []byte(text), err
}

// MarshalJSON has texts again.
func (e endpointIPAM29) MarshalJSON() ([]byte, error) {
	text, err := release29.marshal(e.EndpointIPAMConfig)
	return []byte(text), err
}
