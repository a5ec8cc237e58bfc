package engine

import (
	"cmp"
	"iter"
	"net/netip"
	"slices"

	"drydock/sim/internal/ports"
)

// Docker29 is Docker Engine 29.7.2. Networks are kept from each other by the DROP of each alone.
var Docker29 Engine = docker29{}

type docker29 struct{ since28 }

func (docker29) Release() Release {
	return Release{
		Name: "29", Version: "29.7.2", APIVersion: "1.55", MinAPIVersion: "1.40", Listens: "[fd://]", Snapshotter: "overlayfs",
		Flags: append(slices.Clone(flagsSince28), "bridge-accept-fwmark", "firewall-backend"), NetworkOptions: optionsSince28,
	}
}

func (docker29) HostRules(d Daemon) []string {
	if d.Nftables {
		return nftHostRules(d)
	}
	return hostRules(d, "DOCKER-INTERNAL")
}

// ForwardRules are none for nftables, with which forwarding is not dockerd's to turn on.
func (e docker29) ForwardRules(d Daemon, six bool) []string {
	if d.Nftables {
		return nil
	}
	return e.since28.ForwardRules(d, six)
}

func (e docker29) ProxyRules(d Daemon) []string {
	if d.Nftables {
		return nil
	}
	return e.since28.ProxyRules(d)
}

func (e docker29) EndpointRules(n Network, addr netip.Addr) []string {
	if n.Daemon.Nftables && len(e.since28.EndpointRules(n, addr)) > 0 {
		return nftEndpointRules(n, addr)
	}
	return e.since28.EndpointRules(n, addr)
}

func (e docker29) PortRules(n Network, container netip.Addr, b ports.Binding) []string {
	if n.Daemon.Nftables {
		return nftPortRules(n, container, b)
	}
	return e.since28.PortRules(n, container, b)
}

func (e docker29) LinkRules(n Network, client, target netip.Addr, exposed []ports.Port) []string {
	if n.Daemon.Nftables && !n.ICC {
		return nftLinkRules(n, client, target, exposed)
	}
	return e.since28.LinkRules(n, client, target, exposed)
}

func (docker29) NetworkRules(n Network, _ iter.Seq[Network]) []string {
	if n.Daemon.Nftables {
		return nftNetworkRules(n)
	}
	if n.Internal {
		return n.internalRules("DOCKER-INTERNAL")
	}
	return n.externalRules()
}

// ExposesInside is true: ports are noted when a network is joined, and not when they are published.
func (docker29) ExposesInside() bool { return true }

func (docker29) TellsGateways() bool { return true }

func (docker29) AsksOfPools() bool { return true }

// Plan has all ports by their texts, "443/tcp" before "80/tcp": links are opened in that order.
func (docker29) Plan(published []ports.Publication, exposed []ports.Port, all bool) ([]ports.Publication, []ports.Port) {
	plan, list := ports.Plan(published, exposed, all)
	slices.SortFunc(list, func(a, b ports.Port) int { return cmp.Compare(a.String(), b.String()) })
	return plan, list
}

// MaskedPaths are those of 28 in the order of their names.
func (docker29) MaskedPaths() []string { return slices.Sorted(slices.Values(docker28{}.MaskedPaths())) }

// Environment has no variables of links, unless dockerd is told to keep them.
func (e docker29) Environment(v Environment) []string {
	if !v.KeepLinks {
		v.Links = nil
	}
	return e.since28.Environment(v)
}

func (docker29) Messages() *Messages { return messages29 }

var messages29 = messages28.with(func(m *Messages) {
	m.AlreadyPaused = "container %s is already paused"
	m.HostnameLong = "hostname %q is too long (maximum 64 bytes)"
	m.AddrPredefined = "user-specified IP address is supported on user-defined networks only"
	m.AddrOutside = "no configured subnet contains IP address %v"
	m.ConnectHost = "cannot connect container to host network - container must be created in host network mode"
	m.DisconnectHost = "cannot disconnect container from host network - container was created in host network mode"
	m.Listen = "failed to bind host port %[1]v/%[2]v: %[5]v"
	m.NoSCTP = "failed to create socket for %[1]v/%[2]v: %[5]v"
})
