package dockerd

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"drydock/sim"
	"drydock/sim/dockerapi"
)

// container returns the container that the path names.
func (c *call) container() (*sim.Container, error) { return c.findContainer(c.name) }

func (c *call) findContainer(name string) (*sim.Container, error) {
	if name == "" {
		return nil, badRequest(`invalid name or ID supplied: ""`)
	}
	found, ok := c.host.Container(name)
	if ok {
		return found, nil
	}
	begins := 0
	for other := range c.host.Containers() {
		if strings.HasPrefix(other.ID(), name) {
			begins++
		}
	}
	if begins > 1 {
		return nil, internal("Multiple IDs found with provided prefix: " + name)
	}
	return nil, notFound("No such container: " + name)
}

// createBody is a dockerapi.ContainerCreate whose fields can be told from those not given.
type createBody struct {
	*dockerapi.Config
	HostConfig       *dockerapi.HostConfig
	NetworkingConfig *dockerapi.NetworkingConfig
}

func (c *call) containerCreate() error {
	if err := c.checkJSON(); err != nil {
		return err
	}
	var body createBody
	c.allow(maxCreate)
	if err := json.NewDecoder(c.r.Body).Decode(&body); err != nil {
		return errors.New(dockersTypes.Replace(err.Error())) // 500: dockerd does not classify it
	}
	if body.Config == nil {
		return badRequest("Config cannot be empty in order to create a container")
	}
	spec := dockerapi.ContainerCreate{Config: *body.Config}
	if body.HostConfig != nil {
		spec.HostConfig = *body.HostConfig
	}
	if body.NetworkingConfig != nil {
		spec.NetworkingConfig = *body.NetworkingConfig
	}
	if err := c.checkImage(&spec.Config); err != nil {
		return err
	}
	if err := c.checkEndpoints(&spec); err != nil {
		return err
	}
	made, err := c.host.CreateSpec(c.form.Get("name"), spec)
	if err != nil {
		return err
	}
	c.reply(http.StatusCreated, dockerapi.ContainerCreated{ID: made.ID(), Warnings: c.warnings(spec.HostConfig)})
	return nil
}

// checkEndpoints refuses and drops what came with later versions of the API than the one that is
// asked.
func (c *call) checkEndpoints(spec *dockerapi.ContainerCreate) error {
	all := spec.NetworkingConfig.EndpointsConfig
	if c.version.less(version{1, 44}) && len(all) > 1 && !c.engineBefore(since28) {
		return badRequest("Container cannot be created with multiple network endpoints: " + strings.Join(slices.Sorted(maps.Keys(all)), ", "))
	}
	for name, e := range all {
		all[name] = c.known(e)
	}
	return nil
}

// known returns what an endpoint asks for that the version of the API has.
func (c *call) known(e dockerapi.EndpointConfig) dockerapi.EndpointConfig {
	if c.version.less(version{1, 44}) {
		e.MacAddress = ""
	}
	if c.version.less(version{1, 48}) {
		e.GwPriority = 0
	}
	return e
}

// warnings returns what dockerd says of a container that it makes all the same.
func (c *call) warnings(h dockerapi.HostConfig) []string {
	list := []string{}
	if !c.forwards() {
		list = append(list, "IPv4 forwarding is disabled. Networking will not work.")
	}
	if mode := h.NetworkMode; !c.engineBefore(since29) && len(h.Links) > 0 && (mode == "" || mode == "default" || mode == "bridge") {
		list = append(list, "Links on the default bridge network are deprecated and will be removed in a future release. Use a custom network instead.")
	}
	if h.NetworkMode == "host" && len(h.PortBindings) > 0 {
		list = append(list, "Published ports are discarded when using host network mode")
	}
	return list
}

// checkImage refuses an image that the host has not, and what says nothing to run.
func (c *call) checkImage(spec *dockerapi.Config) error {
	var image sim.Image
	if spec.Image != "" {
		var err error
		if image, err = c.image(spec.Image); err != nil {
			return err
		}
	}
	if len(spec.Entrypoint)+len(spec.Cmd)+len(image.Entrypoint)+len(image.Cmd) == 0 && image.Main == nil {
		return badRequest("No command specified")
	}
	return nil
}

func (c *call) containerInspect() error {
	found, err := c.container()
	if err != nil {
		return err
	}
	told := found.Inspect()
	if c.flag("size") {
		written, all := found.Size()
		told.SizeRw, told.SizeRootFs = &written, &all
	}
	c.reply(http.StatusOK, told)
	return nil
}

// containerRemove removes a container or, of "rm --link /web/db", the link.
func (c *call) containerRemove() error {
	found, err := c.container()
	if err != nil {
		return err
	}
	if c.flag("link") && !strings.Contains(strings.TrimPrefix(c.name, "/"), "/") {
		return internal("Conflict, cannot remove the default link name of the container")
	}
	if c.flag("link") {
		if err := c.host.RemoveLink(c.name); err != nil {
			return err
		}
		return c.done()
	}
	remove := found.Remove
	if c.flag("force") {
		remove = found.ForceRemove
	}
	if err := remove(); err != nil {
		return err
	}
	return c.done()
}

// containersPrune removes the containers that do not run.
func (c *call) containersPrune() error {
	p, err := c.pruning()
	if err != nil {
		return err
	}
	var pruned dockerapi.ContainersPruned
	for other := range c.host.Containers() {
		if other.Running() {
			continue
		}
		told := other.Inspect()
		written, _ := other.Size()
		if p.wants(told.Created, told.Config.Labels) && other.Remove() == nil {
			pruned.ContainersDeleted = append(pruned.ContainersDeleted, told.ID)
			pruned.SpaceReclaimed += uint64(written)
		}
	}
	c.pruned("container", pruned.SpaceReclaimed)
	c.reply(http.StatusOK, pruned)
	return nil
}
