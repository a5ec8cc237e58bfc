package sim

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// setNetwork finds what the container is attached to: networks or the namespace of
// another container.
func (c *containerConfig) setNetwork(s *containerSpec) (err error) {
	c.mode = cmp.Or(s.HostConfig.NetworkMode, defaultMode)
	several := s.host.engine.SeveralNetworks()
	all := s.NetworkingConfig.EndpointsConfig
	if e, ok := all[defaultMode]; ok && several {
		delete(all, defaultMode)
		all[bridgeNetwork] = e
	}
	if several && c.mode == defaultMode {
		c.mode = bridgeNetwork
	}
	names := slices.Sorted(maps.Keys(all))
	if other, ok := strings.CutPrefix(c.mode, "container:"); ok {
		if other == "" {
			return newError(opCreate, "", ErrName, s.host.says.JoinFormat)
		}
		switch {
		case several:
		case len(names) > 0:
			return s.errEndpoints(names[0], slices.Concat([]string{c.mode}, names)...)
		case s.MacAddress != "":
			return errorf(opCreate, s.MacAddress, ErrConflict, "conflicting options: mac-address and the network mode")
		}
		if c.joined, ok = s.host.Container(other); !ok {
			c.absent = other
		}
		return nil
	}
	if len(names) > 1 && !several {
		return s.errEndpoints(names[1], names...)
	}
	if c.network = s.network(c.mode); len(names) == 0 {
		return c.attach(s, c.mode)
	}
	for _, name := range names {
		if !several {
			if n := s.network(name); (n != c.network || n == nil && name != c.mode) && c.mode != defaultMode {
				return s.errEndpoints(name, c.mode, name)
			} else if c.network = n; c.mode == defaultMode {
				s.main = name
			}
		}
		if err := c.attach(s, name); err != nil {
			return err
		}
	}
	return c.checkSeveral(s)
}

// checkSeveral refuses networks that cannot be had with others.
func (c *containerConfig) checkSeveral(s *containerSpec) error {
	if len(s.attachments) < 2 {
		return nil
	}
	for _, a := range s.attachments {
		switch a.network.name {
		case noneNetwork:
			return newError(opCreate, noneNetwork, ErrConflict, s.host.says.ConnectPrivate)
		case hostNetwork:
			return newError(opCreate, hostNetwork, ErrConflict, s.host.says.ConnectHost)
		}
	}
	return nil
}

// attach has the container be on a network from its first start on. Docker looks only then
// whether that is there and allows what is asked for.
func (c *containerConfig) attach(s *containerSpec, name string) error {
	n := s.network(name)
	e := endpointSpec{EndpointConfig: s.NetworkingConfig.EndpointsConfig[name], host: s.host}
	made := n != nil && n == c.network || name == cmp.Or(s.main, c.mode)
	if n != nil {
		e.impairments = s.impairments[n.name]
	}
	if err := e.addMAC(s.MacAddress, made); err != nil {
		return err
	}
	if _, _, err := e.addrs(opCreate); err != nil && (n == nil || !s.host.engine.SeveralNetworks()) {
		return e.refused(name, err)
	}
	if n != nil {
		a, err := e.resolve(opCreate, n)
		if err == nil && s.host.engine.SeveralNetworks() {
			err = a.checkRange(opCreate)
		}
		if err != nil && s.host.engine.SeveralNetworks() {
			return e.refused(n.name, err)
		}
		if err == nil && a.checkRange(opCreate) == nil {
			s.attachments = append(s.attachments, a)
			return nil
		}
		if err != nil && !errors.Is(err, ErrConflict) {
			return err
		}
		name = n.name
	}
	c.late = append(c.late, lateAttachment{name, e, made})
	return nil
}

// refused is why a container cannot be made with what is asked for on a network, where dockerd looks
// at that when it is made.
func (s *endpointSpec) refused(network string, err error) error {
	if !s.host.engine.SeveralNetworks() {
		return err
	}
	return reworded(err, s.host.says.EndpointOfNetwork, network, s.host.endpointError(err))
}

// endpointError is why a container is not connected with what is asked for.
func (h *Host) endpointError(err error) error { return reworded(err, h.says.EndpointSettings, err) }

// setUpError is why a container does not start with its networks.
func (h *Host) setUpError(err error) error { return reworded(err, h.says.SetUp, err) }

// reworded is an *Error that says more than err does.
func reworded(err error, format string, args ...any) error {
	if err == nil || format == "%v" {
		return err
	}
	e, ok := err.(*Error)
	if !ok {
		e = &Error{Err: err}
	}
	return &Error{Op: e.Op, Name: e.Name, Err: e.Err, message: fmt.Sprintf(format, args...), cause: e.cause}
}

// defaultMode is the network mode of containers that ask for none. Before release 28 Inspect tells it
// as such, not as "bridge", which it means.
const defaultMode = "default"

// network returns the network that a mode or an endpoint names, nil if there is none.
func (s *containerSpec) network(name string) *Network {
	if name == defaultMode {
		name = bridgeNetwork
	}
	n, _ := s.host.networkNamed(name)
	return n
}

// errEndpoints refuses more than one network: up to API 1.43 a container is made on one and
// connected to others afterwards.
func (s *containerSpec) errEndpoints(name string, all ...string) error {
	return errorf(opCreate, name, ErrConflict, s.host.says.SeveralNetworks, strings.Join(all, ", "))
}
