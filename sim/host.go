package sim

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"log/slog"
	"math/rand/v2"
	"runtime/pprof"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"drydock/dnsd"
	"drydock/nat"
	"drydock/sim/internal/engine"
	"drydock/sim/internal/router"
	"drydock/sim/internal/slirp"
	"drydock/veth"

	"github.com/fvbommel/sortorder"
	"github.com/miekg/dns"
)

// A Host is an emulated machine that runs containers. It has a network namespace
// of its own with lo and docker0, in which it can dial, listen and ping like a
// container, and the networks "bridge", "host" and "none". NewHost makes hosts. Its
// methods are safe for concurrent use.
//
// Goroutines of a host carry the pprof label "drydock.host", so that profiles and
// leak checks can tell hosts apart.
type Host struct {
	machine
	ns      *netns // held from the start to Close
	virtual bool
	docker  bool
	daemon  daemonConfig
	engine  engine.Engine
	resolv  string // /etc/resolv.conf
	wrapDNS func(dns.Handler) dns.Handler
	log     *slog.Logger
	random  *generator
	tables  *nat.Tables
	uplinks []*uplink
	tap     *slirp.Net // nil without; belongs to the holder of networking
	ports   publisher

	mains sync.WaitGroup // the goroutines of images' main functions

	// networking is held by who creates or removes a network. It is a channel for
	// the reason that Container.life is one.
	networking chan struct{}

	mu         sync.Mutex // guards what follows
	closed     bool
	lastIndex  int // the highest ifindex given
	lastPool   int // index of the default pool handed out last
	networks   []*Network
	containers []*Container // in the order of their creation

	done chan struct{} // closed when Close has finished
}

// NewHost returns a running host. The caller must Close it.
func NewHost(opts ...HostOption) (*Host, error) {
	cfg := hostConfig{name: "docker", seed: rand.Uint64(), log: slog.Default(), daemon: daemonConfig{mtu: veth.DefaultMTU, pools: engine.Docker20.DefaultPools()}}
	for _, opt := range opts {
		if err := opt(&cfg); err != nil {
			return nil, err
		}
	}
	if !cfg.virtual && inBubble() {
		return nil, errorf("create host", cfg.name, ErrTime,
			"a host in a testing/synctest bubble needs WithVirtualTime: in real time it would stand still")
	}
	h := &Host{
		virtual: cfg.virtual, docker: !cfg.noDocker, daemon: cfg.daemon, engine: engine.Docker20, resolv: cfg.resolv, wrapDNS: cfg.wrapDNS,
		log: cfg.log, random: newGenerator(cfg.seed),
		networking: make(chan struct{}, 1),
		lastIndex:  1, // lo
		lastPool:   -1,
		done:       make(chan struct{}),
	}
	h.machine.host, h.machine.name = h, cfg.name
	if err := h.labelled(func() error { return h.boot(&cfg) }); err != nil {
		h.Close()
		return nil, err
	}
	return h, nil
}

func (h *Host) boot(cfg *hostConfig) error {
	h.tables = nat.New(nat.WithLogger(h.log), nat.WithSeed(h.random.seedOf("nat")), nat.OnDrop(h.logDrop), nat.WithRouter(h.reroute))
	ns, err := newNetns(h, "host", h.Name(), h.tables)
	if err != nil {
		return err
	}
	h.ns = ns
	if err := ns.stack.SetIPv6(true); err != nil {
		return err
	}
	ns.names.setConf(dnsd.ParseResolvConf(h.resolv), h.resolv, ns.stack, h.random.seedOf("dns host"))
	h.up(ns, h.Name())
	for _, u := range cfg.uplinks {
		if err := h.connect(u); err != nil {
			return err
		}
	}
	if cfg.realUplink {
		if err := h.openTap(true); err != nil {
			return err
		}
	}
	if !h.docker {
		return nil
	}
	docker0, err := h.docker0()
	if err != nil {
		return err
	}
	return h.startDocker(docker0)
}

// startDocker does what dockerd does when it starts.
func (h *Host) startDocker(docker0 networkConfig) error {
	if !h.daemon.noForward {
		if err := h.ns.stack.SetForwarding(true); err != nil {
			return err
		}
	}
	h.ports.open(h)
	if err := h.addHostRules(); err != nil {
		return err
	}
	for _, n := range []*Network{
		{name: bridgeNetwork, driver: "bridge", config: docker0},
		{name: hostNetwork, driver: "host"},
		{name: noneNetwork, driver: "null"},
	} {
		n.host, n.id, n.created = h, h.random.id("network id"), time.Now()
		h.networks = append(h.networks, n)
	}
	return h.networks[0].open("docker0")
}

// labelled runs fn so that the goroutines it starts carry the host's label. It does
// so in a goroutine of its own since pprof.Do takes the caller's labels away.
func (h *Host) labelled(fn func() error) error {
	done := make(chan error, 1)
	go pprof.Do(context.Background(), pprof.Labels("drydock.host", h.Label()), func(context.Context) { done <- fn() })
	return <-done
}

// Label returns the value of the label "drydock.host" on the goroutines of h. No
// other host of the process has it.
func (h *Host) Label() string { return fmt.Sprintf("%s %p", h.Name(), h) }

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

// Containers returns the containers, the newest first, as "docker ps -a" does.
func (h *Host) Containers() iter.Seq[*Container] {
	h.mu.Lock()
	list := slices.Clone(h.containers)
	h.mu.Unlock()
	slices.Reverse(list)
	return slices.Values(list)
}

// newIndexes returns the first of n consecutive interface indexes.
func (h *Host) newIndexes(n int) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lastIndex += n
	return h.lastIndex - n + 1
}

// addPorts completes the interfaces of the host's namespace with the host's ends
// of the containers' cables.
func (h *Host) addPorts(list []Interface) []Interface {
	for n := range h.Networks() {
		list = append(list, n.portInterfaces()...)
	}
	slices.SortFunc(list, func(a, b Interface) int { return cmp.Compare(a.Index, b.Index) })
	return list
}

// Close kills all containers and ends the host. It returns when no goroutine of
// the host is left but those of functions given to Container.Go that do not return:
// it waits for them, and logs after five seconds which they are. Further calls
// wait in the same way.
func (h *Host) Close() error {
	h.mu.Lock()
	closed := h.closed
	h.closed = true
	containers := slices.Clone(h.containers)
	h.mu.Unlock()
	if closed {
		<-h.done
		return nil
	}
	defer close(h.done)
	h.networking <- struct{}{} // wait for a network that is being created
	<-h.networking
	h.down(true) // first: functions of containers may wait for the host's sockets
	killAll(containers)
	h.mains.Wait()
	h.ports.close()
	if h.tap != nil {
		h.tap.Close()
	}
	for n := range h.Networks() {
		if n.bridge != nil {
			n.bridge.Close()
		}
	}
	for _, u := range h.uplinks {
		u.detach()
	}
	if h.ns != nil {
		h.ns.release()
	}
	return nil
}

// SetForwarding sets net.ipv4.ip_forward and net.ipv6.conf.all.forwarding: whether
// packets are routed that are not for the host. dockerd turns that of IPv4 on when it
// starts, that of IPv6 with the first network that has IPv6.
func (h *Host) SetForwarding(on bool) error {
	ns, _, err := h.open("set forwarding")
	if err != nil {
		return err
	}
	if err := ns.stack.SetForwarding(on); err != nil {
		return err
	}
	return ns.stack.SetForwarding6(on)
}

// SetRPFilter sets net.ipv4.conf.all.rp_filter: 0, the default, lets IPv4 packets arrive
// from anywhere, 1 those whose source is reached by the interface that they came by, 2
// those whose source is reached at all.
func (h *Host) SetRPFilter(mode int) error {
	const op = "set rp_filter"
	ns, _, err := h.open(op)
	if err != nil {
		return err
	}
	if mode < int(router.RPOff) || mode > int(router.RPLoose) {
		return errorf(op, h.Name(), ErrAddress, "sysctl: setting key \"net.ipv4.conf.all.rp_filter\": Invalid argument: %d", mode)
	}
	ns.stack.SetRPFilter(0, router.RPFilter(mode))
	return nil
}
