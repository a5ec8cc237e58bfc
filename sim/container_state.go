package sim

import (
	"cmp"
	"time"

	"drydock/sim/dockerapi"
)

// State returns the state of the container.
func (c *Container) State() dockerapi.State {
	c.stateMu.Lock()
	defer c.stateMu.Unlock()
	s := c.last
	if c.run == nil {
		return s
	}
	s.Status, s.Running, s.StartedAt = "running", true, c.run.started
	s.ExitCode, s.Error = 0, ""
	if c.run.paused {
		s.Status, s.Paused = "paused", true
	}
	return s
}

// Running reports whether the container runs, paused or not.
func (c *Container) Running() bool { return c.running() != nil }

// running returns the present run, nil if there is none.
func (c *Container) running() *run {
	c.stateMu.Lock()
	defer c.stateMu.Unlock()
	return c.run
}

// finished notes the end of a run.
func (c *Container) finished(r *run, status int) {
	c.stateMu.Lock()
	defer c.stateMu.Unlock()
	c.run, c.ending, r.exitCode = nil, r.over, status
	c.last = dockerapi.State{Status: "exited", ExitCode: status, StartedAt: r.started, FinishedAt: time.Now()}
}

// failed notes why the container did not start.
func (c *Container) failed(err error) {
	c.stateMu.Lock()
	defer c.stateMu.Unlock()
	c.last.Error, c.last.ExitCode = err.Error(), cmp.Or(c.last.ExitCode, exitNotStarted)
}

// setPaused is called by the holder of the container's life.
func (c *Container) setPaused(r *run, paused bool) {
	c.stateMu.Lock()
	r.paused = paused
	c.stateMu.Unlock()
	if _, sockets, err := c.open("pause container"); err == nil {
		if paused {
			sockets.Freeze()
		} else {
			sockets.Thaw()
		}
	}
}

// A sandbox is libnetwork's name for a namespace, and what it knows of it.
type sandbox struct {
	id, key  string
	endpoint string // its ID on the network "host" or "none"
}

// newSandbox returns the sandbox of a container that starts.
func (c *Container) newSandbox() sandbox {
	if c.config.joined != nil {
		return sandbox{}
	}
	s := sandbox{id: c.host.random.id("sandbox id"), endpoint: c.host.random.id("sandbox id")}
	s.key = c.host.engine.SandboxKey(s.id)
	if c.config.onHost() {
		s.key = c.host.engine.SandboxKey("")
	}
	return s
}

// sandboxOf returns the sandbox of a run, which it gets with its first network.
func (c *Container) sandboxOf(r *run) sandbox {
	if r.sandbox == (sandbox{}) {
		r.sandbox = c.newSandbox()
	}
	return r.sandbox
}

// noteJoin notes that a run has joined a network, also if it does not start after all.
func (c *Container) noteJoin(r *run, l *Link) {
	l.note(func(h *history) { h.joined = true })
	s := c.sandboxOf(r)
	c.stateMu.Lock()
	defer c.stateMu.Unlock()
	c.sandbox = s
}

// lastSandbox returns the sandbox of the last run, and that if it is still under way.
func (c *Container) lastSandbox() (sandbox, *run) {
	c.stateMu.Lock()
	defer c.stateMu.Unlock()
	return c.sandbox, c.run
}
