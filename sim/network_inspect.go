package sim

import (
	"fmt"

	"drydock/sim/dockerapi"
)

// Inspect returns what "docker network inspect" tells.
func (n *Network) Inspect() dockerapi.Network {
	info := dockerapi.Network{
		Name: n.name, ID: n.id, Created: n.created.UTC().Round(0), Scope: "local", Driver: n.driver, Internal: n.config.internal,
		EnableIPv6: n.config.v6.subnet.IsValid(),
		IPAM:       dockerapi.IPAM{Driver: "default", Config: []dockerapi.IPAMConfig{}},
		Containers: make(map[string]dockerapi.NetworkContainer),
		Options:    n.config.options(),
		Labels:     map[string]string{},
	}
	if !n.predefined() {
		info.IPAM.Options = map[string]string{}
	}
	if n.bridge == nil {
		return info
	}
	if n.name == bridgeNetwork {
		info.Options = n.docker0Options()
	}
	for _, f := range n.config.families() {
		info.IPAM.Config = append(info.IPAM.Config, f.asked)
	}
	for c := range n.host.Containers() {
		l := c.linkTo(n)
		if l == nil || l.endpoint() == nil {
			continue
		}
		ep := l.endpoint()
		e := dockerapi.NetworkContainer{
			Name: c.Name(), EndpointID: ep.id, MacAddress: ep.mac.String(),
			IPv4Address: n.config.v4.prefix(ep.addr).String(),
		}
		if ep.addr6.IsValid() {
			e.IPv6Address = n.config.v6.prefix(ep.addr6).String()
		}
		info.Containers[c.id] = e
	}
	return info
}

// docker0Options are what dockerd notes of the network "bridge".
func (n *Network) docker0Options() map[string]string {
	return map[string]string{
		"com.docker.network.bridge.default_bridge":       "true",
		"com.docker.network.bridge.enable_icc":           fmt.Sprint(!n.config.noICC),
		"com.docker.network.bridge.enable_ip_masquerade": "true",
		"com.docker.network.bridge.host_binding_ipv4":    "0.0.0.0",
		"com.docker.network.bridge.name":                 n.device,
		"com.docker.network.driver.mtu":                  fmt.Sprint(n.config.mtu),
	}
}

// options are those that differ from the defaults.
func (c *networkConfig) options() map[string]string {
	m := make(map[string]string)
	if c.noICC {
		m["com.docker.network.bridge.enable_icc"] = "false"
	}
	if c.noMasquerade {
		m["com.docker.network.bridge.enable_ip_masquerade"] = "false"
	}
	if c.mtuGiven {
		m["com.docker.network.driver.mtu"] = fmt.Sprint(c.mtu)
	}
	return m
}
