package engine

import (
	"cmp"
	"iter"
	"net/netip"
	"slices"
	"strings"

	"drydock/dnsd"
	"drydock/sim/dockerapi"
	"drydock/sim/internal/ports"
)

// Docker20 is Docker Engine 20.10.24, with iptables 1.8.9 and docker-proxy, as Debian 12 has it.
// It is told apart from later releases by its chains (FORWARD is spliced, isolation has two
// stages), by MACs made of addresses, and by pools that go round.
var Docker20 Engine = docker20{}

type docker20 struct{ common }

func (docker20) Release() Release {
	return Release{Name: "20.10", Version: "20.10.24", APIVersion: "1.41", MinAPIVersion: "1.12", Listens: "[fd://]", NetworkOptions: []string{dockerapi.OptionHostIPv4}}
}

// HostRules make the chains. Isolation has two stages: the first catches what leaves a bridge
// for another interface, the second drops that if the other is a bridge of Docker's too. So two
// rules for each network do, and not one for each pair. DOCKER-USER is the user's: dockerd
// makes it and leaves it alone.
func (docker20) HostRules(d Daemon) []string {
	return slices.Concat([]string{
		"-N DOCKER",
		"-N DOCKER-ISOLATION-STAGE-1",
		"-N DOCKER-ISOLATION-STAGE-2",
		"-A DOCKER-ISOLATION-STAGE-1 -j RETURN",
		"-A DOCKER-ISOLATION-STAGE-2 -j RETURN",
		"-N DOCKER-USER",
		"-A DOCKER-USER -j RETURN",
		"-A FORWARD -j DOCKER-USER",
		"-A FORWARD -j DOCKER-ISOLATION-STAGE-1",
	}, natRules(d))
}

// TopRules end as the first two of FORWARD, DOCKER-USER before the other: NetworkRules are
// inserted above them.
func (docker20) TopRules() []string {
	return []string{"-I FORWARD -j DOCKER-ISOLATION-STAGE-1", "-I FORWARD -j DOCKER-USER"}
}

func (docker20) NetworkRules(n Network, _ iter.Seq[Network]) []string {
	rules := bridgeRules(n, "DOCKER-ISOLATION-STAGE-1")
	if n.Internal {
		return rules
	}
	return append(rules, n.fillIn(
		"-I FORWARD -i BRIDGE ! -o BRIDGE -j ACCEPT",
		"-I FORWARD -o BRIDGE -j DOCKER",
		"-I FORWARD -o BRIDGE -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
		"-I DOCKER-ISOLATION-STAGE-1 -i BRIDGE ! -o BRIDGE -j DOCKER-ISOLATION-STAGE-2",
		"-I DOCKER-ISOLATION-STAGE-2 -o BRIDGE -j DROP")...)
}

// Requests are for IPv4 addresses alone without the userland proxy, since there are rules for
// no others.
func (docker20) Requests(n Network, _ Served, plan []ports.Publication) []ports.Request {
	return eachAddr(plan, func(p ports.Publication) []netip.Addr {
		addrs := p.HostAddrs(n.Daemon.PublishAddr)
		if !n.Daemon.UserlandProxy {
			addrs = slices.DeleteFunc(addrs, netip.Addr.Is6)
		}
		return addrs
	})
}

// ProxyNetwork is of one family, since there is a proxy for each.
func (docker20) ProxyNetwork(b ports.Binding) string { return b.Network() }

func (docker20) ForgetsConnections() bool { return true }

// NextPool goes round: one that was given back waits until all others had their turn.
func (docker20) NextPool(pools []netip.Prefix, last int, inUse []netip.Prefix) (int, bool) {
	for i := range pools {
		index := (last + 1 + i) % len(pools)
		if !slices.ContainsFunc(inUse, pools[index].Overlaps) {
			return index, true
		}
	}
	return last, false
}

// ComparePriority puts networks that are not internal first, of those the ones with IPv6, and
// else goes by the bytes of their names: Zed, alpha, bridge.
func (docker20) ComparePriority(a, b Network) int {
	return cmp.Or(
		compareBool(a.Internal, b.Internal),
		compareBool(b.V6.Subnet.IsValid(), a.V6.Subnet.IsValid()),
		cmp.Compare(a.Name, b.Name),
	)
}

// IPv6Everywhere is false: dockerd sets disable_ipv6 in each namespace, and unsets it for the
// interfaces that get an IPv6 address, and for lo with them.
func (docker20) IPv6Everywhere() bool { return false }

func (docker20) Broadcast() bool { return true }

// Aliases are those asked for, the short ID and the hostname. Inspect tells them as well.
func (docker20) Aliases(asked []string, id, hostname string) []string {
	list := append(slices.Clone(asked), id[:12])
	if hostname != "" {
		list = append(list, hostname)
	}
	return list
}

// Hosts has lines for all addresses of links.
func (docker20) Hosts(h Hosts) string { return h.text(beginning, 2) }

// JoinHosts has a name with a domain without it as well.
func (docker20) JoinHosts(text string, own ...Host) string {
	for _, o := range own {
		names := []string{o.Name}
		if short, _, ok := strings.Cut(o.Name, "."); ok {
			names = append(names, short)
		}
		text += hostsLine(o.Addr, names...)
	}
	return text
}

// EmbeddedResolvConf has names without dots tried as they are, unless an option says otherwise.
func (docker20) EmbeddedResolvConf(_ ResolvConf, text string, _ bool) string {
	c := readResolvConf(text).embed()
	if !c.setsNdots() {
		c.options = append(c.options, "ndots:0")
	}
	return c.String()
}

// Forwarding passes failures on to the next upstream. Names without dots are kept if they are
// to be completed first.
func (e docker20) Forwarding(made ResolvConf, text string) Forwarding {
	return Forwarding{KeepSingleLabels: dnsd.ParseResolvConf(e.EmbeddedResolvConf(made, text, false)).Ndots() > 0}
}

// Upstreams are those of the host, also where the container's file lacks them for being on the
// host's loopback interface; those on that of the container if they were given for it.
func (e docker20) Upstreams(made ResolvConf, text string) []Upstream {
	first := readResolvConf(made.Host).upstreams(true)
	if made.given() {
		first = readResolvConf(e.ResolvConf(made)).upstreams(false)
	}
	return firstUpstreams(first, readResolvConf(text).upstreams(false))
}

// Messages are as recorded.
func (docker20) Messages() *Messages { return messages20 }

var messages20 = messages.with(func(m *Messages) {
	m.NameInUse = "Conflict. The container name %q is already in use by container %q. You have to remove (or rename) that container to be able to reuse that name."
	m.Kill = "Cannot kill container: %s: %v"
	m.StartPaused = "cannot start a paused container, try unpause instead"
	m.RemoveRestarting = "You cannot remove a restarting container %[1]s. Stop the container before attempting removal or force remove"
	m.RemoveRunning = "You cannot remove a running container %[1]s. Stop the container before attempting removal or force remove"
	m.RemovePaused = "You cannot remove a paused container %[1]s. Unpause and then stop the container before attempting removal or force remove"
	m.NamespaceOptions = "conflicting options: %s network mode"
	m.LinkNotFound = "could not get container for %s: No such container: %[1]s"
	m.LinkHost = "conflicting options: host type networking can't be used with links. This would result in undefined behavior"
	m.CreatePredefined = "operation is not permitted on predefined %s network"
	m.HasEndpoints = "error while removing network: network %[1]s id %[2]s has active endpoints"
	m.AliasPredefined = "network-scoped alias is supported only for containers in user defined networks"
	m.AddrPredefined = "user specified IP address is supported on user defined networks only"
	m.AddrOnAutoSubnet = "user specified IP address is supported only when connecting to networks with user configured subnets"
	m.EndpointExists = "endpoint with name %s already exists in network %s"
	m.ConnectHost = "container cannot be disconnected from host network or connected to host network"
	m.DisconnectHost = m.ConnectHost
	m.ConnectShared = "container sharing network namespace with another container or host cannot be connected to any other network"
	m.ConnectPrivate = "container cannot be connected to multiple networks with one of the networks in private (none) mode"
	m.NotConnected = "container %s is not connected to network %s"
})
