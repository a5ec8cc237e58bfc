package coreutils

import (
	"context"
	"slices"
	"strings"

	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/gnu"
)

// ID is id(1), of who runs it or of a user of /etc/passwd.
func ID(_ context.Context, c *command.Call) int {
	var user, group, groups, name, real bool
	args, err := command.Getopt(c.Args[1:], []command.Option{
		gnu.Flag("u user", &user), gnu.Flag("g group", &group), gnu.Flag("G groups", &groups), gnu.Flag("n name", &name), gnu.Flag("r real", &real),
	})
	chosen := 0
	for _, on := range []bool{user, group, groups} {
		if on {
			chosen++
		}
	}
	switch {
	case err != nil:
	case chosen > 1:
		err = gnu.Bad("cannot print \"only\" of more than one choice")
	case chosen == 0 && (name || real):
		err = gnu.Bad("cannot print only names or real IDs in default format")
	case len(args) > 1:
		err = gnu.Extra(args[1])
	}
	if err != nil {
		return gnu.Refuse(c, 1, err)
	}
	who, known := c.User, newAccounts(c)
	if len(args) == 1 {
		var ok bool
		if who, ok = known.find(args[0]); !ok {
			return c.Fail(1, "id: '%s': no such user\n", args[0])
		}
	}
	all := append([]int{who.GID}, slices.DeleteFunc(slices.Clone(who.Groups), func(g int) bool { return g == who.GID })...)
	switch {
	case user:
		return printIDs(c, "user", known.users, name, who.UID)
	case group:
		return printIDs(c, "group", known.groups, name, who.GID)
	case groups:
		return printIDs(c, "group", known.groups, name, all...)
	}
	var list []string
	for _, g := range all {
		list = append(list, withName(known.groups, g))
	}
	c.Printf("uid=%s gid=%s groups=%s\n", withName(known.users, who.UID), withName(known.groups, who.GID), strings.Join(list, ","))
	return 0
}

// Whoami is whoami(1).
func Whoami(_ context.Context, c *command.Call) int {
	args, err := command.Getopt(c.Args[1:], nil)
	if err == nil && len(args) > 0 {
		err = gnu.Extra(args[0])
	}
	if err != nil {
		return gnu.Refuse(c, 1, err)
	}
	name, ok := newAccounts(c).users[c.User.UID]
	if !ok {
		return c.Fail(1, "whoami: cannot find name for user ID %d\n", c.User.UID)
	}
	c.Printf("%s\n", name)
	return 0
}

// NProc is nproc(1). Machines have two processors, whatever the real one has, so that what
// prints is the same everywhere.
func NProc(_ context.Context, c *command.Call) int {
	var all bool
	args, err := command.Getopt(c.Args[1:], []command.Option{gnu.Flag("all", &all)})
	if err == nil && len(args) > 0 {
		err = gnu.Extra(args[0])
	}
	if err != nil {
		return gnu.Refuse(c, 1, err)
	}
	c.Printf("2\n")
	return 0
}

// HostID is hostid(1): what gethostid(3) makes of the address 127.0.1.1 that Debian gives a
// machine without one in its files.
func HostID(_ context.Context, c *command.Call) int {
	c.Printf("007f0101\n")
	return 0
}

// TTY is tty(1).
func TTY(_ context.Context, c *command.Call) int {
	var silent bool
	if _, err := command.Getopt(c.Args[1:], []command.Option{gnu.Flag("s silent quiet", &silent)}); err != nil {
		return gnu.Refuse(c, 2, err)
	}
	terminal := command.TerminalOf(c.Stdin) != nil
	switch {
	case silent:
	case terminal:
		c.Printf("/dev/%s\n", c.Process().TTY())
	default:
		c.Printf("not a tty\n")
	}
	return gnu.Status(!terminal)
}

// Uname is uname(1), by what /proc tells.
func Uname(_ context.Context, c *command.Call) int {
	var all bool
	fields := []struct {
		names, value string
		on           bool
	}{
		{"s kernel-name", "Linux", false}, {"n nodename", c.Machine.Hostname(), false},
		{"r kernel-release", kernel(c, "osrelease", "6.1.0-13-amd64"), false},
		{"v kernel-version", kernel(c, "version", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.55-1 (2023-09-29)"), false},
		{"m machine", "x86_64", false}, {"p processor", "unknown", false}, {"i hardware-platform", "unknown", false}, {"o operating-system", "GNU/Linux", false},
	}
	options := []command.Option{gnu.Flag("a all", &all)}
	for i := range fields {
		options = append(options, gnu.Flag(fields[i].names, &fields[i].on))
	}
	args, err := command.Getopt(c.Args[1:], options)
	if err == nil && len(args) > 0 {
		err = gnu.Extra(args[0])
	}
	if err != nil {
		return gnu.Refuse(c, 1, err)
	}
	var shown []string
	for _, f := range fields {
		if f.on || all && f.value != "unknown" {
			shown = append(shown, f.value)
		}
	}
	if len(shown) == 0 {
		shown = []string{"Linux"}
	}
	c.Printf("%s\n", strings.Join(shown, " "))
	return 0
}

func kernel(c *command.Call, name, missing string) string {
	text, err := c.ReadFile("/proc/sys/kernel/" + name)
	if err != nil {
		return missing
	}
	return strings.TrimSpace(string(text))
}

// Stty is stty(1) for the size and the modes that a terminal here has.
func Stty(_ context.Context, c *command.Call) int {
	terminal := command.TerminalOf(c.Stdin)
	if terminal == nil {
		return c.Fail(1, "stty: 'standard input': Inappropriate ioctl for device\n")
	}
	rows, columns := terminal.Size()
	if len(c.Args) == 1 {
		c.Printf("speed 38400 baud; line = 0;\n")
		if was := terminal.SetRaw(false); was {
			terminal.SetRaw(true)
			c.Printf("-brkint -icrnl -imaxbel\n-opost\n-isig -icanon -iexten -echo\n")
		}
		return 0
	}
	for _, arg := range c.Args[1:] {
		switch arg {
		case "size":
			c.Printf("%d %d\n", rows, columns)
		case "-a":
			c.Printf("speed 38400 baud; rows %d; columns %d; line = 0;\n", rows, columns)
		case "raw":
			terminal.SetRaw(true)
		case "sane", "cooked", "-raw":
			terminal.SetRaw(false)
		default:
			return c.Fail(1, "stty: invalid argument '%s'\nTry 'stty --help' for more information.\n", arg)
		}
	}
	return 0
}
