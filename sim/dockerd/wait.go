package dockerd

import (
	"encoding/json"
	"net/http"

	"drydock/sim"
	"drydock/sim/dockerapi"
)

// containerWait waits for a condition. The client sends it before it starts the container and
// starts that when it has the headers: then nothing is missed any more.
func (c *call) containerWait() error {
	condition := sim.WaitNotRunning
	early := !c.version.less(version{1, 30}) // the headers are sent before the end, and conditions known
	if asked := sim.WaitCondition(c.form.Get("condition")); early && (asked == sim.WaitNextExit || asked == sim.WaitRemoved) {
		condition = asked
	}
	found, err := c.container()
	if err != nil {
		return err
	}
	wait := found.PrepareWait(condition)
	c.w.Header().Set("Content-Type", "application/json")
	if early {
		c.w.WriteHeader(http.StatusOK)
		http.NewResponseController(c.w).Flush()
	}
	status, err := wait(c.r.Context())
	if err != nil {
		return nil // nobody listens any more
	}
	return json.NewEncoder(c.w).Encode(dockerapi.WaitResponse{StatusCode: int64(status)})
}
