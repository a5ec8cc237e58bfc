package sim

import (
	"drydock/nat"
	"drydock/sim/tools/command"
)

// A privileged is a container as a process sees it that has capabilities which the container lacks. Its
// sockets are the container's.
type privileged struct {
	Netns
	container *Container
}

func (c *Container) privileged() *privileged {
	p := &privileged{container: c}
	p.errDown, p.site, p.root, p.bubble = c.Netns.errDown, c.Netns.site, c.Netns.root, c.Netns.bubble
	p.rights = func() rights {
		r := c.rights() // of which sysctls is how /proc/sys was mounted
		r.netAdmin = true
		return r
	}
	c.Netns.mu.Lock()
	defer c.Netns.mu.Unlock()
	p.space, p.sockets, p.names = c.Netns.space, c.Netns.sockets, c.Netns.names
	p.processes, p.hostname = c.Netns.processes, c.Netns.hostname
	return p
}

// Firewall is Container.Firewall with NET_ADMIN.
func (p *privileged) Firewall() *nat.Tables {
	if r := p.container.running(); r != nil {
		return r.ns.netfilter()
	}
	return nil
}

// Host returns that of the container.
func (p *privileged) Host() *Host { return p.container.Host() }

// Name returns that of the container.
func (p *privileged) Name() string { return p.container.Name() }

// Processes returns those of the container.
func (p *privileged) Processes() *command.Processes { return p.container.Processes() }
