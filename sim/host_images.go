package sim

import (
	"encoding/hex"

	"drydock/sim/internal/reference"
)

// imageID returns the ID of an image of a name, empty if it has none. It is made from the seed
// and the name, since images have no content to make it from.
func (h *Host) imageID(name string) string {
	ref, err := reference.Parse(name)
	if err != nil {
		return ""
	}
	id := h.random.key("image " + ref.String())
	return "sha256:" + hex.EncodeToString(id[:])
}
