package sim

import (
	"cmp"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"drydock/sim/dockerapi"
)

// nameRE is what Docker allows as the name of a container.
var nameRE = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]+$`)

// A Container is a network namespace with a name, and a place to run network code
// in. Host.Run and Host.Create make containers. Its methods are safe for concurrent
// use.
//
//	created ──Start──▶ running ──Stop, Kill, main returns──▶ exited ──Start──▶ running
//	running ──Pause──▶ paused ──Unpause──▶ running
//	created, exited ──Remove──▶ removed
//
// An address belongs to a container while it runs; what was opened in it is closed
// when it stops. A change of state waits for the one before and a stop for the functions
// in the container, so that these must not call Start, Pause, Rename, Connect and the
// like on their own container.
type Container struct {
	Netns
	host    *Host
	id      string
	name    atomic.Pointer[string]
	config  containerConfig
	created time.Time

	// life is held by who changes the container's state. It is a channel since
	// that can take time, which in virtual time must not be spent waiting for a
	// mutex.
	life chan struct{}

	removed bool // belongs to the holder of life

	linkers []*Container // guarded by Host.mu; those that have links of the default bridge to it

	stateMu sync.Mutex      // guards what follows
	run     *run            // nil unless running
	last    dockerapi.State // as it was when the container was made, or at the end of the last run
	ending  <-chan struct{} // closed when nothing of the last run is left; nil before its end
	sandbox sandbox         // of the last run

	linksMu sync.Mutex
	links   []*Link // +checklocks:linksMu; in the order in which they came about
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
	return h.CreateSpec(name, dockerapi.ContainerCreate{}, opts...)
}

// CreateSpec is Create for what Docker's HTTP API is sent: "docker create" and compose
// files as data. Options add to the spec, which stays as it is, and bring what does not
// marshal: an Image with its main function, impairments. A network or a container that
// the spec names must be there.
func (h *Host) CreateSpec(name string, spec dockerapi.ContainerCreate, opts ...ContainerOption) (*Container, error) {
	c := &Container{host: h, id: h.random.id("container id"), life: make(chan struct{}, 1), created: time.Now(), last: dockerapi.State{Status: "created"}}
	c.Netns.errDown = c.errNotRunning
	s := newContainerSpec(h, spec)
	for _, opt := range opts {
		if err := opt(s); err != nil {
			return nil, err
		}
	}
	name = cmp.Or(strings.TrimPrefix(name, "/"), c.id[:12])
	if !nameRE.MatchString(name) {
		return nil, errBadName(opCreate, name)
	}
	c.setName(name)
	var err error
	if c.config, err = s.resolve(name); err != nil {
		return nil, err
	}
	if c.config.attachment != nil {
		c.links = []*Link{c.newLink(*c.config.attachment)}
	}
	if err := h.add(c); err != nil {
		return nil, err
	}
	return c, nil
}

func (h *Host) add(c *Container) error {
	const op = "create container"
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.isClosed() {
		return errClosed(op, c.Name())
	}
	if err := h.checkFreeLocked(op, c.Name()); err != nil {
		return err
	}
	h.containers = append(h.containers, c)
	h.byName[c.Name()] = c
	for _, l := range c.config.links {
		if !slices.Contains(l.target.linkers, c) {
			l.target.linkers = append(l.target.linkers, c)
		}
	}
	return nil
}

// checkFreeLocked refuses a name that a container has.
func (h *Host) checkFreeLocked(op, name string) *Error {
	if o := h.byName[name]; o != nil {
		return errorf(op, name, ErrExists,
			"Conflict. The container name %q is already in use by container %q. You have to remove (or rename) that container to be able to reuse that name.",
			"/"+name, o.id)
	}
	return nil
}

// Image returns the image that the container was made from, with slices of the caller's.
func (c *Container) Image() Image { return c.config.image.clone() }

// Name returns the name, "web".
func (c *Container) Name() string { return *c.name.Load() }

// String returns the name.
func (c *Container) String() string { return c.Name() }

func (c *Container) setName(name string) { c.name.Store(&name) }

// errNotRunning is why op cannot be done: the container does not run.
func (c *Container) errNotRunning(op string) *Error {
	if c.host.isClosed() {
		return errClosed(op, c.Name())
	}
	return errorf(op, c.Name(), ErrNotRunning, "Container %s is not running", c.id)
}

// ID returns 64 hex digits, made from the host's seed.
func (c *Container) ID() string { return c.id }

// IP returns the IPv4 address on the network that the container was made on, or if it is
// not on that any more on the first of its Networks. It is the zero Addr while the
// container is not running, and without a network of its own.
func (c *Container) IP() netip.Addr {
	if ep := c.mainEndpoint(); ep != nil {
		return ep.addr
	}
	return netip.Addr{}
}

// MAC returns the address of the interface that has IP.
func (c *Container) MAC() net.HardwareAddr {
	if ep := c.mainEndpoint(); ep != nil {
		return slices.Clone(ep.mac)
	}
	return nil
}

// mainEndpoint returns the endpoint that IP is the address of.
func (c *Container) mainEndpoint() *endpoint {
	if ep := c.on(c.config.network); ep != nil {
		return ep
	}
	if !c.Running() {
		return nil
	}
	for _, l := range c.live() {
		return l.endpoint()
	}
	return nil
}

// on returns the present endpoint on n.
func (c *Container) on(n *Network) *endpoint {
	if l := c.linkTo(n); l != nil {
		return l.running()
	}
	return nil
}

// errNotLinked is errNotAttached for who knows the container by its name.
func (c *Container) errNotLinked(op string, n *Network) error {
	name := "nil"
	if n != nil {
		name = n.name
	}
	return errorf(op, c.Name(), ErrNotFound, "container %s is not connected to network %s", c.Name(), name)
}

func (c *Container) errNotAttached(op string, n *Network) error {
	name := "nil"
	if n != nil {
		name = n.name
	}
	the := "the " // as dockerd says where it did not have to ask the network
	if c.Running() {
		the = ""
	}
	return errorf(op, c.Name(), ErrNotFound, "container %s is not connected to %snetwork %s", c.id, the, name)
}
