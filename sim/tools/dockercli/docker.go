package dockercli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"drydock/sim/tools/command"
)

// Commands returns the docker command, and what completes its arguments at a prompt. It may
// run on several machines at the same time.
func Commands() command.Table {
	return command.Table{"docker": Main, command.Completer("docker"): complete}
}

// Main is docker. What it finds on a machine is the daemon of that: a *sim.Host has one.
func Main(ctx context.Context, c *command.Call) int {
	d := &docker{Call: c, ctx: ctx, release: releaseOf(c.Machine)}
	return d.exit(d.main(c.Args[1:]))
}

// main runs a command line. All flags before the command are docker's own.
func (d *docker) main(args []string) error {
	global := d.newFlags()
	options := addGlobalFlags(d, global)
	addHelp(global)
	if err := global.Parse(args); err != nil {
		return d.flagError(err, "docker", "[OPTIONS] COMMAND [ARG...]", d.rootUsage())
	}
	if *options.version {
		d.Printf("Docker version %s, build %s\n", d.release.version, d.release.commit)
		return nil
	}
	if err := options.check(); err != nil {
		return err
	}
	help, _ := global.GetBool("help")
	args = global.Args()
	switch {
	case len(args) == 0 && help:
		d.Printf("%s", d.release.help(d.rootUsage()))
		return nil
	case len(args) == 0:
		d.Errorf("%s", d.release.help(d.rootUsage()))
		return nil
	case args[0] == "help":
		return d.help(args[1:])
	}
	host, err := options.host()
	if err != nil {
		return err
	}
	d.api = d.client(host)
	defer d.api.close()
	if help {
		args = append([]string{args[0], "--help"}, args[1:]...)
	}
	return d.dispatch(args)
}

// dispatch runs the command that args begin with.
func (d *docker) dispatch(args []string) error {
	if g, ok := findGroup(args[0]); ok {
		return d.runGroup(g, args[1:])
	}
	if c, ok := find("", args[0]); ok {
		return d.runSubcommand(&c, args[1:])
	}
	if isRefused(args[0]) {
		return refused(args[0])
	}
	return fmt.Errorf("docker: '%s' is not a docker command.\nSee 'docker --help'", args[0])
}

// runGroup runs a command of a group. Without one it shows what there is.
func (d *docker) runGroup(g group, args []string) error {
	f := d.newFlags()
	f.SetInterspersed(false)
	addHelp(f)
	if err := f.Parse(args); err != nil {
		return d.flagError(err, "docker "+g.name, "COMMAND", g.usage())
	}
	help, _ := f.GetBool("help")
	switch args := f.Args(); {
	case help:
		d.Printf("%s", d.release.help(g.usage()))
	case len(args) == 0:
		d.Errorf("%s", d.release.help(g.usage()))
	default:
		if c, ok := find(g.name, args[0]); ok {
			return d.runSubcommand(&c, args[1:])
		}
		if isRefused(g.name + " " + args[0]) {
			return refused(g.name + " " + args[0])
		}
		return errors.New("\n" + strings.TrimRight(g.usage(), "\n"))
	}
	return nil
}

// runSubcommand checks in Docker's order: flags, number of arguments, and only then whether
// there is a daemon. So a wrong command line is told everywhere.
func (d *docker) runSubcommand(c *subcommand, args []string) error {
	f := d.newFlags()
	run := c.setup(d, f)
	addHelp(f)
	if err := f.Parse(args); err != nil {
		return d.flagError(err, "docker "+c.path, c.syntax, "")
	}
	if help, _ := f.GetBool("help"); help {
		d.Printf("%s", d.release.help(c.usage(f, d.width())))
		return nil
	}
	if problem := c.checkArgs(f.NArg()); problem != "" {
		return dockerError(d.release.badArgs(c, problem))
	}
	d.api.negotiate(d.ctx)
	return run(f.Args())
}

// flagError returns what docker says of flags that are wrong. Those of a command that has
// commands are followed by its usage.
func (d *docker) flagError(err error, path, syntax, usage string) error {
	return statusError{125, d.release.badFlag(err, path, syntax, usage)}
}
