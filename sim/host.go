package sim

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"iter"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"

	"drydock/veth"
)

// DefaultBridgeIP is the address of docker0 unless WithBridgeIP says otherwise.
var DefaultBridgeIP = netip.MustParsePrefix("172.17.0.1/16")

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
	log     *slog.Logger
	random  *generator

	mu         sync.Mutex // guards what follows
	closed     bool
	lastIndex  int // the highest ifindex given
	networks   []*Network
	containers []*Container // in the order of their creation

	done chan struct{} // closed when Close has finished
}

// NewHost returns a running host. The caller must Close it.
func NewHost(opts ...HostOption) (*Host, error) {
	cfg := hostConfig{name: "docker", seed: rand.Uint64(), log: slog.Default(), bip: DefaultBridgeIP, mtu: veth.DefaultMTU}
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
		virtual: cfg.virtual, log: cfg.log, random: newGenerator(cfg.seed),
		lastIndex: 1, // lo
		done:      make(chan struct{}),
	}
	h.machine.host, h.machine.name = h, cfg.name
	if err := h.labelled(func() error { return h.boot(cfg.bip, cfg.mtu) }); err != nil {
		h.Close()
		return nil, err
	}
	return h, nil
}

func (h *Host) boot(bip netip.Prefix, mtu int) error {
	ns, err := newNetns(h, "host", h.name)
	if err != nil {
		return err
	}
	h.ns = ns
	h.up(ns, h.name)
	if err := ns.stack.SetForwarding(true); err != nil { // as dockerd does
		return err
	}
	for _, n := range []*Network{
		{name: bridgeNetwork, driver: "bridge"},
		{name: hostNetwork, driver: "host"},
		{name: noneNetwork, driver: "null"},
	} {
		n.host, n.id = h, h.random.id("network id")
		h.networks = append(h.networks, n)
	}
	return h.networks[0].openBridge("docker0", bip, mtu)
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
func (h *Host) Label() string { return fmt.Sprintf("%s %p", h.name, h) }

// A HostOption sets a property of a new Host. An invalid one makes NewHost fail
// with an *Error.
type HostOption func(*hostConfig) error

type hostConfig struct {
	name    string
	seed    uint64
	virtual bool
	log     *slog.Logger
	bip     netip.Prefix
	mtu     int
}

// WithName sets the hostname, by default "docker".
func WithName(name string) HostOption {
	return func(c *hostConfig) error {
		if !validHostname(name) {
			return errorf("create host", name, ErrName, "invalid host name %q", name)
		}
		c.name = name
		return nil
	}
}

// WithSeed makes every random decision of the host repeatable: ids, names and MACs
// that are not derived from addresses, ports, initial sequence numbers, losses.
// What depends on the scheduling of goroutines still varies.
func WithSeed(seed uint64) HostOption {
	return func(c *hostConfig) error {
		c.seed = seed
		return nil
	}
}

// WithLogger sets where the life of containers is logged, at level Debug, and what
// goes wrong with the functions in them, at level Error. By default and for nil
// that is slog.Default, which prints the errors.
func WithLogger(log *slog.Logger) HostOption {
	return func(c *hostConfig) error {
		if log == nil {
			log = slog.Default()
		}
		c.log = log
		return nil
	}
}

// WithBridgeIP sets address and subnet of docker0, as dockerd's option --bip does.
// It must be an IPv4 host address within a subnet of at least two.
func WithBridgeIP(p netip.Prefix) HostOption {
	return func(c *hostConfig) error {
		usable := p.IsValid() && p.Addr().Is4() && p.Bits() > 0 && p.Bits() <= 30 &&
			p.Addr() != p.Masked().Addr() && p.Addr() != broadcast(p.Masked()) && !p.Addr().IsLoopback() && !p.Addr().IsMulticast()
		if !usable {
			return errorf("create network", bridgeNetwork, ErrAddress, "failed to allocate gateway (%v): not a host address of an IPv4 subnet", p)
		}
		c.bip = p
		return nil
	}
}

// WithMTU sets the MTU of docker0 and its containers in bytes, 68 to 65535, as
// dockerd's option --mtu does. The default is 1500.
func WithMTU(mtu int) HostOption {
	return func(c *hostConfig) error {
		if mtu < 68 || mtu > 65535 {
			return errorf("create network", bridgeNetwork, ErrMTU, "invalid MTU %d: outside [68, 65535]", mtu)
		}
		c.mtu = mtu
		return nil
	}
}

// WithVirtualTime has the host live in the time of the testing/synctest bubble
// that it is made in; without it NewHost fails there. All its use must be from
// inside the bubble, and it must be closed before the bubble ends.
func WithVirtualTime() HostOption {
	return func(c *hostConfig) error {
		c.virtual = true
		return nil
	}
}

// inBubble reports whether the caller runs in a testing/synctest bubble, which only
// the header of its stack trace tells: "goroutine 7 [running, synctest bubble 1]:".
func inBubble() bool {
	var b [100]byte
	header, _, _ := bytes.Cut(b[:runtime.Stack(b[:], false)], []byte("\n"))
	return bytes.Contains(header, []byte("synctest bubble"))
}

// Name returns the hostname.
func (h *Host) Name() string { return h.name }

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

// Networks returns the networks by name, as "docker network ls" does.
func (h *Host) Networks() iter.Seq[*Network] {
	h.mu.Lock()
	list := slices.Clone(h.networks)
	h.mu.Unlock()
	slices.SortFunc(list, func(a, b *Network) int { return cmp.Compare(a.name, b.name) })
	return slices.Values(list)
}

// Container returns the container with that name or ID, or with an ID that begins
// so and that no other does.
func (h *Host) Container(name string) (*Container, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := h.findLocked(name)
	return c, c != nil
}

func (h *Host) findLocked(name string) *Container {
	var byPrefix []*Container
	for _, c := range h.containers {
		if c.name == strings.TrimPrefix(name, "/") || c.id == name {
			return c
		}
		if name != "" && strings.HasPrefix(c.id, name) {
			byPrefix = append(byPrefix, c)
		}
	}
	if len(byPrefix) == 1 {
		return byPrefix[0]
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
	containers, networks := slices.Clone(h.containers), h.networks
	h.mu.Unlock()
	if closed {
		<-h.done
		return nil
	}
	defer close(h.done)
	h.down(true) // first: functions of containers may wait for the host's sockets
	killAll(containers)
	for _, n := range networks {
		if n.bridge != nil {
			n.bridge.Close()
		}
	}
	if h.ns != nil {
		h.ns.release()
	}
	return nil
}
