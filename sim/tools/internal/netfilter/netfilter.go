// Package netfilter finds what commands of the firewall are about.
package netfilter

import (
	"drydock/nat"
	"drydock/sim/tools/command"
)

// Of returns the tables that a command may change; false if it lacks the rights for that.
func Of(c *command.Call) (*nat.Tables, bool) {
	m, ok := c.Machine.(interface{ Firewall() *nat.Tables })
	if !ok {
		return nil, false
	}
	t := m.Firewall()
	return t, t != nil
}
