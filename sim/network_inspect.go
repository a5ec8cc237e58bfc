package sim

import (
	"slices"

	"drydock/sim/dockerapi"
)

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
	if n.since28() {
		info.EnableIPv4, info.Status = !cfg.noIPv4, &dockerapi.NetworkStatus{}
	}
	info.ConfigFrom.Network = cfg.configFrom
	if n.bridge == nil {
		if n.since28() {
			info.IPAM.Config = nil
		}
		if n.configOnly() {
			n.tellConfiguration(&info)
		}
		for c := range n.host.Containers() {
			if sandbox, r := c.lastSandbox(); r != nil && c.linkTo(n) != nil {
				info.Containers[c.id] = dockerapi.NetworkContainer{Name: c.Name(), EndpointID: sandbox.endpoint}
			}
		}
		return info
	}
	if n.since28() {
		info.Status.IPAM.Subnets = n.countAddrs()
	}
	if n.name == bridgeNetwork {
		info.Options = n.docker0Options()
	}
	families := cfg.families()
	if n.since28() && len(families) > 1 && cfg.v6.given && !cfg.v4.given {
		slices.Reverse(families) // what was asked for comes first
	}
	for _, f := range families {
		asked := f.asked
		if n.restored.Load() || n.host.engine.TellsGateways() {
			asked.Gateway = addrString(f.gateway)
		}
		info.IPAM.Config = append(info.IPAM.Config, asked)
	}
	if cfg.unused6.Subnet != "" {
		info.IPAM.Config = append(info.IPAM.Config, cfg.unused6)
	}
	for c := range n.host.Containers() {
		l := c.linkTo(n)
		if l == nil || l.endpoint() == nil {
			continue
		}
		ep := l.endpoint()
		e := dockerapi.NetworkContainer{
			Name: c.Name(), EndpointID: ep.id, MacAddress: ep.mac.String(),
		}
		if ep.addr.IsValid() {
			e.IPv4Address = cfg.v4.prefix(ep.addr).String()
		}
		if ep.addr6.IsValid() {
			e.IPv6Address = cfg.v6.prefix(ep.addr6).String()
		}
		info.Containers[c.id] = e
	}
	return info
}

func (n *Network) since28() bool { return n.host.engine.SeveralNetworks() }

// countAddrs counts the addresses of each subnet.
func (n *Network) countAddrs() map[string]dockerapi.SubnetStatus {
	n.host.mu.Lock()
	defer n.host.mu.Unlock()
	m := make(map[string]dockerapi.SubnetStatus)
	for _, f := range n.config().families() {
		used, free := f.pool.Count()
		m[f.subnet.String()] = dockerapi.SubnetStatus{IPsInUse: used, DynamicIPsAvailable: free}
	}
	return m
}
