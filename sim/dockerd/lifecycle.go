package dockerd

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"drydock/sim"
	"drydock/sim/internal/engine"
	"drydock/sim/tools/command"
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
		if err := found.Restart(ctx); err != nil {
			return internal(fmt.Sprintf(c.says().Restart, c.name, reason(err)))
		}
		return nil
	})
}

// forever is what stands for no limit: a context without a deadline would have the default.
const forever = time.Duration(math.MaxInt64 / 2)

// grace returns what makes a context for how long a container may take to stop, as asked for in
// seconds: by default what package sim gives it, without a limit if it is negative. A client
// that goes does not shorten it.
func (c *call) grace() (func() (context.Context, context.CancelFunc), error) {
	seconds, given, err := c.number("t")
	if err != nil {
		return nil, err
	}
	limit := forever
	if seconds >= 0 && int64(seconds) < int64(forever/time.Second) {
		limit = time.Duration(seconds) * time.Second
	}
	return func() (context.Context, context.CancelFunc) {
		if !given {
			return context.Background(), func() {}
		}
		return context.WithTimeout(context.Background(), limit)
	}, nil
}

// containerKill sends a signal.
func (c *call) containerKill() error {
	signal := command.SIGKILL
	if text := c.form.Get("signal"); text != "" {
		var ok bool
		if signal, ok = command.ParseSignal(text); !ok {
			return c.badSignal(text)
		}
	}
	found, err := c.container()
	if err == nil {
		err = found.Signal(signal)
	}
	if err == nil {
		return c.done()
	}
	status := statusOf(err)
	if status == http.StatusConflict && c.version.less(version{1, 20}) {
		return c.done() // of old, what does not run was no error
	}
	return &statusError{status, fmt.Sprintf(c.says().Kill, c.name, reason(err))}
}

// says returns the words of the host's release, for what is told with the name that the client
// has for a container. Package sim says it with the container's own.
func (c *call) says() *engine.Messages {
	release, _ := engine.Find(string(c.engine.Release))
	return release.Messages()
}

// reason returns why a change failed, without what it was.
func reason(err error) error {
	if e, ok := err.(*sim.Error); ok {
		for _, why := range e.Unwrap() {
			if why, ok := why.(*sim.Error); ok {
				return why
			}
		}
	}
	return err
}

// badSignal tells a number that is no signal from what is no number.
func (c *call) badSignal(text string) error {
	if n, err := strconv.Atoi(text); err == nil && n != 0 {
		return internal(fmt.Sprintf(c.says().Kill, c.name, fmt.Errorf("The linux daemon does not support signal %d", n)))
	}
	return badRequest("Invalid signal: " + text)
}

func (c *call) containerPause() error   { return c.change((*sim.Container).Pause) }
func (c *call) containerUnpause() error { return c.change((*sim.Container).Unpause) }

func (c *call) containerRename() error {
	return c.change(func(found *sim.Container) error { return found.Rename(c.form.Get("name")) })
}
