package iproute2

import (
	"context"
	"slices"
	"strings"

	"drydock/sim"
	"drydock/sim/tools/command"
)

// A machine is what ip shows.
type machine interface {
	Interfaces() []sim.Interface
	Routes() []sim.Route
}

// An object is a first argument of ip.
type object struct {
	name string
	show func(c *command.Call, m machine, args []string) (status int)
}

// objects are those that ip has here. A prefix of a name means the first one that
// begins so: "a" is address and "r" is route, though iproute2 has addrlabel and rule,
// too.
var objects = []object{{"address", showAddresses}, {"link", showLinks}, {"route", showRoutes}}

const usage = `Usage: ip OBJECT [ COMMAND ]
where  OBJECT := { address | link | route }
       COMMAND := { show | list | help }
`

// failed is what iproute2's exit(-1) is to the caller.
const failed = 255

// IP is ip(8). It looks at options, objects and commands before it opens a netlink
// socket, so that a wrong line is told everywhere.
func IP(_ context.Context, c *command.Call) int {
	args := c.Args[1:]
	if len(args) == 0 || matches(args[0], "help") {
		return c.Fail(failed, usage)
	}
	if strings.HasPrefix(args[0], "-") {
		return c.Fail(failed, "Option %q is unknown, try \"ip -help\".\n", args[0])
	}
	i := slices.IndexFunc(objects, func(o object) bool { return matches(args[0], o.name) })
	if i < 0 {
		return c.Fail(1, "Object %q is unknown, try \"ip help\".\n", args[0])
	}
	o, args := objects[i], args[1:]
	if len(args) > 0 {
		switch verb := args[0]; {
		case matches(verb, "help"):
			return c.Fail(failed, usage)
		case !matches(verb, "show") && !matches(verb, "list") && !matches(verb, "lst"):
			return c.Fail(failed, "Command %q is unknown, try \"ip %s help\".\n", verb, o.name)
		}
		args = args[1:]
	}
	m, ok := c.Machine.(machine)
	if !ok {
		return c.Fail(1, "Cannot open netlink socket: Protocol not supported\n")
	}
	return o.show(c, m, args)
}

// matches tells whether word means name: iproute2 takes every prefix.
func matches(word, name string) bool { return word != "" && strings.HasPrefix(name, word) }
