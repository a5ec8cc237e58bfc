package dockerd

import (
	"context"
	"net/http"
	"time"

	"drydock/sim"
)

// change does something to the container that the path names.
func (c *call) change(do func(*sim.Container) error) error {
	found, err := c.container()
	if err != nil {
		return err
	}
	if err := do(found); err != nil {
		return err
	}
	return c.done()
}

func (c *call) containerStart() error {
	// A JSON object that says something has at least 7 characters.
	if c.r.ContentLength > 7 || c.r.ContentLength == -1 {
		return badRequest("starting container with non-empty request body was deprecated since API v1.22 and removed in v1.24")
	}
	return c.change(func(found *sim.Container) error {
		if s := found.State(); s.Running && !s.Paused {
			return &statusError{http.StatusNotModified, "Container is already started"}
		}
		return found.Start()
	})
}

func (c *call) containerStop() error {
	grace, err := c.grace()
	if err != nil {
		return err
	}
	return c.change(func(found *sim.Container) error {
		if !found.Running() {
			return &statusError{http.StatusNotModified, "Container is already stopped"}
		}
		ctx, cancel := grace()
		defer cancel()
		return found.Stop(ctx)
	})
}

func (c *call) containerRestart() error {
	grace, err := c.grace()
	if err != nil {
		return err
	}
	return c.change(func(found *sim.Container) error {
		ctx, cancel := grace()
		defer cancel()
		return found.Restart(ctx)
	})
}

// grace returns a context for how long a container may take to stop. A client that goes
// does not shorten it.
func (c *call) grace() (func() (context.Context, context.CancelFunc), error) {
	seconds, given, err := c.number("t")
	if err != nil {
		return nil, err
	}
	return func() (context.Context, context.CancelFunc) {
		if !given || seconds < 0 {
			return context.Background(), func() {}
		}
		return context.WithTimeout(context.Background(), time.Duration(seconds)*time.Second)
	}, nil
}

func (c *call) containerKill() error { return c.change((*sim.Container).Kill) }

func (c *call) containerPause() error   { return c.change((*sim.Container).Pause) }
func (c *call) containerUnpause() error { return c.change((*sim.Container).Unpause) }

func (c *call) containerRename() error {
	return c.change(func(found *sim.Container) error { return found.Rename(c.form.Get("name")) })
}
