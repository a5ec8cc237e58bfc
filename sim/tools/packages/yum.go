package packages

import (
	"context"
	"strings"

	"drydock/sim/tools/command"
)

// CentOS returns yum of CentOS 7, which can install what has programs in available.
func CentOS(available command.Table) command.Table {
	m := &manager{centos, available}
	return m.commands(m.yum, "yum")
}

const yumPlugins = "Loaded plugins: fastestmirror, ovl\n"

func (m *manager) yum(_ context.Context, c *command.Call) int {
	var words []string
	yes := false
	for _, arg := range c.Args[1:] {
		switch {
		case arg == "-y", arg == "--assumeyes":
			yes = true
		case arg == "-q":
		case strings.HasPrefix(arg, "-"):
			return c.Fail(1, yumPlugins+"Usage: yum [options] COMMAND\n\n\nCommand line error: no such option: %s\n", arg)
		default:
			words = append(words, arg)
		}
	}
	if len(words) == 0 {
		return c.Fail(1, yumPlugins+"You need to give some command\nUsage: yum [options] COMMAND\n")
	}
	c.Printf(yumPlugins)
	switch words[0] {
	case "install":
		return m.yumInstall(c, words[1:], yes)
	case "update", "upgrade":
		if !m.yumMetadata(c) {
			return 1
		}
		c.Printf("No packages marked for update\n")
		return 0
	case "makecache":
		if !m.yumMetadata(c) {
			return 1
		}
		c.Printf("Metadata Cache Created\n")
		return 0
	case "clean":
		c.Printf("Cleaning repos: base extras updates\n")
		return 0
	}
	return c.Fail(1, "No such command: %s. Please use /usr/bin/yum --help\n", words[0])
}

// yumMetadata gets what the repositories offer.
func (m *manager) yumMetadata(c *command.Call) bool {
	if !online(c) {
		c.Errorf("Could not retrieve mirrorlist http://mirrorlist.centos.org/?release=7&arch=x86_64&repo=os&infra=container error was\n" +
			"14: curl#6 - \"Could not resolve host: mirrorlist.centos.org; Unknown error\"\n\n" +
			"Cannot find a valid baseurl for repo: base/7/x86_64\n")
		return false
	}
	c.Printf("Determining fastest mirrors\n")
	return true
}

func (m *manager) yumInstall(c *command.Call, names []string, yes bool) int {
	if !m.yumMetadata(c) {
		return 1
	}
	var packs []pack
	var fresh []string
	known := false
	for _, name := range names {
		switch p, s := m.find(c, name); s {
		case unknown:
			c.Printf("No package %s available.\n", name)
		case installed:
			known = true
			c.Printf("Package %s-%s.x86_64 already installed and latest version\n", name, p.version)
		default:
			packs, fresh = append(packs, p), append(fresh, name)
		}
	}
	switch {
	case len(packs) == 0 && known:
		c.Printf("Nothing to do\n")
		return 0
	case len(packs) == 0:
		return c.Fail(1, "Error: Nothing to do\n")
	case !yes && !yumConfirmed(c):
		return c.Fail(1, "Exiting on user command\n")
	}
	c.Printf("\nInstalled:\n")
	for i, p := range packs {
		if err := m.install(c, p); err != nil {
			return c.Fail(1, "Error: %s-%s: %s\n", fresh[i], p.version, command.Reason(err))
		}
		c.Printf("  %s.x86_64 0:%s\n", fresh[i], p.version)
	}
	c.Printf("\nComplete!\n")
	return 0
}

// yumConfirmed asks whether to go on.
func yumConfirmed(c *command.Call) bool {
	c.Printf("Is this ok [y/d/N]: ")
	var b [64]byte
	n, _ := c.Stdin.Read(b[:])
	answer := strings.ToLower(strings.TrimSpace(string(b[:n])))
	return answer == "y" || answer == "yes"
}
