package dockercli

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"
)

// A subcommand is what a command line may be. Its setup runs anew for each command line, as
// the flags keep their values.
type subcommand struct {
	path     string // "network ls"
	group    string // of which it is a command, too: "container" of run
	aliases  string // in its own group: "list"
	min, max int    // how many arguments; max < 0: any number
	syntax   string // of the usage message
	about    string
	// setup adds the flags and returns what runs when they are set.
	setup func(d *docker, f *pflag.FlagSet) action
}

// A group is a command that only has commands.
type group struct{ name, about string }

var groups = []group{
	{"container", "Manage containers"},
	{"image", "Manage images"},
	{"network", "Manage networks"},
	{"system", "Manage Docker"},
}

// subcommands returns those that there are, in the order of their names.
func subcommands() []subcommand {
	const one, some = "CONTAINER", "CONTAINER [CONTAINER...]"
	const create = "[OPTIONS] IMAGE [COMMAND] [ARG...]"
	const networkOf, repository, images = "[OPTIONS] NETWORK CONTAINER", "[OPTIONS] [REPOSITORY[:TAG]]", "[OPTIONS] IMAGE [IMAGE...]"
	return []subcommand{
		{"attach", "container", "", 1, 1, "[OPTIONS] " + one, "Attach local standard input, output, and error streams to a running container", (*docker).attach},
		{"container inspect", "", "", 1, -1, "[OPTIONS] " + some, "Display detailed information on one or more containers", (*docker).inspectContainers},
		{"container ls", "", "ps, list", 0, 0, "[OPTIONS]", "List containers", (*docker).ps},
		{"container prune", "", "", 0, 0, "[OPTIONS]", "Remove all stopped containers", (*docker).pruneContainers},
		{"create", "container", "", 1, -1, create, "Create a new container", (*docker).create},
		{"events", "system", "", 0, 0, "[OPTIONS]", "Get real time events from the server", (*docker).events},
		{"exec", "container", "", 2, -1, "[OPTIONS] " + one + " COMMAND [ARG...]", "Run a command in a running container", (*docker).exec},
		{"image inspect", "", "", 1, -1, images, "Display detailed information on one or more images", (*docker).inspectImages},
		{"image ls", "", "list", 0, 1, repository, "List images", (*docker).images},
		{"image prune", "", "", 0, 0, "[OPTIONS]", "Remove unused images", (*docker).pruneImages},
		{"image rm", "", "rmi, remove", 1, -1, images, "Remove one or more images", (*docker).removeImages},
		{"images", "", "", 0, 1, repository, "List images", (*docker).images},
		{"info", "system", "", 0, 0, "[OPTIONS]", "Display system-wide information", (*docker).info},
		{"inspect", "", "", 1, -1, "[OPTIONS] NAME|ID [NAME|ID...]", "Return low-level information on Docker objects", (*docker).inspect},
		{"kill", "container", "", 1, -1, "[OPTIONS] " + some, "Kill one or more running containers", (*docker).kill},
		{"logs", "container", "", 1, 1, "[OPTIONS] " + one, "Fetch the logs of a container", (*docker).logs},
		{"network connect", "", "", 2, 2, networkOf, "Connect a container to a network", (*docker).connect},
		{"network create", "", "", 1, 1, "[OPTIONS] NETWORK", "Create a network", (*docker).createNetwork},
		{"network disconnect", "", "", 2, 2, networkOf, "Disconnect a container from a network", (*docker).disconnect},
		{"network inspect", "", "", 1, -1, "[OPTIONS] NETWORK [NETWORK...]", "Display detailed information on one or more networks", (*docker).inspectNetworks},
		{"network ls", "", "list", 0, 0, "[OPTIONS]", "List networks", (*docker).networks},
		{"network prune", "", "", 0, 0, "[OPTIONS]", "Remove all unused networks", (*docker).pruneNetworks},
		{"network rm", "", "remove", 1, -1, "NETWORK [NETWORK...]", "Remove one or more networks", (*docker).removeNetworks},
		{"pause", "container", "", 1, -1, some, "Pause all processes within one or more containers", (*docker).pause},
		{"port", "container", "", 1, 2, one + " [PRIVATE_PORT[/PROTO]]", "List port mappings or a specific mapping for the container", (*docker).port},
		{"ps", "", "", 0, 0, "[OPTIONS]", "List containers", (*docker).ps},
		{"pull", "image", "", 1, 1, "[OPTIONS] NAME[:TAG|@DIGEST]", "Pull an image or a repository from a registry", (*docker).pull},
		{"rename", "container", "", 2, 2, one + " NEW_NAME", "Rename a container", (*docker).rename},
		{"restart", "container", "", 1, -1, "[OPTIONS] " + some, "Restart one or more containers", (*docker).restart},
		{"rm", "container", "", 1, -1, "[OPTIONS] " + some, "Remove one or more containers", (*docker).remove},
		{"rmi", "", "", 1, -1, images, "Remove one or more images", (*docker).removeImages},
		{"run", "container", "", 1, -1, create, "Run a command in a new container", (*docker).run},
		{"start", "container", "", 1, -1, "[OPTIONS] " + some, "Start one or more stopped containers", (*docker).start},
		{"stop", "container", "", 1, -1, "[OPTIONS] " + some, "Stop one or more running containers", (*docker).stop},
		{"system prune", "", "", 0, 0, "[OPTIONS]", "Remove unused data", (*docker).pruneSystem},
		{"top", "container", "", 1, -1, one + " [ps OPTIONS]", "Display the running processes of a container", (*docker).top},
		{"unpause", "container", "", 1, -1, some, "Unpause all processes within one or more containers", (*docker).unpause},
		{"version", "", "", 0, 0, "[OPTIONS]", "Show the Docker version information", (*docker).version},
		{"wait", "container", "", 1, -1, some, "Block until one or more containers stop, then print their exit codes", (*docker).waitFor},
	}
}

// commandsOf returns the commands of a group, "" for docker itself, by their path there.
func commandsOf(group string) (list []subcommand) {
	for _, c := range subcommands() {
		inGroup, _, isPath := strings.Cut(c.path, " ")
		switch {
		case !isPath && group == "", isPath && inGroup == group:
			list = append(list, c)
		case !isPath && c.group == group:
			c.path = group + " " + c.path
			list = append(list, c)
		}
	}
	return list
}

// name returns the last word of the path, which is what the command is called in its group.
func (c *subcommand) name() string { return c.path[strings.LastIndexByte(c.path, ' ')+1:] }

// find returns the command of a group that goes by a name there.
func find(group, name string) (c subcommand, ok bool) {
	for _, c := range commandsOf(group) {
		if c.name() == name {
			return c, true
		}
		for alias := range strings.SplitSeq(c.aliases, ", ") {
			if alias == name && name != "" {
				return c, true
			}
		}
	}
	return subcommand{}, false
}

// findGroup returns the group with that name.
func findGroup(name string) (g group, ok bool) {
	for _, g := range groups {
		if g.name == name {
			return g, true
		}
	}
	return group{}, false
}

// checkArgs returns what is wrong with the number of arguments, in the words of cobra's
// checks as docker has them: "argument" for one and "arguments" for more.
func (c *subcommand) checkArgs(n int) string {
	plural := func(n int) string {
		if n == 1 {
			return "1 argument"
		}
		return fmt.Sprintf("%d arguments", n)
	}
	switch {
	case n >= c.min && (n <= c.max || c.max < 0):
		return ""
	case c.max == 0:
		return "accepts no arguments"
	case c.max < 0:
		return "requires at least " + plural(c.min)
	case c.min == 0:
		return "requires at most " + plural(c.max)
	case c.min == c.max:
		return "requires exactly " + plural(c.min)
	}
	return fmt.Sprintf("requires at least %d and at most %s", c.min, plural(c.max))
}
