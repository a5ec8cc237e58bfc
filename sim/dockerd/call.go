package dockerd

import (
	"drydock/sim"
	"drydock/sim/internal/apishape"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// A call is one request, while it is answered.
type call struct {
	host      *sim.Host
	engine    sim.Engine
	w         http.ResponseWriter
	r         *http.Request
	unbounded io.ReadCloser // the body of r, of which r.Body is the part that is allowed
	form      url.Values
	name      string // what the path names: a container, a network, an image
	version   version
}

// reply answers with JSON.
func (c *call) reply(status int, body any) {
	c.w.Header().Set("Content-Type", "application/json")
	c.w.WriteHeader(status)
	text, err := c.shape().Marshal(body)
	if err == nil {
		c.w.Write(append(text, '\n'))
	}
}

// shape is how the host's release answers the request.
func (c *call) shape() apishape.Shape {
	return apishape.Shape{Daemon: apishape.ParseVersion(c.engine.APIVersion), Asked: apishape.Version(c.version)}
}

// done answers without a body.
func (c *call) done() error {
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

// flag returns a parameter that is true or false. Docker takes all for true but these.
func (c *call) flag(name string) bool {
	switch strings.ToLower(strings.TrimSpace(c.form.Get(name))) {
	case "", "0", "no", "false", "none":
		return false
	}
	return true
}

// number returns a parameter that is a number, and whether it is given. That another text
// is an internal error is dockerd's.
func (c *call) number(name string) (n int, given bool, err error) {
	text := c.form.Get(name)
	if text == "" {
		return 0, false, nil
	}
	n, err = strconv.Atoi(text)
	return n, true, err
}

// checkJSON refuses a body that is said to be something else.
func (c *call) checkJSON() error {
	kind := c.r.Header.Get("Content-Type")
	if kind == "" && c.r.ContentLength == 0 {
		return nil
	}
	if t, _, err := mime.ParseMediaType(kind); err != nil || t != "application/json" {
		return badRequest(fmt.Sprintf("Content-Type specified (%s) must be 'application/json'", kind))
	}
	return nil
}

// body reads JSON. What follows the first value is ignored, as are fields that v has not.
func (c *call) body(v any) error {
	if err := c.checkJSON(); err != nil {
		return err
	}
	return c.decode(v)
}

func (c *call) decode(v any) error {
	err := json.NewDecoder(c.r.Body).Decode(v)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, io.EOF):
		return badRequest("got EOF while reading request body")
	case statusOf(err) != http.StatusInternalServerError:
		return err
	}
	return badRequest(dockersTypes.Replace(err.Error()))
}

// dockersTypes are what dockerd calls types, which stand in messages of package json.
var dockersTypes = strings.NewReplacer(
	"type dockerapi.NetworkCreate", "type types.NetworkCreateRequest", "field NetworkCreate.", "field NetworkCreateRequest.",
	"type dockerapi.NetworkConnect", "type types.NetworkConnect", "type dockerapi.NetworkDisconnect", "type types.NetworkDisconnect",
	"type dockerapi.ExecCreate", "type types.ExecConfig", "field ExecCreate.", "field ExecConfig.",
	"type dockerapi.ExecStart", "type types.ExecStartCheck", "field ExecStart.", "field ExecStartCheck.",
	"type dockerd.createBody", "type runconfig.ContainerConfigWrapper", "field createBody.", "field ContainerConfigWrapper.",
)

// terminalSide reads the height or width of a terminal. What the kernel does not count to
// is its maximum.
func terminalSide(text string) (int, error) {
	n, err := strconv.Atoi(text)
	return min(max(n, 0), math.MaxUint16), err
}
