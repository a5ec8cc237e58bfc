package dockercli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"drydock/sim"
	"drydock/sim/tools/command"

	"github.com/spf13/pflag"
)

// New returns the docker command. run and create make containers of images, by their
// Name. It may run on several hosts at the same time; images are not changed.
func New(images ...sim.Image) command.Func {
	return func(ctx context.Context, c *command.Call) int {
		return (&docker{Call: c, ctx: ctx, images: images}).main(c.Args[1:])
	}
}

// A subcommand is what a command line may be. Its setup runs anew for each command
// line, as the flags keep their values.
type subcommand struct {
	name          string // "network ls"
	min, max      int    // how many arguments; max < 0: any number
	syntax, about string // of the usage message
	// setup adds the flags and returns what runs when they are set.
	setup func(d *docker, f *pflag.FlagSet) action
}

// subcommands returns those that there are, each once: names of "container" are looked
// up by their other name.
func subcommands() []subcommand {
	const one, some = "CONTAINER", "CONTAINER [CONTAINER...]"
	return []subcommand{
		{"ps", 0, 0, "[OPTIONS]", "List containers", (*docker).ps},
		{"port", 1, 2, one + " [PRIVATE_PORT[/PROTO]]", "List port mappings or a specific mapping for the container", (*docker).port},
		{"inspect", 1, -1, "[OPTIONS] NAME|ID [NAME|ID...]", "Return low-level information on Docker objects", (*docker).inspect},
		{"container inspect", 1, -1, "[OPTIONS] " + some, "Display detailed information on one or more containers", (*docker).inspectContainers},
		{"run", 1, -1, "[OPTIONS] IMAGE [COMMAND] [ARG...]", "Run a command in a new container", (*docker).run},
		{"create", 1, -1, "[OPTIONS] IMAGE [COMMAND] [ARG...]", "Create a new container", (*docker).create},
		{"exec", 2, -1, "[OPTIONS] " + one + " COMMAND [ARG...]", "Run a command in a running container", (*docker).exec},
		{"start", 1, -1, some, "Start one or more stopped containers", (*docker).start},
		{"stop", 1, -1, "[OPTIONS] " + some, "Stop one or more running containers", (*docker).stop},
		{"restart", 1, -1, "[OPTIONS] " + some, "Restart one or more containers", (*docker).restart},
		{"kill", 1, -1, some, "Kill one or more running containers", (*docker).kill},
		{"pause", 1, -1, some, "Pause all processes within one or more containers", (*docker).pause},
		{"unpause", 1, -1, some, "Unpause all processes within one or more containers", (*docker).unpause},
		{"rename", 2, 2, one + " NEW_NAME", "Rename a container", (*docker).rename},
		{"rm", 1, -1, "[OPTIONS] " + some, "Remove one or more containers", (*docker).remove},
		{"wait", 1, -1, some, "Block until one or more containers stop, then print their exit codes", (*docker).waitFor},
		{"network ls", 0, 0, "[OPTIONS]", "List networks", (*docker).networks},
		{"network inspect", 1, -1, "[OPTIONS] NETWORK [NETWORK...]", "Display detailed information on one or more networks", (*docker).inspectNetworks},
		{"network create", 1, 1, "[OPTIONS] NETWORK", "Create a network", (*docker).createNetwork},
		{"network rm", 1, -1, "NETWORK [NETWORK...]", "Remove one or more networks", (*docker).removeNetworks},
		{"network connect", 2, 2, "[OPTIONS] NETWORK CONTAINER", "Connect a container to a network", (*docker).connect},
		{"network disconnect", 2, 2, "[OPTIONS] NETWORK CONTAINER", "Disconnect a container from a network", (*docker).disconnect},
	}
}

// find returns the subcommand that args begin with, under the name that they give it:
// its messages repeat it. "container inspect" is not "inspect" under another name, as
// that finds networks, too.
func find(args []string) (c subcommand, words int, ok bool) {
	for words = 1; words <= min(2, len(args)); words++ {
		name := strings.Join(args[:words], " ")
		other, isContainer := strings.CutPrefix(name, "container ")
		if other == "ls" || other == "list" {
			other = "ps"
		}
		for _, c := range subcommands() {
			if c.name == name || isContainer && c.name == other && other != "inspect" {
				c.name = name
				return c, words, true
			}
		}
	}
	return subcommand{}, 0, false
}

// main finds the subcommand. All flags before it are docker's own, of which there are
// none here: -H and --context choose a daemon.
func (d *docker) main(args []string) (status int) {
	c, words, ok := find(args)
	if ok {
		return d.runSubcommand(&c, args[words:])
	}
	name := ""
	if len(args) > 0 {
		name = args[0]
	}
	if strings.HasPrefix(name, "-") {
		if err := newFlags().Parse(args[:1]); err != nil {
			return d.fail(125, "%v\nSee 'docker --help'.", err)
		}
	}
	if len(args) > 1 && (name == "network" || name == "container") {
		name += " " + args[1]
	}
	return d.fail(1, "docker: '%s' is not a docker command.\nSee 'docker --help'", name)
}

// newFlags returns a set of flags that says nothing by itself. --help is no error of
// the line, but pflag tells of it by one.
func newFlags() *pflag.FlagSet {
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.Usage = func() {}
	return f
}

// runSubcommand checks in Docker's order: flags, number of arguments, and only then
// whether there is a daemon. So a wrong command line is told everywhere.
func (d *docker) runSubcommand(c *subcommand, args []string) (status int) {
	f := newFlags()
	run := c.setup(d, f)
	switch err := f.Parse(args); {
	case err == pflag.ErrHelp:
		d.Printf("\n%s\n%s", c.usage(), options(f))
		return 0
	case err != nil:
		return d.fail(125, "%v\nSee 'docker %s --help'.", err, c.name)
	}
	if problem := c.checkArgs(f.NArg()); problem != "" {
		return d.fail(1, "\"docker %[1]s\" %[2]s.\nSee 'docker %[1]s --help'.\n\n%[3]s", c.name, problem, c.usage())
	}
	host, ok := d.Machine.(*sim.Host)
	if !ok {
		return d.fail(1, "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?")
	}
	d.host = host
	return run(f.Args())
}

// usage returns the first lines of --help, which follow a wrong number of arguments,
// too.
func (c *subcommand) usage() string {
	return fmt.Sprintf("Usage:  docker %s %s\n\n%s", c.name, c.syntax, c.about)
}

// options returns what --help tells of flags. Docker wraps at the width of the terminal
// less one, and takes 80 columns where there is none.
func options(f *pflag.FlagSet) string {
	if !f.HasFlags() {
		return ""
	}
	return "\nOptions:\n" + f.FlagUsagesWrapped(79)
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
	case c.min == c.max:
		return "requires exactly " + plural(c.min)
	}
	return fmt.Sprintf("requires at least %d and at most %s", c.min, plural(c.max))
}
