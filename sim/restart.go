package sim

import (
	"time"

	"drydock/sim/dockerapi"
)

// The names of restart policies.
const (
	restartNo            = "no"
	restartAlways        = "always"
	restartUnlessStopped = "unless-stopped"
	restartOnFailure     = "on-failure"
)

// setRestart refuses restart policies that are none.
func (c *containerConfig) setRestart(s *containerSpec) error {
	says, p := s.host.says, s.HostConfig.RestartPolicy
	switch p.Name {
	case "":
		c.askedHost.RestartPolicy = dockerapi.RestartPolicy{Name: restartNo}
		return nil
	case restartNo, restartAlways, restartUnlessStopped:
		if p.MaximumRetryCount != 0 {
			return errorf(opCreate, p.Name, ErrConflict, says.RestartRetries, p.Name)
		}
	case restartOnFailure:
		if p.MaximumRetryCount < 0 {
			return newError(opCreate, p.Name, ErrConflict, says.RestartNegative)
		}
	default:
		return errorf(opCreate, p.Name, ErrName, says.RestartPolicy, p.Name)
	}
	if s.HostConfig.AutoRemove && p.Name != restartNo {
		return newError(opCreate, p.Name, ErrConflict, says.RestartRemove)
	}
	return nil
}

// How long a container waits before it is restarted: the first time, and after a run of 10
// seconds; then twice as long each time, up to a minute. They are dockerd's.
const (
	firstBackoff = 100 * time.Millisecond
	mostBackoff  = time.Minute
	goodRun      = 10 * time.Second
)

// A pendingRestart is a container's wait for its restart.
type pendingRestart struct {
	delay    time.Duration
	canceled chan struct{} // closed when there will be none
}

// planRestart returns what to wait for before the container is started again after a run, nil
// if it is not. The caller holds life.
func (c *Container) planRestart(r *run, status int) *pendingRestart {
	if r.manual.Load() || c.host.isClosed() || c.host.daemonRun.isDown() || !c.wantsRestart(status) {
		return nil
	}
	if time.Since(r.started) >= goodRun {
		c.backoff = 0
	}
	c.backoff = max(firstBackoff, min(2*c.backoff, mostBackoff))
	return &pendingRestart{c.backoff, make(chan struct{})}
}

// wantsRestart reports what the policy says of a status. "unless-stopped" takes any signal of a
// user for a stop.
func (c *Container) wantsRestart(status int) bool {
	p := c.config.askedHost.RestartPolicy
	switch p.Name {
	case restartAlways:
		return true
	case restartUnlessStopped:
		return !c.signalled.Load()
	case restartOnFailure:
		return status != 0 && (p.MaximumRetryCount == 0 || c.restartCount() < p.MaximumRetryCount)
	}
	return false
}

// restartLater waits, and starts the container unless somebody has started or stopped it.
func (c *Container) restartLater(p *pendingRestart) {
	over := make(chan struct{})
	timer := c.host.clockOf("restart "+c.id).AfterFunc(p.delay, func() { close(over) })
	defer timer.Stop()
	select {
	case <-p.canceled:
		return
	case <-over:
	}
	defer c.change()()
	if !c.isPending(p) {
		return
	}
	err := c.gone("restart container")
	if err == nil {
		if err = c.host.labelled(c.boot); err != nil {
			c.noteError(err)
		}
	}
	if err != nil {
		c.cancelRestart()
		c.host.log.Error("container is not restarted", "container", c.Name(), "error", err)
	}
}

func (c *Container) isPending(p *pendingRestart) bool {
	c.stateMu.Lock()
	defer c.stateMu.Unlock()
	return c.pending == p
}

// cancelRestart makes a container that waits for its restart one that has exited, and reports
// whether it was such a one. The caller holds life.
func (c *Container) cancelRestart() bool {
	c.stateMu.Lock()
	defer c.stateMu.Unlock()
	if c.pending == nil {
		return false
	}
	close(c.pending.canceled)
	c.pending = nil
	c.last.Status, c.last.Running, c.last.Restarting = "exited", false, false
	c.nextStop.reached(c.last.ExitCode)
	c.nextStop = nil
	return true
}

// resetRestarts begins to count anew: somebody starts the container.
func (c *Container) resetRestarts() {
	c.backoff = 0
	c.signalled.Store(false)
	c.stateMu.Lock()
	defer c.stateMu.Unlock()
	c.restarts = 0
}

func (c *Container) restartCount() int {
	c.stateMu.Lock()
	defer c.stateMu.Unlock()
	return c.restarts
}

// noteError notes why a restart failed. The exit status stays that of the last run.
func (c *Container) noteError(err error) {
	c.stateMu.Lock()
	defer c.stateMu.Unlock()
	c.last.Error = err.Error()
}
