package dockerd

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"drydock/sim"
	"drydock/sim/dockerapi"
)

// What requests may send in bytes. A container may publish each port there is of three protocols,
// at some 70 bytes; an exec may have arguments up to what Linux refuses with words of its own.
// Of others the longest that the command docker sends has a few thousand.
const (
	maxBody   = 1 << 20
	maxCreate = 16 << 20
	maxExec   = 4 << 20
)

// Handler returns Docker's API over a host. It keeps nothing: all that there is the host has, and
// any number of Handlers over it tell the same. While the host's dockerd does not run it answers
// nothing: connections are closed.
func Handler(h *sim.Host) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		daemon := h.DaemonContext()
		if daemon.Err() != nil {
			panic(http.ErrAbortHandler)
		}
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		defer context.AfterFunc(daemon, cancel)()
		r = r.WithContext(ctx)
		c := &call{host: h, engine: h.Engine(), w: w, r: r, unbounded: r.Body}
		c.allow(maxBody)
		c.version = parseVersion(c.engine.APIVersion)
		if err := c.serve(); err != nil {
			c.fail(err)
		}
	})
}

// allow has the body be at most that long.
func (c *call) allow(bytes int64) { c.r.Body = http.MaxBytesReader(c.w, c.unbounded, bytes) }

// serve finds the route and follows it.
func (c *call) serve() error {
	v, path, versioned := cutVersion(c.r.URL.Path)
	if versioned {
		c.version = v
	}
	handle, name := find(c.r.Method, path)
	if handle == nil {
		return errPage
	}
	c.setHeaders()
	if err := c.checkVersion(); err != nil {
		return err
	}
	// A form that is no form is nothing to those that have no use for one.
	if err := c.r.ParseForm(); err != nil && !strings.HasPrefix(err.Error(), "mime:") {
		return badRequest(err.Error())
	}
	c.form, c.name = c.r.Form, name
	return handle(c)
}

// setHeaders has what every answer of dockerd's says of it.
func (c *call) setHeaders() {
	h := c.w.Header()
	h.Set("Server", "Docker/"+c.engine.Version+" (linux)")
	h.Set("Api-Version", c.engine.APIVersion)
	h.Set("Ostype", "linux")
	h.Set("Docker-Experimental", "false")
}

// fail answers with an error.
func (c *call) fail(err error) {
	status := statusOf(err)
	if c.version.less(version{1, 24}) {
		http.Error(c.w, err.Error(), status)
		return
	}
	c.reply(status, dockerapi.ErrorResponse{Message: err.Error()})
}

// checkVersion refuses a version that the host's release of Docker does not speak.
func (c *call) checkVersion() error {
	v, oldest, current := c.version, parseVersion(c.engine.MinAPIVersion), parseVersion(c.engine.APIVersion)
	switch {
	case v.less(oldest):
		return badRequest(fmt.Sprintf("client version %v is too old. Minimum supported API version is %v, please upgrade your client to a newer version", v, oldest))
	case current.less(v):
		return badRequest(fmt.Sprintf("client version %v is too new. Maximum supported API version is %v", v, current))
	}
	return nil
}
