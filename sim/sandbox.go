package sim

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
	s.key = "/var/run/docker/netns/" + s.id[:12]
	if c.config.onHost() {
		s.key = "/var/run/docker/netns/default"
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
