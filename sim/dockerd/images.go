package dockerd

import (
	"cmp"
	"net/http"
	"path"
	"slices"
	"strings"

	"drydock/sim"
	"drydock/sim/dockerapi"
	"drydock/sim/internal/reference"
)

// image returns the image of a name, or that there is none: the client pulls it then.
func (c *call) image(name string) (sim.Image, error) {
	image, ok := c.host.Image(name)
	if ok {
		return image, nil
	}
	ref, err := reference.Parse(name)
	if err != nil {
		return sim.Image{}, badRequest(err.Error())
	}
	return sim.Image{}, notFound("No such image: " + ref.String())
}

func (c *call) imageList() error {
	f, err := c.filters()
	if err != nil {
		return err
	}
	if err := f.check("dangling label before since reference"); err != nil {
		return err
	}
	if f.has("dangling") && !f["dangling"]["true"] && !f["dangling"]["false"] {
		return badRequest("Invalid filter 'dangling=" + strings.Join(f.values("dangling"), " ") + "'")
	}
	list := []dockerapi.ImageSummary{}
	for _, image := range c.host.Images() {
		wanted, err := c.wantsImage(f, &image)
		if err != nil {
			return err
		}
		if wanted {
			list = append(list, dockerapi.ImageSummary{
				ID: image.ID, Created: image.Created.Unix(), RepoTags: []string{image.Name}, Containers: -1, SharedSize: -1,
				Size: image.Size, VirtualSize: image.Size,
			})
		}
	}
	// The newest first. Of those made in the same second Docker's order is random.
	slices.SortStableFunc(list, func(a, b dockerapi.ImageSummary) int { return cmp.Compare(b.Created, a.Created) })
	c.reply(http.StatusOK, list)
	return nil
}

// wantsImage reports whether the filters let an image through. It has neither labels nor is
// it dangling, without a name.
func (c *call) wantsImage(f filters, image *sim.Image) (bool, error) {
	for _, name := range f.values("before") {
		other, err := c.image(name)
		if err != nil || !image.Created.Before(other.Created) {
			return false, err
		}
	}
	for _, name := range f.values("since") {
		other, err := c.image(name)
		if err != nil || !image.Created.After(other.Created) {
			return false, err
		}
	}
	if f["dangling"]["true"] || len(f["label"]) > 0 {
		return false, nil
	}
	return f.wantsReference(image.Name)
}

// wantsReference compares with and without the tag.
func (f filters) wantsReference(name string) (bool, error) {
	for pattern := range f["reference"] {
		for _, n := range []string{name, withoutTag(name)} {
			if ok, err := path.Match(pattern, n); ok || err != nil {
				return ok, err
			}
		}
	}
	return !f.has("reference"), nil
}

func (c *call) imageInspect() error {
	image, err := c.image(c.name)
	if err != nil {
		return err
	}
	config := dockerapi.Config{
		User: image.User, Env: image.Env, Cmd: image.Cmd, Entrypoint: image.Entrypoint, WorkingDir: image.WorkingDir, StopSignal: image.StopSignal,
	}
	for _, port := range image.Expose {
		if config.ExposedPorts == nil {
			config.ExposedPorts = make(map[string]struct{})
		}
		if !strings.Contains(port, "/") {
			port += "/tcp"
		}
		config.ExposedPorts[port] = struct{}{}
	}
	c.reply(http.StatusOK, dockerapi.Image{
		ID: image.ID, RepoTags: []string{image.Name}, RepoDigests: []string{}, Created: image.Created.UTC(),
		DockerVersion: c.engine.Version, Config: config, Architecture: "amd64", Os: "linux",
		Size: image.Size, VirtualSize: image.Size, GraphDriver: dockerapi.GraphDriver{Name: "overlay2"}, RootFS: dockerapi.RootFS{Type: "layers"},
		Metadata: dockerapi.ImageMetadata{LastTagTime: image.Created.UTC()},
	})
	return nil
}
