package sim

import "drydock/sim/dockerapi"

// Inspect returns what "docker network inspect" tells.
func (n *Network) Inspect() dockerapi.Network {
	birth, cfg := n.birth.Load(), n.config()
	info := dockerapi.Network{
		Name: n.name, ID: birth.id, Created: birth.time.UTC().Round(0), Scope: "local", Driver: n.driver, Internal: cfg.internal, Attachable: cfg.attachable,
		EnableIPv6: cfg.v6.subnet.IsValid(),
		IPAM:       dockerapi.IPAM{Driver: "default", Config: []dockerapi.IPAMConfig{}},
		Containers: make(map[string]dockerapi.NetworkContainer),
		Options:    cloneMap(cfg.options),
		Labels:     cloneMap(cfg.labels),
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
	for _, f := range cfg.families() {
		asked := f.asked
		if n.restored.Load() {
			asked.Gateway = addrString(f.gateway)
		}
		info.IPAM.Config = append(info.IPAM.Config, asked)
	}
	for c := range n.host.Containers() {
		l := c.linkTo(n)
		if l == nil || l.endpoint() == nil {
			continue
		}
		ep := l.endpoint()
		e := dockerapi.NetworkContainer{
			Name: c.Name(), EndpointID: ep.id, MacAddress: ep.mac.String(),
			IPv4Address: cfg.v4.prefix(ep.addr).String(),
		}
		if ep.addr6.IsValid() {
			e.IPv6Address = cfg.v6.prefix(ep.addr6).String()
		}
		info.Containers[c.id] = e
	}
	return info
}
