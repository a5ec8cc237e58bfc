package dockerd

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	"drydock/sim"
	"drydock/sim/dockerapi"
	"drydock/sim/internal/reference"
)

// hub is the registry of names that do not say one.
const hub = "docker.io"

// imageCreate pulls an image. Of those that there are not, and not in the registry of the host, the
// answer is that of one that does not know them.
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
	image, fresh, err := c.host.Pull(ref.String())
	if err != nil {
		return c.notPulled(ref, err)
	}
	c.w.Header().Set("Content-Type", "application/json")
	e := json.NewEncoder(c.w)
	e.Encode(dockerapi.Progress{Status: "Pulling from " + ref.Path, ID: ref.Tag})
	status := "Image is up to date for "
	if fresh {
		status = "Downloaded newer image for "
		// It has one layer: what there is of it is in one piece.
		layer := fmt.Sprintf("%.6x", sha256.Sum256([]byte("layer "+image.ID)))
		for _, done := range []string{"Pulling fs layer", "Verifying Checksum", "Download complete", "Pull complete"} {
			e.Encode(dockerapi.Progress{Status: done, ID: layer})
		}
	}
	// The digest is that of what a registry has, which is not the ID.
	e.Encode(dockerapi.Progress{Status: fmt.Sprintf("Digest: sha256:%x", sha256.Sum256([]byte(image.ID)))})
	e.Encode(dockerapi.Progress{Status: "Status: " + status + ref.String()})
	c.host.LogImageEvent(ref.String(), "pull")
	return nil
}

// hubHost is where that registry is.
const hubHost = "registry-1.docker.io"

// noHub is why the registry is not found: the name servers of the host do not know it. A host without
// any is taken to have a registry of its own.
func (c *call) noHub() error {
	_, err := c.host.LookupNetIP(c.r.Context(), "ip", hubHost)
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound && dns.Server != "" {
		return dns
	}
	return nil
}

// notPulled says why there is no such image: no such registry, none of the name, or no such
// tag of it.
func (c *call) notPulled(ref reference.Reference, unknown error) error {
	if ref.Domain != hub {
		host, _, _ := strings.Cut(ref.Domain, ":")
		return internal(fmt.Sprintf("Get %q: dial tcp: lookup %s: no such host", "https://"+ref.Domain+"/v2/", host))
	}
	if c.host.HasRepository(ref.Name()) {
		return unknown
	}
	if why := c.noHub(); why != nil {
		if c.engine.Release == sim.Docker29 { // which pulls by containerd
			manifest := "https://" + hubHost + "/v2/" + ref.Path + "/manifests/" + ref.Tag
			return internal(fmt.Sprintf("failed to resolve reference %q: failed to do request: Head %q: dial tcp: %v", hub+"/"+ref.Path+":"+ref.Tag, manifest, why))
		}
		return internal(fmt.Sprintf("Get %q: dial tcp: %v", "https://"+hubHost+"/v2/", why))
	}
	return notFound(fmt.Sprintf("pull access denied for %s, repository does not exist or may require 'docker login': "+
		"denied: requested access to the resource is denied", ref.Name()))
}
