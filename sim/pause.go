package sim

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
	const op = "unpause container"
	defer c.change()()
	if err := c.gone(op); err != nil {
		return err
	}
	r := c.running()
	switch {
	case r == nil || !r.paused:
		return errorf(op, c.Name(), ErrNotPaused, c.host.says.NotPaused, c.id)
	}
	c.setPaused(r, false)
	c.event("unpause")
	return nil
}
