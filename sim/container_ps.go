package sim

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"drydock/sim/dockerapi"
	"drydock/sim/internal/ports"

	"github.com/docker/go-units"
)

// Summary returns what "docker ps" shows of the container now. Host.Containers is in the
// order of docker ps.
func (c *Container) Summary() dockerapi.ContainerSummary {
	state := c.State()
	s := dockerapi.ContainerSummary{
		ID: c.id, Image: c.config.image.Name, Command: commandLine(c.config.argv()),
		CreatedAt: c.created.UTC().Truncate(time.Second), State: state.Status, Status: status(state),
		Ports: ports.Column(c.openPorts(c.running())), Names: c.names(),
	}
	s.RunningFor = ago(s.CreatedAt)
	for _, n := range c.Networks() {
		s.Networks = append(s.Networks, n.name)
	}
	slices.Sort(s.Networks)
	return s
}

// status returns what "docker ps" shows under STATUS now. The words for durations are those of
// the library that Docker itself uses for them.
func status(s dockerapi.State) string {
	up := "Up " + units.HumanDuration(time.Since(s.StartedAt))
	switch s.Status {
	case "running":
		return up
	case "paused":
		return up + " (Paused)"
	case "exited":
		return fmt.Sprintf("Exited (%d) %s", s.ExitCode, ago(s.FinishedAt))
	}
	return "Created"
}

func ago(t time.Time) string { return units.HumanDuration(time.Since(t)) + " ago" }

// commandLine joins the words of a command; arguments with spaces are in quotes.
func commandLine(words []string) string {
	words = slices.Clone(words)
	for i, w := range words {
		if i > 0 && strings.Contains(w, " ") {
			words[i] = "'" + w + "'"
		}
	}
	return strings.Join(words, " ")
}

// names returns the names that the daemon knows the container by: a link is a name of its
// target, "client/alias". They are asked of the linkers alone, since with ten thousand
// containers a list of all would look at each from each.
func (c *Container) names() []string {
	names := []string{c.Name()}
	for _, o := range c.linkedBy() {
		for _, l := range o.config.links {
			if l.target == c {
				names = append(names, o.Name()+"/"+l.alias)
			}
		}
	}
	slices.Sort(names)
	return names
}
