package sim

import (
	"iter"
	"net/netip"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"drydock/sim/internal/engine"
	"drydock/veth"

	"github.com/fvbommel/sortorder"
	"github.com/miekg/dns"
)

// A Host is a Machine that runs Docker: it has docker0, the networks "bridge", "host" and
// "none", Docker's rules in its Firewall, and makes containers and further networks.
// NewHost makes hosts. Its methods are safe for concurrent use.
type Host struct {
	*Machine
	daemon   daemonConfig
	engine   engine.Engine
	wrapDNS  func(dns.Handler) dns.Handler
	ports    publisher
	firewall firewall

	mains sync.WaitGroup // the goroutines of images' main functions

	mu         sync.Mutex
	lastPool   int                   // +checklocks:mu; index of the default pool handed out last, at first -1
	networks   []*Network            // +checklocks:mu
	containers []*Container          // +checklocks:mu; in the order of their creation
	byName     map[string]*Container // +checklocks:mu; the same
}

// NewHost returns a running host. The caller must Close it.
func NewHost(opts ...HostOption) (*Host, error) {
	cfg := hostConfig{machineConfig: newMachineConfig("docker"), daemon: daemonConfig{docker0: networkConfig{mtu: veth.DefaultMTU}, pools: engine.Docker20.DefaultPools()}}
	for _, opt := range opts {
		if err := opt.applyHost(&cfg); err != nil {
			return nil, err
		}
	}
	m, err := newMachine(&cfg.machineConfig)
	if err != nil {
		return nil, err
	}
	h := &Host{Machine: m, daemon: cfg.daemon, engine: engine.Docker20, wrapDNS: cfg.wrapDNS, lastPool: -1, byName: make(map[string]*Container)}
	m.services, m.reroute = h.stopDocker, h.reroute
	if err := m.labelled(func() error { return h.boot(&cfg) }); err != nil {
		m.Close()
		return nil, err
	}
	return h, nil
}

func (h *Host) boot(cfg *hostConfig) error {
	if err := h.Machine.boot(&cfg.machineConfig); err != nil {
		return err
	}
	h.own.ports = h.portInterfaces
	docker0, err := h.docker0()
	if err != nil {
		return err
	}
	return h.startDocker(docker0)
}

// startDocker does what dockerd does when it starts.
func (h *Host) startDocker(docker0 networkConfig) error {
	if !h.daemon.noForward {
		if err := h.settings.set(ipForward, "1"); err != nil {
			return err
		}
	}
	h.ports.open(h)
	if !h.daemon.noIPTables {
		h.firewall.rules = h.tables.IPv4()
	}
	if err := h.firewall.add(h.engine.HostRules(h.daemon.forEngine())); err != nil {
		return err
	}
	predefined := []*Network{
		{name: bridgeNetwork, driver: "bridge", config: docker0},
		{name: hostNetwork, driver: "host"},
		{name: noneNetwork, driver: "null"},
	}
	for _, n := range predefined {
		n.host, n.id, n.created = h, h.random.id("network id"), time.Now()
		h.addNetwork(n)
	}
	return predefined[0].open("docker0")
}

// stopDocker kills all containers and closes the networks.
func (h *Host) stopDocker() {
	h.mu.Lock()
	containers := slices.Clone(h.containers)
	h.mu.Unlock()
	killAll(containers)
	h.mains.Wait()
	h.ports.close()
	for n := range h.Networks() {
		if n.bridge != nil {
			n.bridge.Close()
		}
	}
}

// Network returns the network with that name or ID.
func (h *Host) Network(name string) (*Network, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, n := range h.networks {
		if n.name == name || n.id == name {
			return n, true
		}
	}
	return nil, false
}

// Networks returns the networks by name, numbers in names by their value, as "docker
// network ls" does: Zed, alpha, n9, n10.
func (h *Host) Networks() iter.Seq[*Network] {
	h.mu.Lock()
	list := slices.Clone(h.networks)
	h.mu.Unlock()
	sort.Slice(list, func(i, j int) bool { return sortorder.NaturalLess(list[i].name, list[j].name) })
	return slices.Values(list)
}

// Container returns the container with that ID, else the one with that name, else the
// one with an ID that begins so if no other does. "client/alias" is what the container
// "client" is linked to.
func (h *Host) Container(name string) (*Container, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := h.findLocked(name)
	return c, c != nil
}

func (h *Host) findLocked(name string) *Container {
	if client, alias, ok := strings.Cut(strings.TrimPrefix(name, "/"), "/"); ok {
		return h.linkedLocked(client, alias)
	}
	var byName *Container
	var byPrefix []*Container
	for _, c := range h.containers {
		switch {
		case c.id == name:
			return c
		case c.Name() == strings.TrimPrefix(name, "/"):
			byName = c
		case name != "" && strings.HasPrefix(c.id, name):
			byPrefix = append(byPrefix, c)
		}
	}
	if byName == nil && len(byPrefix) == 1 {
		return byPrefix[0]
	}
	return byName
}

// linkedLocked returns the container that a link of the default bridge leads to.
func (h *Host) linkedLocked(client, alias string) *Container {
	for _, c := range h.containers {
		for _, l := range c.config.links {
			if c.Name() == client && l.alias == alias && slices.Contains(h.containers, l.target) {
				return l.target
			}
		}
	}
	return nil
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
				list = append(list, ep.portInterface(l.asked.network.device))
			}
		}
	}
	return list
}

// nextPoolLocked returns the next default pool, if one overlaps with nothing in use.
func (h *Host) nextPoolLocked(inUse []netip.Prefix) (pool netip.Prefix, ok bool) {
	if h.lastPool, ok = h.engine.NextPool(h.daemon.pools, h.lastPool, inUse); ok {
		pool = h.daemon.pools[h.lastPool]
	}
	return pool, ok
}

// onLink returns the networks that the host has an interface on.
func (h *Host) onLink() []netip.Prefix {
	var list []netip.Prefix
	for _, r := range h.own.stack.Routes() {
		if !r.Via.IsValid() {
			list = append(list, r.Dst)
		}
	}
	return list
}

// subnetsLocked returns the subnets of the networks.
func (h *Host) subnetsLocked() []netip.Prefix {
	var list []netip.Prefix
	for _, n := range h.networks {
		list = append(list, n.Subnets()...)
	}
	return list
}
