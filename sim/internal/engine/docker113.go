package engine

import (
	"cmp"
	"iter"
	"net/netip"
	"slices"

	"drydock/sim/internal/ports"
)

// Docker113 is Docker 1.13.1 of February 2017, as CentOS 7 has it. There are no recordings of
// it: what stands here is read from its source, v1.13.1 of moby with the libnetwork of that
// time, and agrees with two sessions that were printed then.
//
// It is told apart from Docker20 by isolation with two rules for each pair of networks, by no
// chain for the user, by IPv6 that is never switched off, by addresses without a broadcast
// address, and by ports that are published on 0.0.0.0 alone.
var Docker113 Engine = docker113{}

type docker113 struct{ common }

func (docker113) Release() Release {
	return Release{Name: "1.13", Version: "1.13.1", APIVersion: "1.26", MinAPIVersion: "1.12"}
}

func (docker113) HostRules(d Daemon) []string {
	return slices.Concat([]string{
		"-N DOCKER",
		"-N DOCKER-ISOLATION",
		"-A DOCKER-ISOLATION -j RETURN",
	}, natRules(d))
}

func (docker113) TopRules() []string { return []string{"-I FORWARD -j DOCKER-ISOLATION"} }

// NetworkRules have the jump to DOCKER above that for known connections: a packet of one is
// compared with the rules of all ports first.
func (docker113) NetworkRules(n Network, others iter.Seq[Network]) []string {
	rules := bridgeRules(n, "DOCKER-ISOLATION")
	if n.Internal {
		return rules
	}
	rules = append(rules, n.fillIn(
		"-I FORWARD -i BRIDGE ! -o BRIDGE -j ACCEPT",
		"-I FORWARD -o BRIDGE -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
		"-I FORWARD -o BRIDGE -j DOCKER")...)
	for o := range others {
		if !o.Internal {
			rules = append(rules,
				"-I DOCKER-ISOLATION -i "+n.Bridge+" -o "+o.Bridge+" -j DROP",
				"-I DOCKER-ISOLATION -i "+o.Bridge+" -o "+n.Bridge+" -j DROP")
		}
	}
	return rules
}

// Requests are for one address: 0.0.0.0 stands for IPv6 as well, see ProxyNetwork.
func (docker113) Requests(n Network, _ Served, plan []ports.Publication) []ports.Request {
	return eachAddr(plan, func(p ports.Publication) []netip.Addr { return p.HostAddrs(n.Daemon.PublishAddr)[:1] })
}

// ProxyNetwork is that of both families. What listens there on 0.0.0.0 has IPv6, too, as
// Go's package net does it.
func (docker113) ProxyNetwork(b ports.Binding) string { return b.Port.Proto.String() }

// ForgetsConnections is false: that came with the release that followed.
func (docker113) ForgetsConnections() bool { return false }

func (docker113) AnyPort() bool { return false }

// NextPool is the first that is free: what was given back is the next to be taken.
func (docker113) NextPool(pools []netip.Prefix, _ int, inUse []netip.Prefix) (int, bool) {
	return firstFree(pools, inUse)
}

// ComparePriority puts networks that are not internal first and else goes by the bytes of their
// names. dockerd keeps a heap by that order; of three networks and more the first is the same,
// and the others may be in another order there.
func (docker113) ComparePriority(a, b Network) int {
	return cmp.Or(compareBool(a.Internal, b.Internal), cmp.Compare(a.Name, b.Name))
}

// IPv6Everywhere is as the kernel makes namespaces: dockerd changes nothing there.
func (docker113) IPv6Everywhere() bool { return true }

// Broadcast is false: dockerd does not tell the kernel one, and its library for that did not
// compute it yet.
func (docker113) Broadcast() bool { return false }

// Aliases are those asked for and the short ID.
func (docker113) Aliases(asked []string, id, _ string) []string {
	return append(slices.Clone(asked), id[:12])
}

// Hosts has no lines for IPv6 addresses of links.
func (docker113) Hosts(h Hosts) string { return h.text(beginning, 1) }

// JoinHosts has no lines for IPv6 addresses, and the name as it is.
func (docker113) JoinHosts(text string, own ...Host) string {
	for _, o := range own {
		if !o.Addr.Is6() {
			text += hostsLine(o.Addr, o.Name)
		}
	}
	return text
}

// EmbeddedResolvConf adds its option in any case. C libraries take the last one.
func (docker113) EmbeddedResolvConf(_ ResolvConf, text string, _ bool) string {
	c := readResolvConf(text).embed()
	c.options = append(c.options, "ndots:0")
	return c.String()
}

// Forwarding keeps names without dots if an option asked for dots, although the option that is
// added says otherwise.
func (docker113) Forwarding(_ ResolvConf, text string) Forwarding {
	return Forwarding{KeepSingleLabels: readResolvConf(text).ndots() > 0, FirstReply: true}
}

// Upstreams are what the container's file had at the start.
func (e docker113) Upstreams(made ResolvConf, text string) []Upstream {
	return firstUpstreams(readResolvConf(e.ResolvConf(made)).upstreams(false), readResolvConf(text).upstreams(false))
}

func (docker113) ConfigNetworks() bool { return false }

// KillsPaused is false: containers must be unpaused before.
func (docker113) KillsPaused() bool { return false }

func (docker113) Messages() *Messages { return messages113 }

var messages113 = messages.with(func(m *Messages) {
	m.NameInUse = "Conflict. The container name %q is already in use by container %s. You have to remove (or rename) that container to be able to reuse that name."
	m.Kill = "Cannot kill container %s: %v"
	m.ExecFailed = "rpc error: code = 2 desc = oci runtime error: exec failed: container_linux.go:247: starting container process caused %q"
	m.StartFailed = "oci runtime error: container_linux.go:247: starting container process caused %q"
	m.StartPaused = "Cannot start a paused container, try unpause instead."
	m.Shim = "docker-containerd-shim %[1]s /var/run/docker/libcontainerd/%[1]s docker-runc"
	m.RemoveRestarting = "You cannot remove a running container %[1]s. Stop the container before attempting removal or use -f"
	m.RemoveRunning = "You cannot remove a running container %[1]s. Stop the container before attempting removal or use -f"
	m.RemovePaused = "You cannot remove a running container %[1]s. Stop the container before attempting removal or use -f"
	m.NamespaceOptions = "Conflicting options: %s network mode"
	m.LinkNotFound = "Could not get container for %s"
	m.LinkHost = "Conflicting options: host type networking can't be used with links. This would result in undefined behavior"
	m.CreatePredefined = "%s is a pre-defined network and cannot be created"
	m.HasEndpoints = "network %[1]s has active endpoints"
	m.AliasPredefined = "Network-scoped alias is supported only for containers in user defined networks"
	m.AddrPredefined = "User specified IP address is supported on user defined networks only"
	m.AddrOnAutoSubnet = "User specified IP address is supported only when connecting to networks with user configured subnets"
	m.EndpointExists = "service endpoint with name %[1]s already exists"
	m.ConnectHost = "Container cannot be disconnected from host network or connected to host network"
	m.DisconnectHost = m.ConnectHost
	m.ConnectShared = "Container sharing network namespace with another container or host cannot be connected to any other network"
	m.ConnectPrivate = "Container cannot be connected to multiple networks with one of the networks in private (none) mode"
	m.NotConnected = "container %[1]s is not connected to the network"
})
