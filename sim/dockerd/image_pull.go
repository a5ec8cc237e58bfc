package dockerd

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"drydock/sim/dockerapi"
	"drydock/sim/internal/reference"
)

// hub is the registry of names that do not say one.
const hub = "docker.io"

// imageCreate pulls an image. Those that there are the host has already; of all others the
// answer is that of a registry that does not know them.
func (c *call) imageCreate() error {
	from := strings.TrimSuffix(c.form.Get("fromImage"), ":")
	if from == "" {
		return &statusError{http.StatusNotImplemented, "importing an image is not emulated"}
	}
	if tag := c.form.Get("tag"); strings.HasPrefix(tag, "sha256:") {
		from += "@" + tag
	} else if tag != "" {
		from += ":" + tag
	}
	ref, err := reference.Parse(from)
	if err != nil {
		return badRequest(err.Error())
	}
	image, ok := c.host.Image(ref.String())
	if !ok {
		return c.notPulled(ref)
	}
	c.w.Header().Set("Content-Type", "application/json")
	e := json.NewEncoder(c.w)
	e.Encode(dockerapi.Progress{Status: "Pulling from " + ref.Path, ID: ref.Tag})
	// The digest is that of what a registry has, which is not the ID.
	e.Encode(dockerapi.Progress{Status: fmt.Sprintf("Digest: sha256:%x", sha256.Sum256([]byte(image.ID)))})
	e.Encode(dockerapi.Progress{Status: "Status: Image is up to date for " + ref.String()})
	c.host.LogImageEvent(ref.String(), "pull")
	return nil
}

// notPulled says why there is no such image: no such registry, none of the name, or no such
// tag of it.
func (c *call) notPulled(ref reference.Reference) error {
	if ref.Domain != hub {
		host, _, _ := strings.Cut(ref.Domain, ":")
		return internal(fmt.Sprintf("Get %q: dial tcp: lookup %s: no such host", "https://"+ref.Domain+"/v2/", host))
	}
	for _, image := range c.host.Images() {
		if withoutTag(image.Name) == ref.Name() {
			return notFound(fmt.Sprintf("manifest for %s not found: manifest unknown: manifest unknown", ref))
		}
	}
	return notFound(fmt.Sprintf("pull access denied for %s, repository does not exist or may require 'docker login': "+
		"denied: requested access to the resource is denied", ref.Name()))
}
