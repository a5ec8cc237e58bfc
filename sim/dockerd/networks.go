package dockerd

import (
	"fmt"
	"net/http"
	"strings"

	"drydock/sim"
	"drydock/sim/dockerapi"
)

// network returns the network that the path names: by ID, by name, by the beginning of the ID.
func (c *call) network() (*sim.Network, error) {
	var begin []*sim.Network
	for n := range c.host.Networks() {
		if n.ID() == c.name || n.Name() == c.name {
			return n, nil
		}
		if c.name != "" && strings.HasPrefix(n.ID(), c.name) {
			begin = append(begin, n)
		}
	}
	switch len(begin) {
	case 0:
		return nil, notFound("network " + c.name + " not found")
	case 1:
		return begin[0], nil
	}
	return nil, badRequest(fmt.Sprintf("network %s is ambiguous (%d matches found based on ID prefix)", c.name, len(begin)))
}

// networkList tells who is on the networks to old clients alone: to others it takes too long.
func (c *call) networkList() error {
	f, err := c.filters()
	if err != nil {
		return err
	}
	if err := f.check("dangling driver id label name scope type"); err != nil {
		return err
	}
	list := []dockerapi.Network{}
	for n := range c.host.Networks() {
		told := n.Inspect()
		told.Status = nil
		list = append(list, told)
	}
	if list, err = f.networks(list); err != nil {
		return err
	}
	if !c.version.less(version{1, 28}) {
		for i := range list {
			list[i].Containers = map[string]dockerapi.NetworkContainer{}
		}
	}
	c.reply(http.StatusOK, list)
	return nil
}

func (c *call) networkInspect() error {
	n, err := c.network()
	if err != nil {
		return err
	}
	c.reply(http.StatusOK, n.Inspect())
	return nil
}

func (c *call) networkCreate() error {
	var spec dockerapi.NetworkCreate
	if err := c.body(&spec); err != nil {
		return err
	}
	n, err := c.host.CreateNetworkSpec(spec)
	if err != nil {
		return err
	}
	c.reply(http.StatusCreated, dockerapi.NetworkCreated{ID: n.ID()})
	return nil
}

func (c *call) networkConnect() error {
	var body dockerapi.NetworkConnect
	if err := c.body(&body); err != nil {
		return err
	}
	found, name, err := c.member(body.Container)
	if err != nil {
		return err
	}
	var spec dockerapi.EndpointConfig
	if body.EndpointConfig != nil {
		spec = c.known(*body.EndpointConfig)
	}
	return found.ConnectName(name, spec)
}

func (c *call) networkDisconnect() error {
	var body dockerapi.NetworkDisconnect
	if err := c.body(&body); err != nil {
		return err
	}
	found, name, err := c.member(body.Container)
	if err != nil {
		return err
	}
	return found.DisconnectName(name)
}

// member returns the container of that name, and the ID of the network of the path. One that does
// not run may be connected to a network that is not there: then it is the name that was given.
func (c *call) member(name string) (*sim.Container, string, error) {
	found, err := c.findContainer(name)
	if err != nil {
		return nil, "", err
	}
	n, err := c.network()
	switch {
	case err == nil:
		return found, n.ID(), nil
	case statusOf(err) == http.StatusNotFound && !found.Running():
		return found, c.name, nil
	}
	return nil, "", err
}

func (c *call) networkRemove() error {
	n, err := c.network()
	if err != nil {
		return err
	}
	if err := n.Remove(); err != nil {
		return err
	}
	return c.done()
}

// networksPrune removes the networks that nobody is on.
func (c *call) networksPrune() error {
	p, err := c.pruning()
	if err != nil {
		return err
	}
	var pruned dockerapi.NetworksPruned
	for n := range c.host.Networks() {
		told := n.Inspect()
		if !isPredefined(told.Name) && !told.ConfigOnly && p.wants(told.Created, told.Labels) && n.Remove() == nil {
			pruned.NetworksDeleted = append(pruned.NetworksDeleted, told.Name)
		}
	}
	c.pruned("network", 0)
	c.reply(http.StatusOK, pruned)
	return nil
}
