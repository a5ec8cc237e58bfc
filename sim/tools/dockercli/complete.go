package dockercli

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"drydock/sim/dockerapi"
	"drydock/sim/tools/command"

	"github.com/spf13/pflag"
)

// complete is docker's completer: of the words of a line it prints what the last may become.
// What is wrong with those before it, or that there is no daemon, is no reason to say
// anything.
func complete(ctx context.Context, c *command.Call) int {
	words := c.Args[1:]
	if len(words) == 0 {
		return 0
	}
	d := &docker{Call: c, ctx: ctx, release: releaseOf(c.Machine)}
	d.api = d.client(defaultHost)
	defer d.api.close()
	d.api.negotiate(ctx)
	last := words[len(words)-1]
	for _, s := range d.candidates(words[:len(words)-1], last) {
		if strings.HasPrefix(s, last) {
			d.Printf("%s\n", s)
		}
	}
	return 0
}

// candidates returns what may follow the words before.
func (d *docker) candidates(before []string, last string) []string {
	group := ""
	if len(before) > 0 {
		if g, ok := findGroup(before[0]); ok {
			group, before = g.name, before[1:]
		}
	}
	if len(before) == 0 {
		return commandNames(group)
	}
	c, ok := find(group, before[0])
	if !ok {
		return nil
	}
	f := d.newFlags()
	c.setup(d, f)
	addHelp(f)
	arguments, flag := scanWords(f, before[1:])
	switch {
	case flag != nil:
		return d.flagValues(flag.Name)
	case strings.HasPrefix(last, "-"):
		return flagNames(f)
	}
	return d.arguments(&c, arguments)
}

// commandNames returns the commands of a group, and of docker itself the groups too.
func commandNames(group string) (names []string) {
	for _, c := range commandsOf(group) {
		names = append(names, c.name())
	}
	if group == "" {
		for _, g := range groups {
			names = append(names, g.name)
		}
	}
	slices.Sort(names)
	return names
}

// flagNames returns the flags that --help shows and that are not refused.
func flagNames(f *pflag.FlagSet) (names []string) {
	f.VisitAll(func(flag *pflag.Flag) {
		if _, refused := flag.Value.(refusal); !refused && (!flag.Hidden || flag.Name == "help") {
			names = append(names, "--"+flag.Name)
		}
	})
	return names
}

// scanWords tells how many of the words are arguments, and which flag the next one is the
// value of, if it is one.
func scanWords(f *pflag.FlagSet, words []string) (arguments int, flag *pflag.Flag) {
	for _, w := range words {
		switch {
		case flag != nil:
			flag = nil
		case strings.HasPrefix(w, "--"):
			if !strings.Contains(w, "=") {
				flag = f.Lookup(w[2:])
			}
		case len(w) > 1 && w[0] == '-':
			flag = f.ShorthandLookup(w[len(w)-1:])
		default:
			arguments++
		}
		if flag != nil && flag.NoOptDefVal != "" {
			flag = nil
		}
	}
	return arguments, flag
}

// flagValues returns what the value of a flag may be.
func (d *docker) flagValues(name string) []string {
	switch name {
	case "network", "net":
		return d.networkNames()
	case "link":
		return d.containerNames("running")
	}
	return nil
}

// arguments returns what may follow so many arguments, by what the usage of the command says
// that they are.
func (d *docker) arguments(c *subcommand, n int) []string {
	_, syntax, _ := strings.Cut(c.syntax, "[OPTIONS] ")
	if syntax == "" {
		syntax = c.syntax
	}
	kinds := strings.Fields(syntax)
	kind, last := strings.Trim(kinds[min(n, len(kinds)-1)], "[].")+" ", strings.HasSuffix(syntax, "...]")
	if n >= len(kinds) && !last {
		return nil
	}
	switch word := kind[:strings.IndexAny(kind, " |:[")]; {
	case word == "CONTAINER":
		return d.containerNames(statesFor[c.name()]...)
	case word == "NETWORK" && c.name() != "create":
		return d.networkNames()
	case word == "IMAGE", word == "NAME" && c.name() == "pull", word == "REPOSITORY":
		return d.imageNames()
	case word == "NAME":
		return append(append(d.containerNames(), d.networkNames()...), d.imageNames()...)
	}
	return nil
}

// statesFor are the states of the containers with which a command can do something. Of the
// others all are shown.
var statesFor = map[string][]string{
	"attach": {"running"}, "exec": {"running"}, "kill": {"running"}, "pause": {"running"}, "port": {"running"}, "top": {"running"},
	"stop": {"running", "paused"}, "start": {"created", "exited"}, "unpause": {"paused"},
}

// containerNames returns the names of the containers in some states, of all without.
func (d *docker) containerNames(states ...string) (names []string) {
	var list []dockerapi.ContainerSummary
	_, _ = d.api.get(d.ctx, "/containers/json", url.Values{"all": {"1"}}, &list)
	for _, c := range list {
		if len(states) == 0 || slices.Contains(states, c.State) {
			names = append(names, (&listFlags{}).psNames(c.Names))
		}
	}
	slices.Sort(names)
	return names
}

// networkNames returns the names of all networks.
func (d *docker) networkNames() (names []string) {
	var list []dockerapi.Network
	_, _ = d.api.get(d.ctx, "/networks", nil, &list)
	for _, n := range list {
		names = append(names, n.Name)
	}
	slices.Sort(names)
	return names
}

// imageNames returns the names of all images with their tags.
func (d *docker) imageNames() (names []string) {
	var list []dockerapi.ImageSummary
	_, _ = d.api.get(d.ctx, "/images/json", nil, &list)
	for _, i := range list {
		names = append(names, i.RepoTags...)
	}
	slices.Sort(names)
	return names
}
