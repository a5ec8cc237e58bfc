package iptables

import (
	"context"
	"errors"

	"drydock/nat"
	"drydock/nat/iptables"
	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/netfilter"
)

// A family is the commands of IPv4 or those of IPv6.
type family struct {
	program string
	v6      bool
}

// rules returns the rules of the machine, or nil when it has said why not.
func (f family) rules(c *command.Call) *nat.Ruleset {
	t, ok := netfilter.Of(c)
	if !ok {
		// The second newline is the real one's: the message brings one and
		// xtables_error adds one.
		c.Errorf("%s v1.8.9 (nf_tables): Could not fetch rule set generation id: Permission denied (you must be root)\n\n", f.program)
		return nil
	}
	if f.v6 {
		return t.IPv6()
	}
	return t.IPv4()
}

// noRights is the status of a process that may not touch the tables, xtables'
// RESOURCE_PROBLEM.
const noRights = 4

// run is iptables and ip6tables.
func (f family) run(_ context.Context, c *command.Call) int {
	rules := f.rules(c)
	if rules == nil {
		return noRights
	}
	return report(c, iptables.Run(c.Stdout, rules, c.Args[1:]...))
}

// report prints an error and returns the status that it has.
func report(c *command.Call, err error) (status int) {
	if err == nil {
		return 0
	}
	c.Errorf("%v\n", err)
	var exit interface{ ExitCode() int }
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	return 1
}

// save is iptables-save and ip6tables-save. Of several -t the last counts.
func (f family) save(_ context.Context, c *command.Call) int {
	counters := false
	var tables []string
	rest, err := command.Getopt(c.Args[1:], []command.Option{
		{Names: "c counters", Set: func(string, string) error { counters = true; return nil }},
		{Names: "t table", Value: true, Set: func(_, name string) error { tables = []string{name}; return nil }},
	})
	switch {
	case err != nil:
		return c.Fail(1, "%s: %v\nLook at manual page `%[1]s.8' for more information.\n", c.Args[0], err)
	case len(rest) > 0:
		return c.Fail(1, "Unknown arguments found on commandline\n")
	}
	rules := f.rules(c)
	switch {
	case rules == nil:
		return noRights
	case counters:
		return report(c, iptables.SaveCounters(c.Stdout, rules, tables...))
	}
	return report(c, iptables.Save(c.Stdout, rules, tables...))
}

// restore is iptables-restore and ip6tables-restore. It replaces the tables that the
// input names, or none of them.
func (f family) restore(_ context.Context, c *command.Call) int {
	counters := false
	rest, err := command.Getopt(c.Args[1:], []command.Option{
		{Names: "c counters", Set: func(string, string) error { counters = true; return nil }},
	})
	switch {
	case err != nil:
		return c.Fail(1, "%s: %v\nTry `%[1]s -h' for more information.\n", c.Args[0], err)
	case len(rest) > 1:
		return c.Fail(1, "Unknown arguments found on commandline\n")
	case len(rest) == 1:
		return c.Fail(1, "Can't open %s: No such file or directory\n", rest[0])
	}
	rules := f.rules(c)
	switch {
	case rules == nil:
		return noRights
	case counters:
		return report(c, iptables.RestoreCounters(rules, c.Stdin))
	}
	return report(c, iptables.Restore(rules, c.Stdin))
}
