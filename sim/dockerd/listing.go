package dockerd

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"drydock/sim/dockerapi"
	"drydock/sim/internal/apitext"
)

// Values that filters of containers may have.
var (
	states  = strings.Fields("paused restarting removing running dead created exited")
	healths = []string{"", "none", "starting", "healthy", "unhealthy"}
	isOrNot = []string{"true", "false"}
)

// listing reads what is asked for.
func (c *call) listing() (*listing, error) {
	f, err := c.filters()
	if err != nil {
		return nil, err
	}
	l := &listing{filters: f, all: c.flag("all")}
	if l.limit, _, err = c.number("limit"); err != nil {
		return nil, err
	}
	if err := f.check(listKeys); err != nil {
		return nil, err
	}
	for _, read := range []func(*call) error{l.readExited, l.readStatus, l.readOthers, l.readPlace, l.readPorts} {
		if err := read(c); err != nil {
			return nil, err
		}
	}
	return l, nil
}

func (l *listing) readExited(*call) error {
	for _, value := range l.values("exited") {
		n, err := strconv.Atoi(value)
		if err != nil {
			return err
		}
		l.exited = append(l.exited, n)
	}
	return nil
}

// readStatus has who asks for a status see containers that do not run.
func (l *listing) readStatus(*call) error {
	for _, value := range l.values("status") {
		if !slices.Contains(states, value) {
			return badRequest("Invalid filter 'status=" + value + "'")
		}
		l.all = true
	}
	return nil
}

func (l *listing) readOthers(*call) error {
	if l.has("is-task") && !slices.ContainsFunc(l.values("is-task"), func(s string) bool { return slices.Contains(isOrNot, s) }) {
		return badRequest(fmt.Sprintf("Invalid filter 'is-task=%s'", l.values("is-task")))
	}
	for _, value := range l.values("health") {
		if !slices.Contains(healths, value) {
			return badRequest("Unrecognised filter value for health: " + value)
		}
	}
	return nil
}

// readPlace finds the containers that the list is to begin after and end with.
func (l *listing) readPlace(c *call) error {
	for _, end := range []struct {
		key string
		id  *string
	}{{"before", &l.before}, {"since", &l.since}} {
		for _, value := range l.values(end.key) {
			found, ok := c.host.Container(value)
			if !ok {
				return notFound("no such container " + value)
			}
			*end.id = found.ID()
		}
	}
	return nil
}

func (l *listing) readPorts(*call) error {
	var err error
	if l.ports.publish, err = readPorts("publish", l.values("publish")); err != nil {
		return err
	}
	l.ports.expose, err = readPorts("expose", l.values("expose"))
	return err
}

// portFilters are the ports that are asked for, "80/tcp".
type portFilters struct{ publish, expose map[string]bool }

// want reports whether one of the ports is asked for, or none is.
func (f portFilters) want(ports []dockerapi.Port) bool {
	for _, p := range ports {
		if f.publish[fmt.Sprintf("%d/%s", p.PublicPort, p.Type)] || f.expose[fmt.Sprintf("%d/%s", p.PrivatePort, p.Type)] {
			return true
		}
	}
	return len(f.publish)+len(f.expose) == 0
}

// readPorts reads ports, "80", "80/tcp" or "80-90/udp".
func readPorts(key string, values []string) (map[string]bool, error) {
	ports := make(map[string]bool)
	for _, value := range values {
		if strings.Contains(value, ":") {
			return nil, fmt.Errorf("filter for '%s' should not contain ':': %s", key, value)
		}
		numbers, proto, given := strings.Cut(value, "/")
		if !given {
			proto = "tcp"
		}
		first, last, err := apitext.PortRange(numbers)
		if err != nil {
			return nil, fmt.Errorf("error while looking up for %s %s: %s", key, value, err)
		}
		for p := first; p <= last; p++ {
			ports[fmt.Sprintf("%d/%s", p, proto)] = true
		}
	}
	return ports, nil
}
