package coreutils

import (
	"context"
	"path"
	"strings"

	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/gnu"
)

// PWD is pwd(1).
func PWD(_ context.Context, c *command.Call) int {
	var logical bool
	if _, err := command.Getopt(c.Args[1:], []command.Option{gnu.Flag("L logical", &logical), gnu.Flag("P physical", &logical)}); err != nil {
		return gnu.Refuse(c, 1, err)
	}
	c.Printf("%s\n", path.Clean("/"+c.Dir))
	return 0
}

// Basename is basename(1).
func Basename(_ context.Context, c *command.Call) int {
	var many bool
	var suffix string
	args, err := command.Getopt(c.Args[1:], []command.Option{gnu.Flag("a multiple", &many), gnu.Text("s suffix", &suffix)})
	many = many || suffix != ""
	switch {
	case err != nil:
	case len(args) == 0:
		err = gnu.Missing()
	case !many && len(args) > 2:
		err = gnu.Extra(args[2])
	case !many && len(args) == 2:
		suffix, args = args[1], args[:1]
	}
	if err != nil {
		return gnu.Refuse(c, 1, err)
	}
	for _, arg := range args {
		name := ""
		if arg != "" {
			name = path.Base(arg)
		}
		if name != suffix {
			name = strings.TrimSuffix(name, suffix)
		}
		c.Printf("%s\n", name)
	}
	return 0
}

// Dirname is dirname(1).
func Dirname(_ context.Context, c *command.Call) int {
	args, err := command.Getopt(c.Args[1:], nil)
	if err == nil && len(args) == 0 {
		err = gnu.Missing()
	}
	if err != nil {
		return gnu.Refuse(c, 1, err)
	}
	for _, arg := range args {
		arg = strings.TrimRight(arg, "/")
		switch i := strings.LastIndexByte(arg, '/'); {
		case arg == "" && c.Args[len(c.Args)-1] != "":
			c.Printf("/\n")
		case i < 0:
			c.Printf(".\n")
		default:
			if dir := strings.TrimRight(arg[:i], "/"); dir != "" {
				c.Printf("%s\n", dir)
			} else {
				c.Printf("/\n")
			}
		}
	}
	return 0
}

// Realpath is realpath(1). There are no links, so a path is only cleaned.
func Realpath(_ context.Context, c *command.Call) int {
	var existing, missing bool
	args, err := command.Getopt(c.Args[1:], []command.Option{gnu.Flag("e canonicalize-existing", &existing), gnu.Flag("m canonicalize-missing", &missing)})
	if err == nil && len(args) == 0 {
		err = gnu.Missing()
	}
	if err != nil {
		return gnu.Refuse(c, 1, err)
	}
	failed := false
	for _, arg := range args {
		at := "/" + c.Path(arg)
		if at == "/." {
			at = "/"
		}
		look := path.Dir(at)
		if existing {
			look = at
		}
		if _, err := stat(c, look); err != nil && !missing {
			c.Errorf("realpath: %s: %s\n", arg, command.Reason(err))
			failed = true
			continue
		}
		c.Printf("%s\n", at)
	}
	return gnu.Status(failed)
}
