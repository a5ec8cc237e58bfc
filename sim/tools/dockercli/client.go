package dockercli

import (
	"context"
	"fmt"
	"strings"

	"drydock/sim"
	"drydock/sim/tools/command"
)

// A docker is one run of the command. It keeps nothing between two runs: all state is
// the host's, as it is the daemon's with Docker.
type docker struct {
	*command.Call
	ctx    context.Context
	images []sim.Image
	host   *sim.Host
}

// An action runs a subcommand with its arguments and returns the exit status.
type action func(args []string) int

// fail prints why the command fails, to standard error. The last newline is not part of
// format, so that it reads as Docker's source does.
func (d *docker) fail(status int, format string, args ...any) int {
	return d.Fail(status, format+"\n", args...)
}

// refused is fail with an error of the daemon, which sim's errors are: their text is
// what the daemon's answer has as its message.
func (d *docker) refused(err error) (status int) {
	return d.fail(1, "Error response from daemon: %v", err)
}

// container returns the container with that name or ID, or the only one whose ID begins
// so. The words of the error are the daemon's.
func (d *docker) container(name string) (*sim.Container, error) {
	if c, ok := d.host.Container(name); ok {
		return c, nil
	}
	return nil, dockerError("No such container: " + name)
}

// network returns the network with that name or ID, as container does, for commands
// about containers. Those about networks have other words: see findNetwork.
func (d *docker) network(name string) (*sim.Network, error) {
	if n, problem := d.findNetwork(name); problem == "" {
		return n, nil
	}
	return nil, dockerError("network " + name + " not found")
}

// findNetwork returns the network with that name or ID, else the only one with an ID
// that begins so, else what is printed of that. A whole name or ID comes before all
// beginnings, so a network named like the beginning of another's ID is found.
func (d *docker) findNetwork(name string) (n *sim.Network, problem string) {
	if n, ok := d.host.Network(name); ok {
		return n, ""
	}
	var found []*sim.Network
	for n := range d.host.Networks() {
		if name != "" && strings.HasPrefix(n.ID(), name) {
			found = append(found, n)
		}
	}
	switch len(found) {
	case 0:
		return nil, "Error: No such network: " + name
	case 1:
		return found[0], ""
	}
	return nil, fmt.Sprintf("Error response from daemon: network %s is ambiguous (%d matches found based on ID prefix)", name, len(found))
}

// containerAndNetwork returns those that network connect and disconnect name, in the
// order in which the daemon looks for them: if neither is there, the network is what is
// missed.
func (d *docker) containerAndNetwork(args []string) (n *sim.Network, c *sim.Container, err error) {
	if n, err = d.network(args[0]); err != nil {
		return nil, nil, err
	}
	c, err = d.container(args[1])
	return n, c, err
}
