package sim

import (
	"context"
	"iter"
	"maps"
	"time"

	"drydock/sim/dockerapi"
	"drydock/sim/internal/feed"
	"drydock/sim/internal/reference"
)

// An Event is something that happened to a container, a network or an image of a host: a line
// of "docker events". Its actions, in Docker's order:
//
//	container: create; start; die, with exitCode; destroy; kill, with signal; stop; restart;
//	           pause; unpause; rename, with oldName; with execID exec_create, exec_start and
//	           exec_die of the commands of Exec and docker exec
//	network:   create; connect and disconnect, with container; destroy
//
// A run is connect, start, die and disconnect; before the die of a stop there is the kill, and
// after the disconnect the stop. Since Docker 28 the die comes last, with execDuration. Who
// disconnects a container that runs is told twice, as by dockerd until then. Docker's API tells of what
// it does too, see LogEvent: attach, resize, pull, prune.
type Event struct {
	Type       string // "container", "network" or "image"; of a prune also "builder"
	Action     string
	ID         string            // of what it happened to
	Attributes map[string]string // its name, of containers image and labels, of networks type; and what the action has
	Time       time.Time
}

// The types of events.
const (
	containerEvent = "container"
	networkEvent   = "network"
	imageEvent     = "image"
)

// Message returns the event as Docker's HTTP API has it.
func (e Event) Message() dockerapi.EventMessage {
	m := dockerapi.EventMessage{
		Type: e.Type, Action: e.Action, Actor: dockerapi.Actor{ID: e.ID, Attributes: e.Attributes},
		Scope: "local", Time: e.Time.Unix(), TimeNano: e.Time.UnixNano(),
	}
	if e.Type != networkEvent {
		m.Status, m.ID = e.Action, e.ID
	}
	if e.Type == containerEvent {
		m.From = e.Attributes["image"]
	}
	return m
}

// A Subscription gets the events of a host. Its methods are safe for concurrent use.
type Subscription struct{ listener *feed.Listener[Event] }

// Subscribe returns a Subscription to all events from now on, and before them to those of the
// last 256 that are not older than since; the zero Time wants none of these. The caller must
// Close it. What happens after Subscribe returns is not missed.
func (h *Host) Subscribe(since time.Time) *Subscription {
	var past func(Event) bool
	if !since.IsZero() {
		past = func(e Event) bool { return !e.Time.Before(since) }
	}
	return &Subscription{h.events.Listen(past)}
}

// Next returns the next event, waiting for it until ctx is done. When the host is closed and
// all events are read the error wraps ErrClosed, as after Close. Nothing waits for a
// subscriber; who falls 65536 events behind gets these and then an error that says so.
func (s *Subscription) Next(ctx context.Context) (Event, error) {
	e, err := s.listener.Next(ctx)
	switch err {
	case nil:
		e.Attributes = maps.Clone(e.Attributes)
	case feed.ErrClosed:
		err = &Error{Op: "read events", Err: ErrClosed, message: "no more events: the host or the subscription is closed", cause: err}
	}
	return e, err
}

// Close ends the subscription.
func (s *Subscription) Close() { s.listener.Close() }

// Events returns the events from when it is ranged over, until ctx is done or the host is closed.
// Subscribe misses nothing from the call on.
func (h *Host) Events(ctx context.Context) iter.Seq[Event] {
	return func(yield func(Event) bool) {
		s := h.Subscribe(time.Time{})
		defer s.Close()
		for ctx.Err() == nil {
			if e, err := s.Next(ctx); err != nil || !yield(e) {
				return
			}
		}
	}
}

// tell tells of an event. It is called without any of the mutexes.
func (h *Host) tell(kind, action, id string, attributes map[string]string) {
	h.events.Tell(func() Event {
		return Event{Type: kind, Action: action, ID: id, Attributes: attributes, Time: time.Now()}
	})
}

// LogEvent tells those who watch the host of something that happened to the container and
// that the host does not see itself, as dockerd does of attach and exec_create. Labels, image
// and name are added to the attributes.
func (c *Container) LogEvent(action string, attributes map[string]string) {
	all := cloneMap(attributes)
	maps.Copy(all, c.config.asked.Labels)
	if image := c.config.image.Name; image != "" {
		all["image"] = image
	}
	all["name"] = c.Name()
	c.host.tell(containerEvent, action, c.id, all)
}

// event is LogEvent with at most one attribute.
func (c *Container) event(action string, attribute ...string) {
	var attributes map[string]string
	if len(attribute) > 0 {
		attributes = map[string]string{attribute[0]: attribute[1]}
	}
	c.LogEvent(action, attributes)
}

// event tells of something that happened to the network, and to which container.
func (n *Network) event(action string, container ...string) {
	attributes := map[string]string{"name": n.name, "type": n.driver}
	if len(container) > 0 {
		attributes["container"] = container[0]
	}
	n.host.tell(networkEvent, action, n.ID(), attributes)
}

// LogEvent tells those who watch the host of something that happened to no single object: of a
// type of them that it was pruned.
func (h *Host) LogEvent(kind, action string, attributes map[string]string) {
	h.tell(kind, action, "", cloneMap(attributes))
}

// LogImageEvent is LogEvent for an image: of the pull of "nginx" the ID is "nginx:latest", as
// there is no other before. What is no name of an image is not told.
func (h *Host) LogImageEvent(name, action string) {
	if ref, err := reference.Parse(name); err == nil {
		h.tell(imageEvent, action, ref.String(), map[string]string{"name": ref.Name()})
	}
}
