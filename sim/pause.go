package sim

import (
	"slices"

	"drydock/sim/tools/command"
)

// Pause makes the programs of the container stand still: "docker pause". What they call
// on the network, now or later, waits for Unpause, unless its context, its deadline or
// Close ends it; the rest of their code is Go and goes on. Its kernel works as before:
// it answers pings, completes connections and buffers what comes. Its names, addresses
// and published ports stay. A paused container can be stopped, killed and restarted,
// which unpause it.
func (c *Container) Pause() error {
	const op = "pause container"
	defer c.change()()
	if err := c.gone(op); err != nil {
		return err
	}
	r := c.running()
	switch {
	case c.State().Restarting:
		return errorf(op, c.Name(), ErrNotRunning, c.host.says.Restarting, c.id)
	case r == nil:
		return c.errDown(op)
	case r.paused:
		return errorf(op, c.Name(), ErrPaused, c.host.says.AlreadyPaused, c.id)
	}
	c.setPaused(r, true)
	c.event("pause")
	return nil
}

// Unpause lets the programs of a paused container go on.
func (c *Container) Unpause() error {
	r, err := c.unpause()
	if err == nil {
		c.release(r)
	}
	return err
}

func (c *Container) unpause() (*run, error) {
	const op = "unpause container"
	defer c.change()()
	if err := c.gone(op); err != nil {
		return nil, err
	}
	r := c.running()
	if r == nil || !r.paused {
		return nil, errorf(op, c.Name(), ErrNotPaused, c.host.says.NotPaused, c.id)
	}
	c.setPaused(r, false)
	c.event("unpause")
	return r, nil
}

// resume unpauses a run, if nobody else has done so.
func (c *Container) resume(r *run) {
	done := c.change()
	if c.running() == r && r.paused {
		c.setPaused(r, false)
		c.event("unpause")
	}
	done()
	c.release(r)
}

// holdSignal keeps a signal for a run that is paused, one of each, and reports whether it is.
func (c *Container) holdSignal(r *run, s command.Signal) bool {
	c.stateMu.Lock()
	defer c.stateMu.Unlock()
	if r.paused && !slices.Contains(r.held, s) {
		r.held = append(r.held, s)
	}
	return r.paused
}

// release sends the signals that were kept. Nobody may hold life: one of them may end the run.
func (c *Container) release(r *run) {
	c.stateMu.Lock()
	held := r.held
	r.held = nil
	c.stateMu.Unlock()
	for _, s := range held {
		r.signal(c, s)
	}
}
