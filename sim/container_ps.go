package sim

import (
	"cmp"
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
		ID: c.id, Names: c.names(), Image: c.shownImage(), ImageID: c.config.imageID,
		Command: commandLine(c.config.argv()), Created: c.created.Unix(), Ports: summaryPorts(c.openPorts(c.running())),
		Labels: cloneMap(c.config.asked.Labels), State: state.Status, Status: status(state),
		HostConfig:      dockerapi.SummaryHostConfig{NetworkMode: c.networkMode()},
		NetworkSettings: dockerapi.SummaryNetworkSettings{Networks: c.networkSettings().Networks},
		Mounts:          []dockerapi.Mount{},

		ImageManifestDescriptor: c.manifest(),
	}
	if s.ImageManifestDescriptor != nil {
		s.Health = &dockerapi.HealthSummary{Status: "none"}
		s.Ports = slices.DeleteFunc(s.Ports, func(p dockerapi.Port) bool { return p.IP != "" && p.PublicPort == 0 }) // of what is routed
		slices.SortStableFunc(s.Ports, func(a, b dockerapi.Port) int { return cmp.Compare(portText(a), portText(b)) })
	}
	for name, e := range s.NetworkSettings.Networks {
		e.Aliases, e.Links, e.DriverOpts, e.DNSNames = nil, nil, nil, nil
		s.NetworkSettings.Networks[name] = e
	}
	return s
}

// shownImage is the name of the image, or its ID once the host has none or another one of that
// name.
func (c *Container) shownImage() string {
	name := c.config.image.Name
	if !c.config.ofHost {
		return name
	}
	if image, ok := c.host.Image(name); ok && image.ID == c.config.imageID {
		return name
	}
	return c.config.imageID
}

// summaryPorts returns the bindings of ports, and the exposed ports that have none. Docker has
// them in the order of a map; here they are in that of their numbers.
func summaryPorts(exposed []ports.Port, bindings []ports.Binding) []dockerapi.Port {
	list := []dockerapi.Port{}
	published := make(map[ports.Port]bool)
	for _, b := range bindings {
		published[b.Port] = true
		list = append(list, dockerapi.Port{IP: b.HostAddr.String(), PrivatePort: b.Port.Number, PublicPort: b.HostPort, Type: b.Port.Proto.String()})
	}
	for _, p := range exposed {
		if !published[p] {
			published[p] = true
			list = append(list, dockerapi.Port{PrivatePort: p.Number, Type: p.Proto.String()})
		}
	}
	slices.SortStableFunc(list, func(a, b dockerapi.Port) int {
		return cmp.Or(cmp.Compare(a.PrivatePort, b.PrivatePort), cmp.Compare(a.Type, b.Type))
	})
	return list
}

// portText is what 29 sorts ports by: "8080tcp" comes before "80tcp".
func portText(p dockerapi.Port) string { return fmt.Sprint(p.PrivatePort) + p.Type }

// status returns what "docker ps" shows under STATUS now. The words for durations are those of
// the library that Docker itself uses for them.
func status(s dockerapi.State) string {
	up := "Up " + units.HumanDuration(time.Since(s.StartedAt))
	switch s.Status {
	case "running":
		return up
	case "paused":
		return up + " (Paused)"
	case "restarting":
		return fmt.Sprintf("Restarting (%d) %s", s.ExitCode, ago(s.FinishedAt))
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
// target, "/client/alias". They are asked of the linkers alone, since with ten thousand
// containers a list of all would look at each from each.
func (c *Container) names() []string {
	names := []string{"/" + c.Name()}
	for _, o := range c.linkedBy() {
		for _, l := range o.legacyLinks() {
			if l.target == c {
				names = append(names, "/"+o.Name()+"/"+l.name)
			}
		}
	}
	slices.Sort(names)
	return names
}
