package sim

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"drydock/sim/dockerapi"
	"drydock/sim/internal/namesgenerator"
)

// nameRE is what Docker allows as the name of a container.
var nameRE = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]+$`)

// Run makes a container and starts it. The name must be at least two of the
// characters a-zA-Z0-9_.- and not begin with one of _.-; for the empty name one is made
// up, "jovial_ramanujan", by which the embedded resolver does not know the container.
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
// files as data. It is not started. Options add to the spec, which stays as it is, and
// bring what does not marshal: impairments, and with WithImage, which replaces the spec's
// Image, its programs. Without that the Image is one of the host's: see WithImages. If the host
// has none of that name, Image and Cmd are words to show, and the container sleeps, unless
// the host has Commands. What the spec says counts before what the image says. A network or a container
// that the spec names must be there.
func (h *Host) CreateSpec(name string, spec dockerapi.ContainerCreate, opts ...ContainerOption) (*Container, error) {
	if err := h.sameTime(opCreate); err != nil {
		return nil, err
	}
	c := &Container{host: h, id: h.random.id("container id"), life: make(chan struct{}, 1), created: time.Now(), last: dockerapi.State{Status: "created"}}
	c.Netns.errDown, c.Netns.site, c.Netns.rights, c.Netns.root = c.errNotRunning, c.site, c.rights, c.tree
	c.Netns.bubble = h.Netns.bubble
	s := newContainerSpec(h, spec)
	for _, opt := range opts {
		if err := opt(s); err != nil {
			return nil, err
		}
	}
	asked := name
	name = strings.TrimPrefix(name, "/")
	if c.anonymous = name == ""; c.anonymous {
		name = h.madeUpName(c.id, 0)
	}
	if !nameRE.MatchString(name) {
		return nil, errBadName(h.says, opCreate, asked)
	}
	c.setName(name)
	var err error
	if c.config, err = s.resolve(name); err != nil {
		return nil, err
	}
	for i, a := range s.attachments {
		l := c.newLink(*a)
		l.slot = i
		c.links = append(c.links, l)
	}
	c.linked.Store(&c.config.links)
	c.late = slices.Clone(c.config.late)
	if err := h.register(c); err != nil {
		return nil, err
	}
	c.event("create")
	return c, nil
}

// register is add for a container whose name may be made up: another one is tried if somebody
// has it.
func (h *Host) register(c *Container) error {
	for attempt := 1; ; attempt++ {
		err := h.add(c)
		if err == nil || !c.anonymous || !errors.Is(err, ErrExists) || attempt > madeUpNames {
			return err
		}
		c.setName(h.madeUpName(c.id, attempt))
	}
}

// madeUpNames is how many names dockerd makes up before it takes the short ID.
const madeUpNames = 6

// madeUpName returns a name for a container that was given none.
func (h *Host) madeUpName(id string, attempt int) string {
	if attempt == madeUpNames {
		return id[:12]
	}
	return namesgenerator.Name(func(n int) int { return h.random.number("container name", n) }, attempt)
}

func (h *Host) add(c *Container) error {
	const op = "create container"
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.away(op, c.Name()); err != nil {
		return err
	}
	if err := h.checkFreeLocked(op, c.Name()); err != nil {
		return err
	}
	h.containers = append(h.containers, c)
	h.byName[c.Name()] = c
	for _, l := range c.legacyLinks() {
		if !slices.Contains(l.target.linkers, c) {
			l.target.linkers = append(l.target.linkers, c)
		}
	}
	return nil
}

// checkFreeLocked refuses a name that a container has, also one that does not run: names are
// free with Remove, addresses with Stop.
//
// +checklocks:h.mu
func (h *Host) checkFreeLocked(op, name string) *Error {
	if o := h.byName[name]; o != nil {
		return errorf(op, name, ErrExists, h.says.NameInUse,
			"/"+name, o.id)
	}
	return nil
}
