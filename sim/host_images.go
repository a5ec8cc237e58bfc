package sim

import (
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"time"

	"drydock/sim/internal/reference"
)

// A storedImage is an image that a host has.
type storedImage struct {
	Image // with its ID
	ref   reference.Reference
}

// WithImages gives the host images, as if they had been pulled: what "docker run NAME" and
// CreateSpec find by their name. AddImage adds more.
func WithImages(images ...Image) HostOption {
	return hostOption(func(c *hostConfig) error {
		c.images = append(c.images, images...)
		return nil
	})
}

// AddImage gives the host an image. One with the same name loses it, as an image that is
// built anew does; containers keep theirs. The name must be one for Docker.
func (h *Host) AddImage(image Image) error {
	ref, err := reference.Parse(image.Name)
	if err != nil {
		return errorf("add image", image.Name, ErrName, "%v", err)
	}
	image = image.clone()
	image.ID = h.newImageID(image.ID, ref)
	if image.Created.IsZero() {
		image.Created = time.Now()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.images = slices.DeleteFunc(h.images, func(o storedImage) bool { return o.ref == ref })
	h.images = append(h.images, storedImage{image, ref})
	return nil
}

// RemoveImage forgets an image of AddImage or WithImages: "docker rmi". It reports whether
// there was one of that name or ID.
func (h *Host) RemoveImage(name string) bool {
	image, ok := h.Image(name)
	if !ok {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.images = slices.DeleteFunc(h.images, func(o storedImage) bool { return o.ref.String() == image.Name })
	return true
}

// Images returns the images of the host, the newest first. Their Names are as Docker prints
// them, "nginx:latest", and they have an ID and the time when they were Created.
func (h *Host) Images() []Image {
	h.mu.Lock()
	defer h.mu.Unlock()
	var list []Image
	for _, i := range slices.Backward(h.images) {
		list = append(list, i.told())
	}
	return list
}

func (i *storedImage) told() Image {
	image := i.clone()
	image.Name = i.ref.String()
	return image
}

// imageIDRE is what may be the beginning of an ID.
var imageIDRE = regexp.MustCompile(`^(sha256:)?[0-9a-f]{1,64}$`)

// Image returns the image that a name means to Docker, as Images has it: "nginx",
// "nginx:latest" and "docker.io/library/nginx" are one. The beginning of an ID is a name if no
// other ID begins so.
func (h *Host) Image(name string) (Image, bool) {
	ref, err := reference.Parse(name)
	h.mu.Lock()
	defer h.mu.Unlock()
	var byID []*storedImage
	for i := range h.images {
		image := &h.images[i]
		if err == nil && image.ref == ref {
			return image.told(), true
		}
		if imageIDRE.MatchString(name) && strings.HasPrefix(image.ID, "sha256:"+strings.TrimPrefix(name, "sha256:")) {
			byID = append(byID, image)
		}
	}
	if len(byID) != 1 {
		return Image{}, false
	}
	return byID[0].told(), true
}

// imageID returns the ID of an image of a name, empty if it can have none.
func (h *Host) imageID(name string) string {
	if image, ok := h.Image(name); ok {
		return image.ID
	}
	ref, err := reference.Parse(name)
	if err != nil {
		return ""
	}
	return h.newImageID("", ref)
}

// newImageID returns an ID that begins as was asked for. It is made from the seed and the name,
// since images have no content to make it from.
func (h *Host) newImageID(begin string, ref reference.Reference) string {
	key := h.random.key("image " + ref.String())
	id := hex.EncodeToString(key[:])
	begin = strings.TrimPrefix(begin, "sha256:")
	return "sha256:" + begin + id[min(len(begin), len(id)):]
}
