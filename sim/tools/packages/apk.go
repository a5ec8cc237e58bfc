package packages

import (
	"context"
	"strings"

	"drydock/sim/tools/command"
)

// Alpine returns apk of Alpine Linux 3.19, which can install what has programs in available.
func Alpine(available command.Table) command.Table {
	m := &manager{alpine, available}
	return m.commands(m.apk, "apk")
}

const alpineRepository = "https://dl-cdn.alpinelinux.org/alpine/v3.19/"

// installedOfAlpine is how many packages the image has.
const installedOfAlpine = 15

func (m *manager) apk(_ context.Context, c *command.Call) int {
	var words []string
	for _, arg := range c.Args[1:] {
		switch {
		case arg == "--no-cache", arg == "-q", arg == "--update", arg == "-U":
		case strings.HasPrefix(arg, "-"):
			return c.Fail(1, "apk: unrecognized option: %s\n", strings.TrimLeft(arg, "-"))
		default:
			words = append(words, arg)
		}
	}
	switch {
	case len(words) == 0:
		return c.Fail(1, "apk-tools 2.14.0, compiled for x86_64.\n\nusage: apk [<OPTIONS>...] COMMAND [<ARGUMENTS>...]\n")
	case words[0] == "update":
		return m.apkFetch(c)
	case words[0] == "add":
		return m.apkAdd(c, words[1:])
	}
	return c.Fail(1, "ERROR: '%s' is not an apk command. See 'apk --help'.\n", words[0])
}

// apkFetch gets the indexes.
func (m *manager) apkFetch(c *command.Call) int {
	for _, part := range []string{"main", "community"} {
		c.Printf("fetch %s%s/x86_64/APKINDEX.tar.gz\n", alpineRepository, part)
		if !online(c) {
			c.Errorf("WARNING: fetching %s%s: temporary error (try again later)\n", alpineRepository, part)
		}
	}
	return 0
}

func (m *manager) apkAdd(c *command.Call, names []string) int {
	var packs []pack
	var fresh, missing []string
	m.apkFetch(c)
	for _, name := range names {
		switch p, s := m.find(c, name); {
		case s == unknown, s == absent && !online(c):
			missing = append(missing, name)
		case s == absent:
			packs, fresh = append(packs, p), append(fresh, name)
		}
	}
	if len(missing) > 0 {
		c.Errorf("ERROR: unable to select packages:\n")
		for _, name := range missing {
			c.Errorf("  %s (no such package):\n    required by: world[%[1]s]\n", name)
		}
		return len(missing)
	}
	for i, p := range packs {
		c.Printf("(%d/%d) Installing %s (%s)\n", i+1, len(packs), fresh[i], p.version)
		if err := m.install(c, p); err != nil {
			return c.Fail(1, "ERROR: %s-%s: %s\n", fresh[i], p.version, command.Reason(err))
		}
	}
	if len(packs) > 0 {
		c.Printf("Executing busybox-1.36.1-r15.trigger\n")
	}
	c.Printf("OK: %d MiB in %d packages\n", 7+len(packs), installedOfAlpine+len(packs))
	return 0
}
