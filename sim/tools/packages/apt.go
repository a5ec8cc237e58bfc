package packages

import (
	"context"
	"io/fs"
	"slices"
	"strings"

	"drydock/sim/tools/command"
)

// Debian returns apt-get and apt of Debian 12, which can install what has programs in available.
func Debian(available command.Table) command.Table { return apt(debian, bookworm, available) }

// Ubuntu returns those of Ubuntu 22.04.
func Ubuntu(available command.Table) command.Table { return apt(ubuntu, jammy, available) }

func apt(catalog map[string]pack, sources []source, available command.Table) command.Table {
	a := &aptGet{manager{catalog, available}, sources}
	return a.commands(a.main, "apt", "apt-get")
}

// An aptGet is apt with its sources.
type aptGet struct {
	manager
	sources []source
}

// A source is a line of sources.list: where it is, and the size of its index.
type source struct{ url, suite, size string }

var (
	bookworm = []source{
		{"http://deb.debian.org/debian", "bookworm", "151 kB"}, {"http://deb.debian.org/debian", "bookworm-updates", "55.4 kB"},
		{"http://deb.debian.org/debian-security", "bookworm-security", "48.0 kB"},
	}
	jammy = []source{
		{"http://archive.ubuntu.com/ubuntu", "jammy", "270 kB"}, {"http://archive.ubuntu.com/ubuntu", "jammy-updates", "128 kB"},
		{"http://security.ubuntu.com/ubuntu", "jammy-security", "129 kB"},
	}
)

// lists is where apt has what the repositories offer.
const lists = "/var/lib/apt/lists"

func (a *aptGet) main(_ context.Context, c *command.Call) int {
	var words []string
	yes := false
	for _, arg := range c.Args[1:] {
		switch arg {
		case "-y", "--yes", "--assume-yes", "-yq", "-qy", "-yqq", "-qqy":
			yes = true
		case "-q", "-qq", "--no-install-recommends":
		default:
			if strings.HasPrefix(arg, "-") {
				return c.Fail(100, "E: Command line option %s is not understood in combination with the other options\n", quoteOption(arg))
			}
			words = append(words, arg)
		}
	}
	if c.Args[0] == "apt" {
		c.Errorf("\nWARNING: apt does not have a stable CLI interface. Use with caution in scripts.\n\n")
	}
	switch {
	case len(words) == 0:
		c.Printf("%s\n", "apt 2.6.1 (amd64)\nUsage: "+c.Args[0]+" [options] command")
		return 0
	case words[0] == "update":
		return a.update(c)
	case words[0] == "upgrade", words[0] == "install":
		return a.install(c, words[1:], yes)
	case words[0] == "clean":
		return 0
	}
	return c.Fail(100, "E: Invalid operation %s\n", words[0])
}

// quoteOption names an option as apt does.
func quoteOption(arg string) string {
	if strings.HasPrefix(arg, "--") {
		return arg
	}
	return "'" + arg[1:2] + "' [from " + arg + "]"
}

// update gets the lists.
func (a *aptGet) update(c *command.Call) int {
	if !online(c) {
		for _, s := range a.sources {
			c.Printf("Err:%d %s %s InRelease\n  Temporary failure resolving '%s'\n", 1+slices.Index(a.sources, s), s.url, s.suite, host(s.url))
		}
		c.Printf("Reading package lists... Done\n")
		c.Errorf("W: Some index files failed to download. They have been ignored, or old ones used instead.\n")
		return 0
	}
	for i, s := range a.sources {
		c.Printf("Get:%d %s %s InRelease [%s]\n", i+1, s.url, s.suite, s.size)
		name := strings.ReplaceAll(strings.TrimPrefix(s.url, "http://"), "/", "_") + "_dists_" + s.suite + "_InRelease"
		if err := write(c, lists+"/"+name, "Suite: "+s.suite+"\n", 0o644); err != nil {
			return c.Fail(100, "E: List directory %s/partial is missing. - Acquire (%s)\n", lists, command.Reason(err))
		}
	}
	c.Printf("Reading package lists... Done\n")
	return 0
}

func host(url string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(url, "http://"), "/")
	return name
}

// listed tells whether update has been run.
func (a *aptGet) listed(c *command.Call) bool {
	entries, _ := fs.ReadDir(c.Files, c.Path(lists))
	return len(entries) > 0
}

// install installs packages.
func (a *aptGet) install(c *command.Call, names []string, yes bool) int {
	c.Printf("Reading package lists... Done\nBuilding dependency tree... Done\nReading state information... Done\n")
	var packs []pack
	var fresh []string
	missing := false
	for _, name := range names {
		p, s := a.find(c, name)
		switch {
		case s == installed:
			c.Printf("%s is already the newest version (%s).\n", name, p.version)
		case s == unknown, !a.listed(c):
			c.Errorf("E: Unable to locate package %s\n", name)
			missing = true
		default:
			packs, fresh = append(packs, p), append(fresh, name)
		}
	}
	if missing {
		return 100
	}
	if len(fresh) > 0 {
		c.Printf("The following NEW packages will be installed:\n  %s\n", strings.Join(fresh, " "))
	}
	c.Printf("0 upgraded, %d newly installed, 0 to remove and 0 not upgraded.\n", len(fresh))
	switch {
	case len(fresh) == 0:
		return 0
	case !yes && !confirmed(c):
		c.Printf("Abort.\n")
		return 1
	case !online(c):
		return c.Fail(100, "E: Failed to fetch %s  Temporary failure resolving '%s'\nE: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?\n",
			a.sources[0].url, host(a.sources[0].url))
	}
	for i, p := range packs {
		c.Printf("Setting up %s (%s) ...\n", fresh[i], p.version)
		if err := a.manager.install(c, p); err != nil {
			return c.Fail(100, "dpkg: error processing package %s (--configure): %s\nE: Sub-process /usr/bin/dpkg returned an error code (1)\n", fresh[i], command.Reason(err))
		}
	}
	return 0
}

// confirmed asks whether to go on.
func confirmed(c *command.Call) bool {
	c.Printf("Do you want to continue? [Y/n] ")
	var b [64]byte
	n, err := c.Stdin.Read(b[:])
	answer := strings.ToLower(strings.TrimSpace(string(b[:n])))
	return err == nil && (answer == "" || strings.HasPrefix(answer, "y"))
}
