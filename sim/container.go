package sim

import (
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"

	"drydock/veth"
)

// nameRE is what Docker allows as the name of a container.
var nameRE = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]+$`)

// A Container is a network namespace with a name, and a place to run network code
// in. Host.Run and Host.Create make containers. Its methods are safe for concurrent
// use.
//
//	created ──Start──▶ running ──Stop, Kill──▶ stopped ──Start──▶ running
//	created, stopped ──Remove──▶ removed
//
// An address belongs to a container while it runs; what was opened in it is closed
// when it stops.
type Container struct {
	machine
	config containerConfig

	// life is held by who changes the container's state. It is a channel since
	// that can take time, which in virtual time must not be spent waiting for a
	// mutex.
	life chan struct{}

	removed bool // belongs to the holder of life

	runMu sync.Mutex // guards run
	run   *run       // nil unless running

	attachMu    sync.Mutex // guards attachments, and that the cables are as they say
	attachments []*attachment
}

// Run makes a container and starts it. The name must be at least two of the
// characters a-zA-Z0-9_.- and not begin with one of _.-; the empty name stands for
// the first 12 digits of the ID.
func (h *Host) Run(name string, opts ...ContainerOption) (*Container, error) {
	c, err := h.Create(name, opts...)
	if err != nil {
		return nil, err
	}
	if err := c.Start(); err != nil {
		c.Remove()
		return nil, err
	}
	return c, nil
}

// Create makes a container that holds no address yet.
func (h *Host) Create(name string, opts ...ContainerOption) (*Container, error) {
	if !h.docker {
		return nil, errNoDocker("create container", name)
	}
	c := &Container{life: make(chan struct{}, 1)}
	c.machine.host, c.machine.id = h, h.random.id("container id")
	for _, opt := range opts {
		if err := opt(h, &c.config); err != nil {
			return nil, err
		}
	}
	if c.config.mode == "" {
		c.config.network, _ = h.Network(bridgeNetwork)
	}
	if n := c.config.network; c.config.attachment.impairments != (impairments{}) && n.bridge == nil {
		return nil, errorf("create container", name, ErrConflict, "conflicting options: an impairment and the network mode %s", n.name)
	}
	if c.config.joined != nil {
		if what := c.config.ofNamespace(); what != "" {
			return nil, errorf("create container", name, ErrConflict, "conflicting options: %s network mode", what)
		}
	}
	if n := c.config.network; n != nil && n.bridge != nil {
		a := c.config.attachment
		a.network = n
		c.attachments = []*attachment{&a}
	}
	if name = strings.TrimPrefix(name, "/"); name == "" {
		name = c.id[:12]
	}
	if !nameRE.MatchString(name) {
		return nil, errorf("create container", name, ErrName, "Invalid container name (%s), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed", name)
	}
	c.machine.name = name
	if err := c.checkLinks(); err != nil {
		return nil, err
	}
	if err := h.add(c); err != nil {
		return nil, err
	}
	return c, nil
}

func (h *Host) add(c *Container) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return errClosed("create container", c.name)
	}
	if i := slices.IndexFunc(h.containers, func(o *Container) bool { return o.name == c.name }); i >= 0 {
		return errorf("create container", c.name, ErrExists,
			"Conflict. The container name %q is already in use by container %q. You have to remove (or rename) that container to be able to reuse that name.",
			"/"+c.name, h.containers[i].id)
	}
	h.containers = append(h.containers, c)
	return nil
}

// Name returns the name.
func (c *Container) Name() string { return c.name }

// String returns the name.
func (c *Container) String() string { return c.name }

// ID returns 64 hex digits, made from the host's seed.
func (c *Container) ID() string { return c.id }

// Running reports whether the container runs.
func (c *Container) Running() bool { return c.running() != nil }

// Addr returns the address on n: the zero Addr while the container is not running
// or if it is not attached to n.
func (c *Container) Addr(n *Network) netip.Addr {
	if ep := c.on(n); ep != nil {
		return ep.addr
	}
	return netip.Addr{}
}

// IP returns the address on the network that the container was made on, what
// "docker inspect" calls IPAddress. It is the zero Addr while the container is not
// running, and without a network of its own.
func (c *Container) IP() netip.Addr { return c.Addr(c.config.network) }

// MAC returns the address of the interface that has IP: 02:42 and the bytes of IP.
func (c *Container) MAC() net.HardwareAddr {
	if ip := c.IP(); ip.IsValid() {
		return containerMAC(ip)
	}
	return nil
}

// on returns the present endpoint on n.
func (c *Container) on(n *Network) *endpoint {
	if r := c.running(); r != nil {
		return r.on(n)
	}
	return nil
}

// Impair degrades the frames that the container sends to n and receives from it,
// until it is called again; the zero Impairment heals. It may be called before the
// container runs, and lasts when it restarts.
func (c *Container) Impair(n *Network, send, receive veth.Impairment) error {
	var asked attachment
	if err := WithImpairment(send, receive)(&asked); err != nil {
		return err
	}
	c.attachMu.Lock()
	defer c.attachMu.Unlock()
	a := c.attachmentToLocked(n)
	if a == nil {
		return c.errNotAttached("impair", n)
	}
	a.impairments = asked.impairments
	if ep := c.on(n); ep != nil {
		return ep.impair(a.impairments)
	}
	return nil
}

// SetCarrier pulls the container's cable to n or puts it back. While it is out all
// frames are lost, also those in flight, without an error to anyone. A container
// starts with it in; one that does not run has none.
func (c *Container) SetCarrier(n *Network, up bool) error {
	if c.attachmentTo(n) == nil {
		return c.errNotAttached("set carrier", n)
	}
	ep := c.on(n)
	if ep == nil {
		return c.errDown("set carrier")
	}
	ep.inside.SetCarrier(up)
	return nil
}

func (c *Container) errNotAttached(op string, n *Network) error {
	name := "nil"
	if n != nil {
		name = n.name
	}
	return errorf(op, c.name, ErrNotFound, "container %s is not connected to network %s", c.id, name)
}
