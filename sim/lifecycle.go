package sim

import (
	"context"
	"slices"
	"sync"
	"time"
)

// grace is how long a container may take for its own shutdown, as with "docker
// stop".
const grace = 10 * time.Second

// Start starts the container: it gets a new namespace and the lowest free address.
// A running container stays as it is.
func (c *Container) Start() error {
	defer c.change()()
	return c.start()
}

// Stop ends the container as "docker stop" does: the context of its functions is
// canceled; when they have returned, after 10 seconds or when ctx is done, its
// sockets are closed like those of a process that exits, and the address is free.
// Then Stop waits for the functions, which therefore must not call it themselves. A
// container that does not run stays as it is.
func (c *Container) Stop(ctx context.Context) error {
	defer c.change()()
	if c.removed {
		return errNoContainer("stop container", c.name)
	}
	c.stop(ctx, false)
	return nil
}

// Kill ends the container at once, also while another call stops it: open
// connections are reset. Then it waits for the functions like Stop.
func (c *Container) Kill() error {
	r := c.running()
	if r != nil {
		r.kill()
	}
	defer c.change()()
	switch {
	case c.removed:
		return errorf("kill container", c.name, ErrNotFound, "Cannot kill container: %s: No such container: %s", c.name, c.name)
	case r == nil && c.running() == nil:
		return errorf("kill container", c.name, ErrNotRunning, "Cannot kill container: %s: Container %s is not running", c.name, c.id)
	}
	c.stop(context.Background(), true)
	return nil
}

// Restart is Stop and Start. The address is given back and the lowest free one
// taken. If the start fails the container stays stopped.
func (c *Container) Restart(ctx context.Context) error {
	defer c.change()()
	if c.removed {
		return errNoContainer("restart container", c.name)
	}
	c.stop(ctx, false)
	if err := c.start(); err != nil {
		return &Error{
			Op: "restart container", Name: c.name, Err: err,
			message: "Cannot restart container " + c.name + ": " + err.Error(),
		}
	}
	return nil
}

// Remove removes a container that does not run. Its name is free then.
func (c *Container) Remove() error {
	defer c.change()()
	if c.removed {
		return errNoContainer("remove container", c.name)
	}
	if c.Running() {
		return errorf("remove container", c.name, ErrRunning,
			"You cannot remove a running container %s. Stop the container before attempting removal or force remove", c.id)
	}
	c.removed = true
	h := c.host
	h.mu.Lock()
	defer h.mu.Unlock()
	h.containers = slices.DeleteFunc(h.containers, func(o *Container) bool { return o == c })
	return nil
}

// change begins a change of state and returns what ends it.
func (c *Container) change() (done func()) {
	c.life <- struct{}{}
	return func() { <-c.life }
}

// running returns the present run, nil if there is none.
func (c *Container) running() *run {
	c.runMu.Lock()
	defer c.runMu.Unlock()
	return c.run
}

func (c *Container) start() error {
	switch {
	case c.host.isClosed():
		return errClosed("start container", c.name)
	case c.removed:
		return errNoContainer("start container", c.name)
	case c.Running():
		return nil
	}
	return c.host.labelled(c.boot)
}

func (c *Container) boot() error {
	ns, err := c.joinNamespace()
	if err != nil {
		return err
	}
	r := newRun(ns)
	if c.hasOwnFiles() {
		conf, text := c.resolvConf()
		ns.names.setConf(conf, text, ns.stack, c.host.random.seedOf("dns "+c.id))
	}
	if err := c.joinAll(r); err != nil {
		c.leaveAll(r)
		ns.release()
		return err
	}
	if n := c.config.network; n != nil && n.name == hostNetwork && (len(c.config.published) > 0 || c.config.publishAll) {
		c.host.log.Warn("Published ports are discarded when using host network mode", "container", c.name)
	}
	r.env = c.environment(c.hostname(ns), r.links)
	c.up(ns, c.hostname(ns))
	c.begin(r)
	c.relink()
	c.host.log.Debug("container started", "name", c.name, "addr", c.IP())
	return nil
}

// hasOwnFiles reports whether the container's namespace is its own.
func (c *Container) hasOwnFiles() bool {
	return c.config.joined == nil && c.config.network.name != hostNetwork
}

// begin makes r the present run.
func (c *Container) begin(r *run) {
	c.attachMu.Lock()
	defer c.attachMu.Unlock()
	for _, a := range c.attachments {
		if ep := r.on(a.network); ep != nil {
			ep.impair(a.impairments)
		}
	}
	c.runMu.Lock()
	defer c.runMu.Unlock()
	c.run = r
}

// hostname is what was asked for, or that of the namespace.
func (c *Container) hostname(ns *netns) string {
	if c.config.hostname != "" {
		return c.config.hostname
	}
	return ns.hostname
}

// joinNamespace returns the namespace to run in, held.
func (c *Container) joinNamespace() (*netns, error) {
	h := c.host
	if other := c.config.joined; other != nil {
		if _, ok := h.Container(other.id); !ok {
			return nil, errorf("start container", other.name, ErrNotFound, "No such container: %s", other.id)
		}
		r := other.running()
		if r == nil || !r.ns.hold() {
			return nil, errorf("start container", other.name, ErrNotRunning, "cannot join network of a non running container: %s", other.id)
		}
		return r.ns, nil
	}
	if c.config.network.name == hostNetwork {
		if !h.ns.hold() {
			return nil, errClosed("start container", c.name)
		}
		return h.ns, nil
	}
	return newNetns(h, c.id, c.id[:12], nil)
}

// stop ends a running container: at once with resets, or when its functions have
// returned or ctx or the time for that is over.
func (c *Container) stop(ctx context.Context, reset bool) {
	r := c.running()
	if r == nil {
		return
	}
	if reset {
		r.kill()
	}
	ctx, cancel := context.WithTimeout(ctx, grace)
	r.stop(ctx)
	cancel()
	c.down(reset || r.killed.Err() != nil)
	c.runMu.Lock()
	c.run = nil
	c.runMu.Unlock()
	c.leaveAll(r)
	r.ns.release()
	r.wait(c.host.log, c.name)
	r.kill() // releases the contexts
	c.host.log.Debug("container stopped", "name", c.name)
}

func (h *Host) isClosed() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.closed
}

// killAll kills containers, all at the same time: the functions of one may wait
// for those of another.
func killAll(containers []*Container) {
	var ended sync.WaitGroup
	for _, c := range containers {
		if r := c.running(); r != nil {
			r.kill()
		}
		ended.Go(func() {
			defer c.change()()
			c.stop(context.Background(), true)
		})
	}
	ended.Wait()
}
