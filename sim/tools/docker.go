package tools

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"drydock/sim"
)

// Docker runs the docker command of Docker Engine 20.10.24 on a host. It knows the
// commands that show something; what changes something are methods of sim:
//
//	ps                  -a -q -l -n --no-trunc --format --filter
//	port CONTAINER [PRIVATE_PORT[/PROTO]]
//	inspect NAME...     -f --type
//	network ls          -q --no-trunc --format --filter
//	network inspect NETWORK...  -f
//
// also as "container ls", "container port" and "container inspect". ps filters by exited,
// expose, id, name, network, publish and status, network ls by driver, id, name, scope and
// type. Formats are Go templates on what Docker has in them and sim knows: sizes, mounts
// and labels are not among that. docker port prints in the order of the container's
// ports, Docker's being random. ps shows 20 characters of a command; Docker counts the wide
// ones of East Asia twice. All other commands and flags are refused as unknown, with
// Docker's message.
func Docker(w io.Writer, h *sim.Host, args ...string) error {
	d := &docker{output: output{w: w}, host: h}
	err := d.run(args)
	return cmp.Or(d.err, err)
}

// A docker is a docker command that runs.
type docker struct {
	output
	host *sim.Host
}

// A dockerCommand is what the command line of a command may be.
type dockerCommand struct {
	name          string // "network ls"
	min, max      int    // how many arguments; max < 0: any number
	syntax, about string // of the usage message
	// setup adds the flags and returns what runs when they are set.
	setup func(d *docker, f *dockerFlags) func(args []string) error
}

var dockerCommands = []dockerCommand{
	{"ps", 0, 0, "[OPTIONS]", "List containers", (*docker).ps},
	{"container ls", 0, 0, "[OPTIONS]", "List containers", (*docker).ps},
	{"port", 1, 2, "CONTAINER [PRIVATE_PORT[/PROTO]]", "List port mappings or a specific mapping for the container", (*docker).port},
	{"container port", 1, 2, "CONTAINER [PRIVATE_PORT[/PROTO]]", "List port mappings or a specific mapping for the container", (*docker).port},
	{"inspect", 1, -1, "[OPTIONS] NAME|ID [NAME|ID...]", "Return low-level information on Docker objects", (*docker).inspect},
	{"container inspect", 1, -1, "[OPTIONS] CONTAINER [CONTAINER...]", "Display detailed information on one or more containers", (*docker).inspectContainers},
	{"network ls", 0, 0, "[OPTIONS]", "List networks", (*docker).networks},
	{"network inspect", 1, -1, "[OPTIONS] NETWORK [NETWORK...]", "Display detailed information on one or more networks", (*docker).inspectNetworks},
}

func (d *docker) run(args []string) error {
	var name string
	for n := 1; n <= min(2, len(args)); n++ {
		name = strings.Join(args[:n], " ")
		for _, c := range dockerCommands {
			if c.name == name {
				return d.runCommand(&c, args[n:])
			}
		}
		if name != "container" && name != "network" {
			break
		}
	}
	if strings.HasPrefix(name, "-") {
		if _, problem := (&dockerFlags{}).parse(args[:1]); problem != "" {
			return d.fail(125, "%s\nSee 'docker --help'.", problem)
		}
	}
	return d.fail(1, "docker: '%s' is not a docker command.\nSee 'docker --help'", name)
}

func (d *docker) runCommand(c *dockerCommand, args []string) error {
	f := &dockerFlags{}
	run := c.setup(d, f)
	args, problem := f.parse(args)
	if problem != "" {
		return d.fail(125, "%s\nSee 'docker %s --help'.", problem, c.name)
	}
	if problem := c.checkArgs(len(args)); problem != "" {
		return d.fail(1, "\"docker %[1]s\" %[2]s.\nSee 'docker %[1]s --help'.\n\nUsage:  docker %[1]s %[3]s\n\n%[4]s", c.name, problem, c.syntax, c.about)
	}
	return run(args)
}

// checkArgs returns what is wrong with the number of arguments.
func (c *dockerCommand) checkArgs(n int) string {
	switch {
	case n >= c.min && (n <= c.max || c.max < 0):
		return ""
	case c.max == 0:
		return "accepts no arguments"
	case c.max < 0:
		return fmt.Sprintf("requires at least %d argument", c.min)
	}
	return fmt.Sprintf("requires at least %d and at most %d arguments", c.min, c.max)
}

// fail prints why the command fails.
func (d *docker) fail(status int, format string, args ...any) error {
	d.printf(format+"\n", args...)
	return &ExitError{Code: status}
}

func (d *docker) port(*dockerFlags) func(args []string) error {
	return func(args []string) error {
		c, ok := d.host.Container(args[0])
		if !ok {
			return d.fail(1, "Error: No such container: %s", args[0])
		}
		if len(args) == 1 || args[1] == "" {
			for _, b := range c.Ports() {
				d.printf("%v\n", b)
			}
			return nil
		}
		number, protocol, _ := strings.Cut(args[1], "/")
		if protocol == "" {
			number, protocol = args[1], "tcp"
		}
		if _, _, err := parsePortRange(number); number != "" && err != nil {
			return d.fail(1, "%v", err)
		}
		port := number + "/" + protocol
		bindings := c.Inspect().NetworkSettings.Ports[port]
		if len(bindings) == 0 {
			return d.fail(1, "Error: No public port '%s' published for %s", port, args[0])
		}
		for _, b := range bindings {
			d.printf("%s:%s\n", b.HostIP, b.HostPort)
		}
		return nil
	}
}
