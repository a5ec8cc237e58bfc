// Package utillinux has nsenter(1) of util-linux 2.38, as Debian 12 has it, for the network of a
// container alone: -t PID -n and a command, by default sh. The command has the rights, the files and the
// names of the host, on which nsenter runs. Other namespaces are refused: docker exec enters all.
package utillinux

import (
	"context"
	"errors"
	"iter"
	"strconv"
	"strings"

	"drydock/sim"
	"drydock/sim/tools/command"
)

// Commands returns the commands of the suite.
func Commands() command.Table { return command.Table{"nsenter": Nsenter} }

// A host has containers to enter.
type host interface {
	Containers() iter.Seq[*sim.Container]
	Enter(c *sim.Container) (*sim.Entered, error)
}

// Nsenter is nsenter(1).
func Nsenter(ctx context.Context, c *command.Call) int {
	target, network := 0, false
	refuse := func(string, string) error { return errors.New("only the network of a container can be entered") }
	words, args := split(c.Args[1:])
	_, err := command.Getopt(words, []command.Option{
		{Names: "t target", Value: true, Set: func(_, v string) (err error) {
			if target, err = strconv.Atoi(v); err != nil || target <= 0 {
				return errors.New("failed to parse pid: '" + v + "': Invalid argument")
			}
			return nil
		}},
		{Names: "n net", Set: func(string, string) error { network = true; return nil }},
		{Names: "a all", Set: refuse}, {Names: "m mount", Set: refuse}, {Names: "u uts", Set: refuse}, {Names: "i ipc", Set: refuse},
		{Names: "p pid", Set: refuse}, {Names: "C cgroup", Set: refuse}, {Names: "U user", Set: refuse},
	})
	var unknown *command.OptionError
	switch {
	case errors.As(err, &unknown):
		return c.Fail(1, "nsenter: %v\nTry 'nsenter --help' for more information.\n", err)
	case err != nil:
		return c.Fail(1, "nsenter: %v\n", err)
	case network && target == 0:
		return c.Fail(1, "nsenter: no target PID specified\n")
	}
	inside := *c
	if inside.Args = args; len(args) == 0 {
		inside.Args = []string{"sh"}
	}
	if network {
		e, status := enter(c, target)
		if e == nil {
			return status
		}
		defer e.Close()
		inside.Machine, inside.Files = e, e.FS()
	}
	return c.Commands.Run(ctx, &inside)
}

// split returns the options of nsenter, and the command, whose options are its own.
func split(args []string) (options, rest []string) {
	i := 0
	for ; i < len(args) && strings.HasPrefix(args[i], "-"); i++ {
		switch cluster, long := strings.CutPrefix(args[i], "--"); {
		case long && cluster == "":
			return args[:i], args[i+1:]
		case long && cluster == "target", !long && strings.IndexByte(args[i], 't') == len(args[i])-1:
			i++ // -t, -nt
		}
	}
	i = min(i, len(args))
	return args[:i], args[i:]
}

// enter enters the network of the container whose main process the host knows by a number.
func enter(c *command.Call, pid int) (e *sim.Entered, status int) {
	h, ok := c.Machine.(host)
	if !ok {
		return nil, c.Fail(1, "nsenter: reassociate to namespace 'ns/net' failed: Operation not permitted\n")
	}
	for container := range h.Containers() {
		if container.State().Pid == pid {
			e, err := h.Enter(container)
			if err != nil {
				break
			}
			return e, 0
		}
	}
	return nil, c.Fail(1, "nsenter: cannot open /proc/%d/ns/net: No such file or directory\n", pid)
}
