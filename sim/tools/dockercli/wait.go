package dockercli

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"drydock/sim/dockerapi"
)

// A waiting is a connection on which a daemon tells how a container has exited.
type waiting struct {
	*connection
	events  bool // it tells of all that happens to the container
	removed bool // the end of that is the removal
}

// openWait begins to wait for a container that is to be started: the daemon answers at once
// that it waits, and the status follows. So the exit is that of what is asked of it
// afterwards. An old daemon cannot wait so, and is asked for events.
func (d *docker) openWait(id string, removed bool) (waiting, error) {
	if olderVersion(d.api.version, "1.30") {
		wanted := filters{"type": {"container"}, "container": {id}}
		x, err := d.api.open(d.ctx, request{method: http.MethodGet, path: "/events", query: wanted.query(url.Values{})})
		return waiting{x, true, removed}, err
	}
	condition := "next-exit"
	if removed {
		condition = "removed"
	}
	return d.openWaitFor(id, url.Values{"condition": {condition}})
}

// openWaitStopped begins to wait until a container does not run.
func (d *docker) openWaitStopped(id string) (waiting, error) {
	return d.openWaitFor(id, url.Values{"condition": {""}})
}

// openWaitRunning is openWaitStopped for a container that runs, on which an old daemon would
// not answer before it has stopped.
func (d *docker) openWaitRunning(id string) (waiting, error) {
	if olderVersion(d.api.version, "1.30") {
		return d.openWait(id, false)
	}
	return d.openWaitStopped(id)
}

// openWaitFor begins to wait for a condition.
func (d *docker) openWaitFor(id string, query url.Values) (waiting, error) {
	x, err := d.api.open(d.ctx, request{method: http.MethodPost, path: "/containers/" + id + "/wait", query: query})
	return waiting{connection: x}, err
}

// status returns what a container exited with.
func (w waiting) status() (status int, err error) {
	if w.events {
		return w.eventStatus()
	}
	var answer dockerapi.WaitResponse
	if err := json.NewDecoder(w.answer.Body).Decode(&answer); err != nil {
		return 0, err
	}
	if answer.Error != nil {
		return 0, dockerError(answer.Error.Message)
	}
	return int(answer.StatusCode), nil
}

// eventStatus is status by events.
func (w waiting) eventStatus() (status int, err error) {
	for dec := json.NewDecoder(w.answer.Body); ; {
		var e dockerapi.EventMessage
		if err := dec.Decode(&e); err != nil {
			return 0, err
		}
		switch e.Action {
		case "die":
			if status, err = strconv.Atoi(e.Actor.Attributes["exitCode"]); err != nil || !w.removed {
				return status, err
			}
		case "detach":
			return 0, nil
		case "destroy":
			return status, nil
		}
	}
}

// exitStatus is the end of a command that shares a process's fate.
func exitStatus(w waiting) error {
	status, err := w.status()
	if err == nil && status != 0 {
		return statusError{status: status}
	}
	return err
}

// exitOrRemoved is exitStatus for who has started the container. openErr is that it could not
// even begin to wait.
func (d *docker) exitOrRemoved(w waiting, openErr error) error {
	status, err := 0, openErr
	if err == nil {
		status, err = w.status()
	}
	switch {
	case d.ctx.Err() != nil:
		return err
	case err != nil:
		d.Errorf("time=%q level=error msg=%q\n", time.Now().UTC().Format(time.RFC3339), "error waiting for container: "+err.Error())
		return statusError{status: 125}
	case status != 0:
		return statusError{status: status}
	}
	return nil
}
