// Package onhost tells whether a command is a program of a host, also of one that has entered the
// network of a container: its files, its dockerd and its systemd are those of the host.
package onhost

import (
	"drydock/sim"
	"drydock/sim/tools/command"
)

// Of returns the host, nil in containers.
func Of(m command.Machine) *sim.Host {
	switch m := m.(type) {
	case *sim.Host:
		return m
	case *sim.Entered:
		return m.Host()
	}
	return nil
}
