package sim

import (
	"context"
	"slices"
)

// Start starts the container: it gets a new namespace and the lowest free address.
// A running container stays as it is.
func (c *Container) Start() error {
	defer c.change()()
	return c.start()
}

// Stop ends the container as "docker stop" does: the context of its functions is
// canceled; when they have returned, or ctx is done, its sockets are closed like
// those of a process that exits, and the address is free. Then Stop waits for the
// functions. A container that does not run stays as it is.
func (c *Container) Stop(ctx context.Context) error {
	defer c.change()()
	if c.removed {
		return errNoContainer("stop container", c.name)
	}
	c.stop(ctx, false)
	return nil
}

// Kill ends the container at once: open connections are reset. Then it waits for
// the functions like Stop.
func (c *Container) Kill() error {
	defer c.change()()
	if c.removed {
		return errorf("kill container", c.name, ErrNotFound, "Cannot kill container: %s: No such container: %s", c.name, c.name)
	}
	if !c.Running() {
		return errorf("kill container", c.name, ErrNotRunning, "Cannot kill container: %s: Container %s is not running", c.name, c.id)
	}
	c.stop(context.Background(), true)
	return nil
}

// Restart is Stop and Start. The address is given back and the lowest free one
// taken.
func (c *Container) Restart(ctx context.Context) error {
	defer c.change()()
	if c.removed {
		return errNoContainer("restart container", c.name)
	}
	c.stop(ctx, false)
	return c.start()
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

func (c *Container) start() error {
	if c.removed {
		return errNoContainer("start container", c.name)
	}
	if c.Running() {
		return nil
	}
	if c.host.isClosed() {
		return errClosed("start container", c.name)
	}
	return c.host.labelled(c.boot)
}

func (c *Container) boot() error {
	ns, err := c.joinNamespace()
	if err != nil {
		return err
	}
	var ep *endpoint
	if n := c.config.network; n != nil && n.bridge != nil {
		if ep, err = n.attach(ns, c.impairments()); err != nil {
			ns.release()
			return err
		}
		ns.hosts.addOwn(ep.addr, c.config.hostname)
	}
	c.up(ns)
	var ctx context.Context
	ctx, c.cancel = context.WithCancel(context.Background())

	c.stateMu.Lock()
	defer c.stateMu.Unlock()
	c.running, c.endpoint = true, ep
	c.functions.start(ctx)
	c.host.log.Debug("container started", "name", c.name, "addr", c.addrLocked())
	return nil
}

// joinNamespace returns the namespace to run in, held.
func (c *Container) joinNamespace() (*netns, error) {
	h := c.host
	if other := c.config.joined; other != nil {
		ns, err := other.namespace()
		if err != nil || !ns.hold() {
			return nil, errorf("start container", other.name, ErrNotRunning, "cannot join network of a non running container: %s", other.id)
		}
		return ns, nil
	}
	if c.config.network.name == hostNetwork {
		if !h.ns.hold() {
			return nil, errClosed("start container", c.name)
		}
		return h.ns, nil
	}
	return newNetns(h, c.id, c.config.hostname)
}

// stop ends a running container: at once with resets, or when its functions have
// returned or ctx is done.
func (c *Container) stop(ctx context.Context, reset bool) {
	c.stateMu.Lock()
	running, ep := c.running, c.endpoint
	c.running = false
	c.stateMu.Unlock()
	if !running {
		return
	}
	c.cancel()
	if !reset {
		c.functions.waitOr(ctx)
	}
	ns, _ := c.namespace()
	c.down(reset)
	c.gone()
	c.stateMu.Lock()
	c.endpoint = nil
	c.stateMu.Unlock()
	if ep != nil {
		ep.network.detach(ns, ep)
	}
	ns.release()
	c.functions.wait(c.host.log, c.name)
	c.host.log.Debug("container stopped", "name", c.name)
}

func (c *Container) impairments() attachment {
	c.stateMu.Lock()
	defer c.stateMu.Unlock()
	return c.attachment
}

func (c *Container) addrLocked() string {
	if c.endpoint == nil {
		return ""
	}
	return c.endpoint.addr.String()
}

func (h *Host) isClosed() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.closed
}

// closeAll kills containers that are about to be forgotten. All are told before
// the first is waited for.
func closeAll(containers []*Container) {
	for _, c := range containers {
		defer c.change()()
		if c.Running() {
			c.cancel()
		}
	}
	for _, c := range containers {
		c.stop(context.Background(), true)
		c.removed = true
	}
}
