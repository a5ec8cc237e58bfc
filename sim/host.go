package sim

import (
	"iter"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"

	"drydock/sim/internal/engine"
	"drydock/sim/internal/feed"
	"drydock/sim/internal/netstack"
	"drydock/sim/internal/ports"
	"drydock/veth"

	"github.com/miekg/dns"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A Host is a Machine that runs Docker: it has docker0, the networks "bridge", "host" and
// "none", Docker's rules in its Firewall, and makes containers and further networks.
// NewHost makes hosts. Its methods are safe for concurrent use.
//
// # What Docker does
//
// It is taken from recordings of Docker Engine 20.10.24, with which the tests compare, unless
// WithEngine chooses another release:
//
//   - docker0 and the networks bridge, host and none; --network none, host and
//     container:NAME; networks with subnet, gateway, IP range, MTU, internal, without ICC or
//     masquerading; several networks a container, connected and disconnected while it runs.
//   - The rules, chain by chain, as iptables-save shows them; isolation between networks;
//     masquerading; published ports with -p's syntax and -P, the userland proxy, and who is
//     seen as whom; links with their lines in /etc/hosts, environment and rules.
//   - Names on networks of one's own: the embedded resolver at 127.0.0.11, by UDP and TCP,
//     with names, aliases, short IDs, hostnames and PTR; forwarding to nameservers on the LAN;
//     resolv.conf with search list and options.
//   - What the daemon leaves when it stops and finds when it starts: see StopDaemon.
//   - IPv6 on networks that have a subnet of it, and nowhere else, routed between networks
//     without rules.
//   - The lowest free address at each start; MACs, IDs, hostnames, ifindexes and names of
//     interfaces as Docker gives them; exit statuses; refusals in Docker's own words.
type Host struct {
	*Machine
	flags    daemonConfig                 // what options say: dockerd's command line
	options  atomic.Pointer[daemonConfig] // flags, and what dockerd has read from its file
	engine   engine.Engine
	says     *engine.Messages // the engine's
	wrapDNS  func(dns.Handler) dns.Handler
	ports    publisher
	resolver *netstack.Stack // dockerd's sockets, of the embedded resolvers

	daemonRun daemonRun
	// Held by who stops or starts dockerd, for the reason that Container.life is a channel.
	daemonTurn chan struct{}

	events     feed.Feed[Event]
	questions  feed.Feed[Question]
	executions executions

	mains sync.WaitGroup // the goroutines of images' main functions

	mu sync.Mutex
	// Index of the default pool handed out last, at first -1.
	lastPool int        // +checklocks:mu
	networks []*Network // +checklocks:mu
	// In the order of their creation.
	containers []*Container // +checklocks:mu
	// The same.
	byName map[string]*Container // +checklocks:mu
	// In the order in which they came.
	images []storedImage // +checklocks:mu
	// What can be pulled, by the name under which it was given.
	registry []storedImage // +checklocks:mu
}

// NewHost returns a running host. The caller must Close it.
func NewHost(opts ...HostOption) (*Host, error) {
	release, err := releaseOf(opts)
	if err != nil {
		return nil, err
	}
	cfg := hostConfig{machineConfig: newMachineConfig("create host", "docker"), daemon: daemonConfig{
		docker0: networkConfig{says: release.Messages(), newOptions: release.Release().NetworkOptions, mtu: veth.DefaultMTU}, pools: release.DefaultPools(),
	}}
	for _, opt := range opts {
		if err := opt.applyHost(&cfg); err != nil {
			return nil, err
		}
	}
	if err := cfg.daemon.checkFlags(cfg.name, release.Release()); err != nil {
		return nil, err
	}
	m, err := newMachine(&cfg.machineConfig)
	if err != nil {
		return nil, err
	}
	h := &Host{Machine: m, flags: cfg.daemon, engine: release, says: release.Messages(), wrapDNS: cfg.wrapDNS, lastPool: -1, byName: make(map[string]*Container), daemonTurn: make(chan struct{}, 1)}
	h.options.Store(&h.flags)
	m.services, m.reroute, m.self = h.stopDocker, h.reroute, h
	err = m.labelled(func() error { return h.boot(&cfg) })
	for _, image := range cfg.images {
		if err == nil {
			err = h.AddImage(image)
		}
	}
	if err != nil {
		m.Close()
		return nil, err
	}
	return h, nil
}

// boot starts the machine and then Docker on it, as a computer does: an uplink that has
// 172.17.0.0/16 is there before docker0, which then gets another subnet.
func (h *Host) boot(cfg *hostConfig) error {
	if err := h.Machine.boot(&cfg.machineConfig); err != nil {
		return err
	}
	h.own.ports, h.own.port, h.own.filter = h.portInterfaces, h.portEndpoint, &bridgeFilter{tables: h.tables}
	docker0, err := h.docker0(&h.flags, nil)
	if err != nil {
		return err
	}
	return h.startDocker(docker0)
}

// startDocker does what dockerd does when it starts.
func (h *Host) startDocker(docker0 networkConfig) error {
	h.daemonRun.begin()
	if h.dockerd().nftables {
		for _, family := range []string{ipForward, ipForward6} {
			if err := h.own.settings.set(family, "1"); err != nil {
				return err
			}
		}
	}
	h.Processes().Include(h.dockerProcesses)
	h.ports = publisher{
		engine: h.engine, daemon: func() engine.Daemon { return h.dockerd().forEngine() }, firewall: h.firewall, tables: h.tables, processes: h.Processes(),
		allocated: ports.Allocator{Exclusive: h.engine.PortsExclude()},
	}
	h.ports.proxies.asAsked = h.engine.RepliesAsAsked()
	h.own.proxies = &h.ports.proxies
	h.ports.sockets = h.own.stack.ShareAs("", netstack.Program{PIDs: &h.work.processes, Name: dockerProxy})
	h.resolver = h.own.stack.ShareAs("", netstack.Program{PIDs: &h.work.processes, Name: dockerd})
	h.ports.dockerd = h.resolver
	if err := h.firewall().add(h.engine.HostRules(h.dockerd().forEngine())); err != nil {
		return err
	}
	if err := h.forward(ipForward); err != nil {
		return err
	}
	predefined := []*Network{
		h.newNetwork(bridgeNetwork, "bridge", docker0),
		h.newNetwork(hostNetwork, "host", networkConfig{}),
		h.newNetwork(noneNetwork, "null", networkConfig{}),
	}
	for _, n := range predefined {
		h.addNetwork(n)
	}
	if err := predefined[0].open("docker0"); err != nil {
		return err
	}
	return h.noteForwarding()
}

// stopDocker kills all containers and closes the networks. Main functions are waited for
// before the proxies close, since they may still answer what came through them. The rules of
// networks stay: the tables end with the machine.
func (h *Host) stopDocker() {
	h.mu.Lock()
	containers, networks := slices.Clone(h.containers), slices.Clone(h.networks)
	h.mu.Unlock()
	killAll(containers)
	h.mains.Wait()
	h.ports.close()
	if h.resolver != nil {
		h.resolver.Leave(true)
	}
	for _, n := range networks {
		if n.bridge != nil {
			n.bridge.Close()
		}
	}
	h.daemonRun.end()
	h.events.Close()
}

// Engine returns which Docker the host runs.
func (h *Host) Engine() Engine {
	r := h.engine.Release()
	return Engine{Release(r.Name), r.Version, r.APIVersion, r.MinAPIVersion}
}

// has reports whether a container was made on the host and not removed.
func (h *Host) has(c *Container) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Contains(h.containers, c)
}

// Containers returns the containers, the newest first, as "docker ps -a" does.
func (h *Host) Containers() iter.Seq[*Container] {
	h.mu.Lock()
	list := slices.Clone(h.containers)
	h.mu.Unlock()
	slices.Reverse(list)
	return slices.Values(list)
}

// portInterfaces returns the host's ends of the containers' cables.
func (h *Host) portInterfaces() (list []Interface) {
	for c := range h.Containers() {
		for _, l := range c.list() {
			if ep := l.endpoint(); ep != nil {
				i := ep.portInterface(l.asked.network.device)
				i.Qdisc = rootKind(h.own.qdiscsOf(ep.outside))
				list = append(list, i)
			}
		}
	}
	return list
}

// portEndpoint returns the endpoint whose port has that name, nil if none has.
func (h *Host) portEndpoint(name string) *endpoint {
	for c := range h.Containers() {
		for _, l := range c.list() {
			if ep := l.endpoint(); ep != nil && ep.port == name {
				return ep
			}
		}
	}
	return nil
}

// nextPoolLocked returns the next default pool, if one overlaps with nothing in use.
//
// +checklocks:h.mu
func (h *Host) nextPoolLocked(pools, inUse []netip.Prefix) (pool netip.Prefix, ok bool) {
	if h.lastPool, ok = h.engine.NextPool(pools, h.lastPool, inUse); ok {
		pool = pools[h.lastPool]
	}
	return pool, ok
}

// subnetsLocked adds the subnets of the networks to a list.
//
// +checklocks:h.mu
func (h *Host) subnetsLocked(list []netip.Prefix) []netip.Prefix {
	list = slices.Grow(list, len(h.networks))
	for _, n := range h.networks {
		list = n.appendSubnets(list)
	}
	return list
}

// otherBridges are the networks with a bridge but n, in the order of their creation. The caller
// holds devices, by which they stay so. Most releases do not ask.
func (h *Host) otherBridges(n *Network) iter.Seq[engine.Network] {
	return func(yield func(engine.Network) bool) {
		h.mu.Lock()
		list := slices.Clone(h.networks)
		h.mu.Unlock()
		for _, o := range list {
			if o != n && o.bridge != nil && !yield(o.forEngine()) {
				return
			}
		}
	}
}

func (h *Host) addNetwork(n *Network) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.networks = append(h.networks, n)
}

// reroute makes the host receive a frame that a bridge must not carry, since its
// destination is translated.
func (h *Host) reroute(device string, pkt *stack.PacketBuffer) {
	if n := h.networkOf(device); n != nil { // else just removed
		n.bridge.PassUp(pkt)
	}
}

// networkOf returns the network with that bridge, nil if there is none.
func (h *Host) networkOf(device string) *Network {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, n := range h.networks {
		if n.device == device {
			return n
		}
	}
	return nil
}
