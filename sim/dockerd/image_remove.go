package dockerd

import (
	"fmt"
	"net/http"
	"strings"

	"drydock/sim"
	"drydock/sim/dockerapi"
)

// imageRemove forgets an image. Containers that were made from it keep it: then it only
// loses its name.
func (c *call) imageRemove() error {
	image, err := c.image(c.name)
	if err != nil {
		return err
	}
	user := c.userOf(&image)
	if err := c.checkUnused(&image, user); err != nil {
		return err
	}
	c.reply(http.StatusOK, c.removeImage(&image, user == nil))
	return nil
}

// removeImage takes the name from an image, and the image away if nobody uses it.
func (c *call) removeImage(image *sim.Image, unused bool) []dockerapi.ImageRemoved {
	c.host.RemoveImage(image.Name)
	c.host.LogImageEvent(image.Name, "untag")
	removed := []dockerapi.ImageRemoved{{Untagged: image.Name}}
	if unused {
		c.host.LogImageEvent(image.Name, "delete")
		removed = append(removed, dockerapi.ImageRemoved{Deleted: image.ID})
	}
	return removed
}

// userOf returns a container that was made from the image, one that runs if there is one.
func (c *call) userOf(image *sim.Image) (user *sim.Container) {
	for found := range c.host.Containers() {
		if found.Summary().ImageID == image.ID && (user == nil || found.Running()) {
			user = found
		}
	}
	return user
}

// checkUnused refuses what dockerd does: it matters whether the client gives the image's name
// or its ID.
func (c *call) checkUnused(image *sim.Image, user *sim.Container) error {
	if user == nil {
		return nil
	}
	id := strings.TrimPrefix(image.ID, "sha256:")
	byID := strings.HasPrefix(id, strings.TrimPrefix(c.name, "sha256:"))
	switch {
	case !byID && !c.flag("force"):
		return conflict(fmt.Sprintf("conflict: unable to remove repository reference %q (must force) - container %.12s is using its referenced image %.12s", c.name, user.ID(), id))
	case byID && user.Running():
		return conflict(fmt.Sprintf("conflict: unable to delete %.12s (cannot be forced) - image is being used by running container %.12s", id, user.ID()))
	case byID && !c.flag("force"):
		return conflict(fmt.Sprintf("conflict: unable to delete %.12s (must be forced) - image is being used by stopped container %.12s", id, user.ID()))
	}
	return nil
}
