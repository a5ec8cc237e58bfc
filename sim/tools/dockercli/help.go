package dockercli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"drydock/sim/tools/command"

	"github.com/spf13/pflag"
)

// guides ends the help of docker itself.
const guides = "To get more help with docker, check out our guides at https://docs.docker.com/go/guides/"

// width returns how wide the text of --help may be: as the terminal, or 80 columns where
// there is none.
func (d *docker) width() int {
	if t := command.TerminalOf(d.Stdin); t != nil {
		_, columns := t.Size()
		return columns
	}
	return 80
}

// synopsis returns the first lines of --help, which follow a wrong number of arguments, too.
func (c *subcommand) synopsis() string {
	return strings.TrimRight(fmt.Sprintf("Usage:  docker %s %s\n\n%s", c.path, c.syntax, c.about), " ")
}

// usage returns --help of a command.
func (c *subcommand) usage(f *pflag.FlagSet, width int) string {
	text := c.synopsis()
	if c.aliases != "" {
		text += "\n\nAliases:\n  " + c.name() + ", " + c.aliases
	}
	return text + options(f, width) + "\n"
}

// options returns what --help tells of flags.
func options(f *pflag.FlagSet, width int) string {
	if !f.HasAvailableFlags() {
		return ""
	}
	return "\n\nOptions:\n" + strings.TrimRight(f.FlagUsagesWrapped(width-1), " \n")
}

// usage returns --help of a group.
func (g group) usage() string {
	return fmt.Sprintf("Usage:  docker %s COMMAND\n\n%s%s", g.name, g.about, commandList("docker "+g.name, commandsOf(g.name)))
}

// rootUsage returns --help of docker itself.
func (d *docker) rootUsage() string {
	f := d.newFlags()
	addGlobalFlags(d, f)
	text := "Usage:  docker [OPTIONS] COMMAND\n\nA self-sufficient runtime for containers" + options(f, d.width()) + "\n\nManagement Commands:"
	for _, g := range groups {
		text += fmt.Sprintf("\n  %-12s%s", g.name, g.about)
	}
	return text + commandList("docker", commandsOf("")) + "\n" + guides + "\n"
}

// commandList returns the part of --help that tells of the commands of path. Names take 11
// columns, the least that cobra has.
func commandList(path string, list []subcommand) string {
	text := "\n\nCommands:"
	slices.SortFunc(list, func(a, b subcommand) int { return strings.Compare(a.name(), b.name()) })
	for _, c := range list {
		text += fmt.Sprintf("\n  %-11s %s", c.name(), c.about)
	}
	return text + "\n\nRun '" + path + " COMMAND --help' for more information on a command.\n"
}

// help is docker help.
func (d *docker) help(topic []string) error {
	switch {
	case len(topic) == 0:
		d.Printf("%s", d.release.help(d.rootUsage()))
		return nil
	case len(topic) == 1 && (topic[0] == "help" || topic[0] == "--help" || topic[0] == "-h"):
		d.Printf("\nUsage:  docker help [command]\n\nHelp about the command\n")
		return nil
	}
	g, isGroup := findGroup(topic[0])
	switch {
	case isGroup && len(topic) == 1:
		d.Printf("%s", d.release.help(g.usage()))
		return nil
	case isGroup:
		topic = topic[1:]
	}
	c, ok := find(g.name, topic[0])
	if ok {
		topic = topic[1:]
	}
	if len(topic) > 0 {
		return errors.New("unknown help topic: " + strings.Join(topic, " "))
	}
	f := d.newFlags()
	c.setup(d, f)
	d.Printf("%s", d.release.help(c.usage(f, d.width())))
	return nil
}
