package sim

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
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
	id, size := contentOf(&image, ref.String())
	image.ID, image.Size = completeID(image.ID, id), cmp.Or(image.Size, size)
	if image.Created.IsZero() {
		image.Created = time.Now()
	}
	stored := storedImage{image, ref}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.images = append(without(h.images, ref), stored)
	if image.Tags != nil {
		h.registry = append(without(h.registry, ref), stored)
	}
	return nil
}

func without(list []storedImage, ref reference.Reference) []storedImage {
	return slices.DeleteFunc(list, func(o storedImage) bool { return o.ref == ref })
}

// Pull gives the host the image of a name from the registry: "docker pull". That has the images
// of AddImage and WithImages with Tags, also those that were removed. Fresh is that the host
// did not have it. The error wraps ErrNotFound, or ErrName for what is no name.
func (h *Host) Pull(name string) (image Image, fresh bool, err error) {
	const op = "pull image"
	ref, err := reference.Parse(name)
	if err != nil {
		return image, false, errorf(op, name, ErrName, "%v", err)
	}
	if image, ok := h.Image(ref.String()); ok {
		return image, false, nil
	}
	published, ok := h.published(ref)
	if !ok {
		return image, false, errorf(op, name, ErrNotFound, "manifest for %s not found: manifest unknown: manifest unknown", ref)
	}
	// A tag of its own is an image of its own: it was built at another time.
	published.Name = ref.String()
	if ref != published.ref {
		published.ID, published.Tags = "", nil
	}
	if err := h.AddImage(published.Image); err != nil {
		return image, false, err
	}
	image, _ = h.Image(ref.String())
	return image, true, nil
}

// published returns what the registry has of a name.
func (h *Host) published(ref reference.Reference) (storedImage, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, i := range h.registry {
		if i.ref == ref || i.ref.Name() == ref.Name() && slices.ContainsFunc(i.Tags, func(pattern string) bool {
			ok, err := path.Match(pattern, ref.Tag)
			return ok && err == nil
		}) {
			return i, true
		}
	}
	return storedImage{}, false
}

// HasRepository reports whether the host or the registry has an image of that name with any tag.
func (h *Host) HasRepository(name string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.ContainsFunc(slices.Concat(h.images, h.registry), func(i storedImage) bool { return i.ref.Name() == name })
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

// imageIDOf returns the ID of the image that a container is made from, empty if it can have
// none, and whether the host has that image. Of one that it has not the files are not looked into.
func (h *Host) imageIDOf(image *Image) (id string, ofHost bool) {
	if stored, ok := h.Image(image.Name); ok {
		return stored.ID, true
	}
	ref, err := reference.Parse(image.Name)
	if err != nil {
		return "", false
	}
	bare := *image
	bare.Files = nil
	id, _ = contentOf(&bare, ref.String())
	return completeID(image.ID, id), false
}

// completeID returns an ID that begins as was asked for.
func completeID(begin, id string) string {
	begin = strings.TrimPrefix(begin, "sha256:")
	return "sha256:" + begin + id[min(len(begin), len(id)):]
}

// mostContent is how much of an image's files its ID is made from: it bounds what the files of a
// user cost.
const mostContent = 1 << 20

// contentOf returns the hash of what the image is, and the size of its files. It is the same for
// each host, as that of a real image is on each machine.
func contentOf(i *Image, name string) (id string, size int64) {
	h := sha256.New()
	json.NewEncoder(h).Encode([]any{name, i.Entrypoint, i.Cmd, i.Env, i.Expose, i.WorkingDir, i.User, i.StopSignal})
	if i.Files == nil {
		return hex.EncodeToString(h.Sum(nil)), 0
	}
	left := int64(mostContent)
	fs.WalkDir(i.Files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil // what cannot be read is not in the image
		}
		info, err := d.Info()
		if err != nil {
			return nil
		}
		size += info.Size()
		fmt.Fprintf(h, "%s\x00%d\x00", name, info.Size())
		if left -= info.Size(); left < 0 {
			return nil
		}
		if text, err := fs.ReadFile(i.Files, name); err == nil {
			h.Write(text)
		}
		return nil
	})
	return hex.EncodeToString(h.Sum(nil)), size
}
