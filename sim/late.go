package sim

import (
	"slices"

	"drydock/sim/dockerapi"
)

// A lateAttachment is what was asked for on a network, by its name or ID, that was not there or
// did not allow it. Docker makes such a container and does not start it; a network of the name
// may be made meanwhile.
type lateAttachment struct {
	name string
	spec endpointSpec
	made bool // the container was made on that network
}

// ConnectName is ConnectSpec for a network of which only the name or ID is known. As with
// Docker it need not be there before a container starts that does not run.
func (c *Container) ConnectName(name string, spec dockerapi.EndpointConfig) error {
	n, ok := c.host.networkNamed(name)
	switch {
	case ok:
		return c.ConnectSpec(n, spec)
	case c.Running():
		return errorf(opConnect, name, ErrNotFound, c.host.says.NetworkNotFound, name)
	}
	defer c.change()()
	if err := c.gone(opConnect); err != nil {
		return err
	}
	s := endpointSpec{EndpointConfig: spec, host: c.host}
	if _, _, err := s.addrs(opConnect); err != nil {
		return err
	}
	c.dropLate(name)
	c.addLate(lateAttachment{name: name, spec: s})
	return nil
}

// DisconnectName is Disconnect for a network that ConnectName may have been given.
func (c *Container) DisconnectName(name string) error {
	if n, ok := c.host.Network(name); ok {
		return c.Disconnect(n)
	}
	defer c.change()()
	switch {
	case c.dropLate(name):
		return nil
	case c.Running():
		return errorf("disconnect container", name, ErrNotFound, c.host.says.NetworkNotFound, name)
	}
	return errorf("disconnect container", c.Name(), ErrNotFound, c.host.says.NotConnectedStopped, c.id, name)
}

// findNetworks attaches the container to the networks that it could not be attached to before, or
// says what is wrong. The caller holds life.
func (c *Container) findNetworks() error {
	const op = "start container"
	for _, late := range c.lates() {
		n, ok := c.host.Network(late.name)
		if !ok {
			return errorf(op, late.name, ErrNotFound, c.host.says.NetworkNotFound, late.name)
		}
		a, err := late.spec.resolve(op, n)
		if err == nil {
			err = a.checkRange(op)
		}
		if err != nil {
			return err
		}
		c.addLink(c.newLink(*a))
		c.dropLate(late.name)
		if late.made {
			c.found.Store(n)
		}
	}
	return nil
}

// network returns the network that the container was made on, nil if it has another one's
// namespace or there is none yet.
func (c *Container) network() *Network {
	if n := c.found.Load(); n != nil {
		return n
	}
	return c.config.network
}

func (c *Container) lates() []lateAttachment {
	c.linksMu.Lock()
	defer c.linksMu.Unlock()
	return slices.Clone(c.late)
}

func (c *Container) addLate(a lateAttachment) {
	c.linksMu.Lock()
	defer c.linksMu.Unlock()
	c.late = append(c.late, a)
}

// dropLate reports whether there was one of that name.
func (c *Container) dropLate(name string) bool {
	c.linksMu.Lock()
	defer c.linksMu.Unlock()
	before := len(c.late)
	c.late = slices.DeleteFunc(c.late, func(a lateAttachment) bool { return a.name == name })
	return len(c.late) < before
}

// tellLate tells of networks that are yet to be found, as ones without an ID.
func (c *Container) tellLate(networks map[string]dockerapi.EndpointSettings) {
	for _, late := range c.lates() {
		e := dockerapi.EndpointSettings{EndpointConfig: late.spec.EndpointConfig}
		if !late.made {
			e.DriverOpts, e.Aliases = map[string]string{}, append([]string{}, e.Aliases...)
			if e.IPAMConfig == nil {
				e.IPAMConfig = new(dockerapi.EndpointIPAMConfig)
			}
		}
		networks[late.name] = e
	}
}
