package dockercli

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"strings"

	"drydock/sim/dockerapi"
)

// setNetwork sets names and networks.
func (c *createFlags) setNetwork(_ *docker, spec *dockerapi.ContainerCreate) error {
	spec.Hostname, spec.Domainname = *c.hostname, *c.domainname
	h := &spec.HostConfig
	h.Links, h.ExtraHosts = *c.links, *c.addHosts
	h.DNS, h.DNSOptions, h.DNSSearch = orEmpty(*c.dns), orEmpty(*c.dnsOptions), orEmpty(*c.dnsSearch)
	if c.of.since28 && len(*c.networks) == 0 {
		*c.networks = []networkFlag{{target: "default"}}
	}
	if len(*c.networks) > 0 {
		h.NetworkMode = (*c.networks)[0].target
	}
	endpoints, err := c.endpoints()
	spec.NetworkingConfig.EndpointsConfig = endpoints
	return err
}

// orEmpty returns a list that JSON has as [] and not as null: dockerd tells them apart in
// docker inspect.
func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// endpoints returns what is asked for on each network. The flags that came before the long
// form of --network are for the first. Of one network about which nothing is asked docker
// does not speak.
func (c *createFlags) endpoints() (map[string]dockerapi.EndpointConfig, error) {
	all := make(map[string]dockerapi.EndpointConfig)
	own, others := false, false
	for i, n := range *c.networks {
		if isUserDefined(n.target) {
			own = true
		} else {
			others = true
		}
		var links []string
		if i == 0 {
			if err := c.addShort(&n); err != nil {
				return nil, err
			}
			links = *c.links
			if c.of.since28 && !isUserDefined(n.target) {
				links = nil // they are those of the default bridge
			}
		}
		e, err := n.config(links)
		if err != nil {
			return nil, err
		}
		if _, ok := all[n.target]; ok {
			return nil, fmt.Errorf("network %q is specified multiple times", n.target)
		}
		if len(*c.networks) == 1 && len(e.Aliases) == 0 && len(e.Links) == 0 && e.IPAMConfig == nil && e.MacAddress == "" && len(e.DriverOpts) == 0 && e.GwPriority == 0 {
			continue
		}
		all[n.target] = e
	}
	if own && others {
		return nil, errors.New("conflicting options: cannot attach both user-defined and non-user-defined network-modes")
	}
	return all, nil
}

// isUserDefined tells whether a name is that of a network of a user's own. docker goes by the
// name alone.
func isUserDefined(name string) bool {
	switch name {
	case "default", "bridge", "host", "none":
		return false
	}
	return !strings.HasPrefix(name, "container:")
}

// addShort adds the flags of the short form to a network.
func (c *createFlags) addShort(n *networkFlag) error {
	const both = "conflicting options: cannot specify both "
	switch {
	case len(n.aliases) > 0 && len(*c.aliases) > 0:
		return dockerError(both + "--network-alias and per-network alias")
	case n.ip4 != "" && *c.ip != "":
		return dockerError(both + "--ip and per-network IPv4 address")
	case n.ip6 != "" && *c.ip6 != "":
		return dockerError(both + "--ip6 and per-network IPv6 address")
	case n.mac != "" && *c.mac != "":
		return dockerError(both + "--mac-address and per-network MAC address")
	}
	if c.of.since28 {
		n.mac = cmp.Or(n.mac, *c.mac)
	}
	n.aliases = append(n.aliases, *c.aliases...)
	n.ip4, n.ip6 = cmp.Or(n.ip4, *c.ip), cmp.Or(n.ip6, *c.ip6)
	return nil
}

// config returns what is asked for on a network.
func (n networkFlag) config(links []string) (e dockerapi.EndpointConfig, err error) {
	switch {
	case strings.TrimSpace(n.target) == "":
		return e, errors.New("no name set for network")
	case !isUserDefined(n.target) && len(n.aliases) > 0:
		return e, errors.New("network-scoped aliases are only supported for user-defined networks")
	case !isUserDefined(n.target) && len(links) > 0:
		return e, errors.New("links are only supported for user-defined networks")
	}
	e = dockerapi.EndpointConfig{Aliases: n.aliases, Links: links, DriverOpts: n.options, GwPriority: n.priority}
	if n.mac != "" {
		mac, err := net.ParseMAC(strings.TrimSpace(n.mac))
		if err != nil {
			return e, fmt.Errorf("%s is not a valid mac address", n.mac)
		}
		e.MacAddress = mac.String()
	}
	if n.ip4 != "" || n.ip6 != "" {
		e.IPAMConfig = &dockerapi.EndpointIPAMConfig{IPv4Address: n.ip4, IPv6Address: n.ip6}
	}
	return e, nil
}
