package dockerd

import (
	"net/http"
	"slices"
	"strings"

	"drydock/sim"
	"drydock/sim/dockerapi"
	"drydock/sim/internal/reference"
)

// listKeys are the filters of containers.
const listKeys = "ancestor before exited id isolation label name status health since volume network is-task publish expose"

// A listing is which containers docker ps shows.
type listing struct {
	filters
	all           bool
	limit         int
	before, since string // IDs
	exited        []int
	ports         portFilters
}

func (c *call) containerList() error {
	l, err := c.listing()
	if err != nil {
		return err
	}
	list := []dockerapi.ContainerSummary{}
	older := l.before == ""
	for found := range c.host.Containers() {
		if found.ID() == l.since || l.limit > 0 && len(list) == l.limit {
			break
		}
		if !older {
			older = found.ID() == l.before
			continue
		}
		if !l.all && l.limit <= 0 && !found.Running() {
			continue
		}
		s := found.Summary()
		if !l.wants(&s, found) {
			continue
		}
		if c.flag("size") {
			s.SizeRw, s.SizeRootFs = found.Size()
		}
		list = append(list, s)
	}
	c.reply(http.StatusOK, list)
	return nil
}

// wants reports whether a container is one that the filters let through.
func (l *listing) wants(s *dockerapi.ContainerSummary, found *sim.Container) bool {
	name := found.Name()
	switch {
	case !l.match("name", "/"+name) && !l.match("name", name),
		!l.begins("id", s.ID),
		!l.pairs("label", s.Labels),
		!l.match("status", s.State),
		!l.exact("health", "none"),
		l.has("volume"),
		!l.ports.want(s.Ports):
		return false
	}
	return l.hasExited(found) && l.isTask() && l.isOn(s.NetworkSettings.Networks) && l.isFrom(s)
}

// hasExited reports whether the container has an exit status that is asked for.
func (l *listing) hasExited(found *sim.Container) bool {
	if len(l.exited) == 0 {
		return true
	}
	s := found.State()
	return !s.Running && !s.StartedAt.IsZero() && slices.Contains(l.exited, s.ExitCode)
}

// isTask is about tasks of a swarm: no container is one.
func (l *listing) isTask() bool { return !l.has("is-task") || l.filters["is-task"]["false"] }

// isOn reports whether the container is on a network that is asked for, by name or the
// beginning of an ID.
func (l *listing) isOn(networks map[string]dockerapi.EndpointSettings) bool {
	if !l.has("network") {
		return true
	}
	for value := range l.filters["network"] {
		if _, ok := networks[value]; ok {
			return true
		}
		for _, n := range networks {
			if strings.HasPrefix(n.NetworkID, value) {
				return true
			}
		}
	}
	return false
}

// isFrom reports whether the container was made from an image that is asked for, by name or
// by the beginning of its ID.
func (l *listing) isFrom(s *dockerapi.ContainerSummary) bool {
	for value := range l.filters["ancestor"] {
		if sameImage(value, s.Image) || s.ImageID != "" && strings.HasPrefix(strings.TrimPrefix(s.ImageID, "sha256:"), strings.TrimPrefix(value, "sha256:")) {
			return true
		}
	}
	return !l.has("ancestor")
}

// sameImage reports whether two names are those of one image: "nginx" and "nginx:latest".
func sameImage(a, b string) bool {
	x, err := reference.Parse(a)
	y, other := reference.Parse(b)
	return err == nil && other == nil && x == y
}
