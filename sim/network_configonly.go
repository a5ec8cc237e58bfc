package sim

import (
	"maps"
	"slices"

	"drydock/dnsd"
	"drydock/sim/dockerapi"
)

// A configuration network (docker network create --config-only) has no bridge and no addresses. Others
// are made with what it was asked for (--config-from), and it stays as long as they do.

// configured returns a spec with what it takes from a configuration network.
func (h *Host) configured(spec dockerapi.NetworkCreate) (dockerapi.NetworkCreate, error) {
	refused := func(message string) error {
		return newError(opCreateNetwork, spec.Name, ErrConfigOnly, message)
	}
	switch {
	case !spec.ConfigOnly && spec.ConfigFrom == nil:
		return spec, nil
	case !h.engine.ConfigNetworks():
		return spec, errUnsupported(spec.Name, "ConfigOnly")
	case spec.ConfigOnly && (spec.Internal || spec.Attachable || spec.Ingress || spec.Scope != ""):
		return spec, refused("configuration network can only contain network specific fields. Network operator fields like [ ingress | internal | attachable | scope ] are not supported.")
	case spec.ConfigOnly && spec.ConfigFrom != nil:
		return spec, refused("a configuration network cannot depend on another configuration network")
	case spec.ConfigOnly:
		return spec, nil
	case spec.EnableIPv4 != nil && !*spec.EnableIPv4, spec.EnableIPv6, len(spec.Labels) > 0, len(spec.IPAM.Options) > 0, len(spec.IPAM.Config) > 0,
		spec.IPAM.Driver != "" && spec.IPAM.Driver != "default":
		return spec, refused("user specified configurations are not supported if the network depends on a configuration network")
	case len(spec.Options) > 0:
		return spec, refused("network driver options are not supported if the network depends on a configuration network")
	}
	from := h.configNetwork(spec.ConfigFrom.Network)
	if from == nil {
		return spec, errorf(opCreateNetwork, spec.Name, ErrNotFound, "configuration network %q does not exist", spec.ConfigFrom.Network)
	}
	c := from.config().configures
	spec.EnableIPv4, spec.EnableIPv6, spec.Labels, spec.IPAM, spec.Options = c.EnableIPv4, c.EnableIPv6, c.Labels, c.IPAM, c.Options
	return spec, nil
}

// configNetwork returns the configuration network of that name, nil if there is none.
func (h *Host) configNetwork(name string) *Network {
	for n := range h.Networks() {
		if n.name == name && n.configOnly() {
			return n
		}
	}
	return nil
}

// configOnly reports whether n is a configuration network.
func (n *Network) configOnly() bool { return n.config().configures != nil }

// createConfiguration makes a configuration network. Options of drivers are looked at when a network is
// made with them.
func (h *Host) createConfiguration(spec dockerapi.NetworkCreate) (*Network, error) {
	if err := h.engine.CheckIPAM(spec.IPAM.Config, spec.EnableIPv6); err != nil {
		return nil, newError(opCreateNetwork, spec.Name, ErrAddress, err.Error())
	}
	spec.Labels, spec.Options, spec.IPAM.Config = cloneMap(spec.Labels), cloneMap(spec.Options), cloneIPAM(spec.IPAM.Config)
	if spec.EnableIPv4 != nil {
		spec.EnableIPv4 = new(*spec.EnableIPv4)
	}
	cfg := networkConfig{engine: h.engine, says: h.says, configures: &spec, options: spec.Options, labels: spec.Labels}
	h.devices <- struct{}{}
	defer func() { <-h.devices }()
	n := h.newNetwork(spec.Name, "null", cfg)
	n.zone = dnsd.NewZone(spec.Name)
	if err := h.checkName(n); err != nil {
		return nil, err
	}
	h.addNetwork(n)
	n.event("create")
	return n, nil
}

// cloneIPAM returns a list that shares nothing.
func cloneIPAM(list []dockerapi.IPAMConfig) []dockerapi.IPAMConfig {
	list = slices.Clone(list)
	for i := range list {
		list[i].AuxAddresses = maps.Clone(list[i].AuxAddresses)
	}
	return list
}

func (h *Host) checkName(n *Network) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.checkNetworkLocked(n)
}

// errConfigOnly refuses endpoints on a configuration network.
func (n *Network) errConfigOnly(op string) error {
	if !n.configOnly() {
		return nil
	}
	return newError(op, n.name, ErrConfigOnly, "cannot create endpoint on configuration-only network")
}

// configuresLocked reports whether a network was made with the configuration of n.
//
// +checklocks:n.host.mu
func (n *Network) configuresLocked() bool {
	return n.configOnly() && slices.ContainsFunc(n.host.networks, func(o *Network) bool { return o.config().configFrom == n.name })
}

// tellConfiguration adds what Inspect tells of a configuration network.
func (n *Network) tellConfiguration(info *dockerapi.Network) {
	spec := n.config().configures
	info.ConfigOnly, info.EnableIPv6 = true, spec.EnableIPv6
	if n.since28() {
		info.EnableIPv4 = spec.EnableIPv4 == nil || *spec.EnableIPv4
	}
	for _, c := range cloneIPAM(spec.IPAM.Config) {
		if c.Subnet != "" {
			info.IPAM.Config = append(info.IPAM.Config, c)
		}
	}
}
