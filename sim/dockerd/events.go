package dockerd

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"drydock/sim"
	"drydock/sim/dockerapi"
	"drydock/sim/internal/apitext"
	"drydock/sim/internal/reference"
)

// A period is when events are wanted of. A zero time is open.
type period struct{ since, until time.Time }

func (c *call) getEvents() error {
	p, err := c.period()
	if err != nil {
		return err
	}
	f, err := c.filters()
	if err != nil {
		return err
	}
	s := c.host.Subscribe(p.since) // before the headers, by which a client knows that it misses nothing
	defer s.Close()
	c.w.Header().Set("Content-Type", "application/json")
	c.w.WriteHeader(http.StatusOK)
	flush := http.NewResponseController(c.w).Flush
	flush()
	e := json.NewEncoder(c.w)
	for event := range p.read(c.r.Context(), s) {
		message := event.Message()
		if !f.wantsEvent(&message) {
			continue
		}
		if err := e.Encode(message); err != nil {
			break
		}
		flush()
	}
	return nil
}

// period reads since and until.
func (c *call) period() (p period, err error) {
	since, until := c.form.Get("since"), c.form.Get("until")
	if p.since, err = apitext.ParseTime(since); err != nil {
		return p, err
	}
	if p.until, err = apitext.ParseTime(until); err != nil {
		return p, err
	}
	if !p.until.IsZero() && p.until.Before(p.since) {
		return p, badRequest(fmt.Sprintf("`since` time (%s) cannot be after `until` time (%s)", since, until))
	}
	if p.since.IsZero() && !p.until.IsZero() {
		p.since = time.Unix(0, 0) // the past is asked for, all of it
	}
	return p, nil
}

// read yields the events of a period, and waits for those to come.
func (p period) read(ctx context.Context, s *sim.Subscription) func(yield func(sim.Event) bool) {
	return func(yield func(sim.Event) bool) {
		if !p.until.IsZero() {
			// Once that has passed what is there is still read, without waiting.
			var cancel context.CancelFunc
			ctx, cancel = context.WithDeadline(ctx, p.until)
			defer cancel()
		}
		past := !p.until.IsZero() && p.until.Before(time.Now())
		for {
			event, err := s.Next(ctx)
			if err != nil {
				return
			}
			if past && event.Time.After(p.until) {
				continue
			}
			if !yield(event) {
				return
			}
		}
	}
}

// wantsEvent reports whether the filters let an event through. Those of one type are for the
// others as well, whose names and IDs they do not have.
func (f filters) wantsEvent(m *dockerapi.EventMessage) bool {
	name := m.Actor.Attributes["name"]
	for _, key := range []string{"daemon", "container", "plugin", "volume", "network", "node", "service", "secret", "config"} {
		if !f.begins(key, m.Actor.ID) && !f.begins(key, name) {
			return false
		}
	}
	return f.wantsAction(m.Action) && f.exact("type", m.Type) && f.exact("scope", m.Scope) &&
		f.wantsImage(m) && f.pairs("label", m.Actor.Attributes)
}

// wantsAction takes the beginning for actions that have something after it.
func (f filters) wantsAction(action string) bool {
	for _, long := range []string{"health_status", "exec_create", "exec_start"} {
		if f["event"][long] {
			return f.begins("event", action)
		}
	}
	return f.exact("event", action)
}

// wantsImage looks at the image that an event is of or that its container is made from, with
// its tag and without.
func (f filters) wantsImage(m *dockerapi.EventMessage) bool {
	name := m.Actor.Attributes["image"]
	if m.Type == "image" {
		name = m.Actor.Attributes["name"]
	}
	return f.exact("image", m.Actor.ID) || f.exact("image", name) ||
		f.exact("image", withoutTag(m.Actor.ID)) || f.exact("image", withoutTag(name))
}

func withoutTag(image string) string {
	ref, err := reference.Parse(image)
	if err != nil {
		return image
	}
	return ref.Name()
}
