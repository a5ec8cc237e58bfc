package sim

import (
	"context"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"drydock/veth"
)

// nameRE is what Docker allows as the name of a container.
var nameRE = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]+$`)

// A Container is a network namespace with a name, and a place to run network code
// in. Its methods are safe for concurrent use.
//
//	created ──Start──▶ running ──Stop, Kill──▶ stopped ──Start──▶ running
//	created, stopped ──Remove──▶ removed
//
// An address belongs to a container while it runs; what was opened in it is closed
// when it stops.
type Container struct {
	machine
	id     string
	config containerConfig

	// life is held by who changes the container's state. It is a channel since
	// that can take time, which in virtual time must not be spent waiting for a
	// mutex.
	life chan struct{}

	// These belong to the holder of life.
	removed bool
	cancel  context.CancelFunc // of the functions

	stateMu    sync.Mutex // guards what follows
	running    bool
	attachment attachment
	endpoint   *endpoint // nil unless running on a bridge
	functions  functions
}

// maxHostname is Linux's __NEW_UTS_LEN.
const maxHostname = 64

type containerConfig struct {
	hostname   string
	network    *Network
	joined     *Container // --network container:NAME
	attachment attachment
}

// An attachment is how a container is attached to a network.
type attachment struct {
	send, receive veth.Impairment
}

// A ContainerOption sets a property of a new container. An invalid one makes
// Create fail with an *Error or, of impairments, a *veth.Error.
type ContainerOption func(*Host, *containerConfig) error

// An AttachOption sets a property of an attachment to a network.
type AttachOption func(*attachment) error

// OnNetwork attaches the container to n instead of the network "bridge".
func OnNetwork(n *Network, opts ...AttachOption) ContainerOption {
	return func(h *Host, c *containerConfig) error {
		if n.host != h {
			return errorf("create container", n.name, ErrNotFound, "network %s not found", n.id)
		}
		c.network, c.joined = n, nil
		for _, opt := range opts {
			if err := opt(&c.attachment); err != nil {
				return err
			}
		}
		return nil
	}
}

// WithImpairment degrades what the container sends to and receives from the
// network. Container.Impair changes it.
func WithImpairment(send, receive veth.Impairment) AttachOption {
	return func(a *attachment) error {
		for _, i := range []veth.Impairment{send, receive} {
			if err := i.Validate(); err != nil {
				return err
			}
		}
		a.send, a.receive = send, receive
		return nil
	}
}

// NetworkNone gives the container lo and nothing else: --network none.
func NetworkNone() ContainerOption { return predefined(noneNetwork) }

// NetworkHost runs the container in the namespace of the host: --network host.
func NetworkHost() ContainerOption { return predefined(hostNetwork) }

func predefined(name string) ContainerOption {
	return func(h *Host, c *containerConfig) error {
		n, _ := h.Network(name)
		return OnNetwork(n)(h, c)
	}
}

// NetworkOf runs the container in the namespace of another one, which must be
// running whenever this one starts: --network container:NAME. When the other one
// stops this one is left with lo until it restarts.
func NetworkOf(other *Container) ContainerOption {
	return func(h *Host, c *containerConfig) error {
		if other.host != h {
			return errNoContainer("create container", other.name)
		}
		c.joined, c.network = other, nil
		return nil
	}
}

// WithHostname sets the hostname, by default the first 12 digits of the ID: 1 to 64
// bytes without white space. With NetworkOf it is not allowed.
func WithHostname(name string) ContainerOption {
	return func(_ *Host, c *containerConfig) error {
		if name == "" || len(name) > maxHostname || strings.ContainsFunc(name, unicode.IsSpace) {
			return errorf("create container", name, ErrName, "sethostname: invalid argument: %q", name)
		}
		c.hostname = name
		return nil
	}
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
	c := &Container{id: h.random.id("container id"), life: make(chan struct{}, 1)}
	c.config.network, _ = h.Network(bridgeNetwork)
	for _, opt := range opts {
		if err := opt(h, &c.config); err != nil {
			return nil, err
		}
	}
	if c.config.hostname != "" && c.config.joined != nil {
		return nil, errorf("create container", name, ErrConflict, "conflicting options: hostname and the network mode")
	}
	if c.config.hostname == "" {
		c.config.hostname = c.id[:12]
	}
	c.attachment = c.config.attachment
	if name = strings.TrimPrefix(name, "/"); name == "" {
		name = c.id[:12]
	}
	if !nameRE.MatchString(name) {
		return nil, errorf("create container", name, ErrName, "Invalid container name (%s), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed", name)
	}
	c.machine.host, c.machine.name = h, name
	return c, h.add(c)
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

// ID returns 64 hex digits, made from the host's seed.
func (c *Container) ID() string { return c.id }

// Running reports whether the container runs.
func (c *Container) Running() bool {
	c.stateMu.Lock()
	defer c.stateMu.Unlock()
	return c.running
}

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
	c.stateMu.Lock()
	defer c.stateMu.Unlock()
	if c.endpoint == nil || c.endpoint.network != n {
		return nil
	}
	return c.endpoint
}

// Impair degrades the frames that the container sends to n and receives from it,
// until it is called again; the zero Impairment heals. It works while the
// container runs, and lasts when it restarts.
func (c *Container) Impair(n *Network, send, receive veth.Impairment) error {
	var a attachment
	if err := WithImpairment(send, receive)(&a); err != nil {
		return err
	}
	if c.config.network != n || n.bridge == nil {
		return c.errNotAttached("impair", n)
	}
	c.stateMu.Lock()
	defer c.stateMu.Unlock()
	c.attachment = a
	if c.endpoint == nil {
		return nil
	}
	return c.endpoint.impair(a)
}

// SetCarrier pulls the container's cable to n or puts it back. While it is out all
// frames are lost, also those in flight, without an error to anyone. A container
// starts with it in.
func (c *Container) SetCarrier(n *Network, up bool) error {
	ep := c.on(n)
	if ep == nil {
		return c.errNotAttached("set carrier", n)
	}
	ep.inside.SetCarrier(up)
	return nil
}

func (c *Container) errNotAttached(op string, n *Network) error {
	return errorf(op, c.name, ErrNotFound, "container %s is not connected to network %s", c.id, n.name)
}
