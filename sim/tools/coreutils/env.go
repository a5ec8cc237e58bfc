package coreutils

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/gnu"
)

// leading returns the options that args begin with, as those after a command are its own.
// values are the letters of options that take one.
func leading(args []string, values string) (options, rest []string) {
	for i := 0; i < len(args); i++ {
		switch arg := args[i]; {
		case arg == "--":
			return args[:i], args[i+1:]
		case len(arg) < 2 || arg[0] != '-':
			return args[:i], args[i:]
		case len(arg) == 2 && strings.IndexByte(values, arg[1]) >= 0:
			i++
		}
	}
	return args, nil
}

// Env is env(1). Variables of the call keep their order; new ones come last.
func Env(ctx context.Context, c *command.Call) int {
	var empty bool
	var removed []string
	options, args := leading(c.Args[1:], "uC")
	dir := ""
	_, err := command.Getopt(options, []command.Option{
		gnu.Flag("i ignore-environment", &empty), gnu.Text("C chdir", &dir),
		{Names: "u unset", Value: true, Set: func(_, v string) error { removed = append(removed, v); return nil }},
	})
	if err != nil {
		return gnu.Refuse(c, 125, err)
	}
	if len(args) > 0 && args[0] == "-" {
		empty, args = true, args[1:]
	}
	env := slices.Clone(c.Env)
	if empty {
		env = []string{}
	}
	drop := func(name string) {
		env = slices.DeleteFunc(env, func(v string) bool { return strings.HasPrefix(v, name+"=") })
	}
	for _, name := range removed {
		drop(name)
	}
	for ; len(args) > 0 && strings.Contains(args[0], "="); args = args[1:] {
		name, _, _ := strings.Cut(args[0], "=")
		drop(name)
		env = append(env, args[0])
	}
	if len(args) == 0 {
		for _, v := range env {
			c.Printf("%s\n", v)
		}
		return 0
	}
	child := *c
	child.Args, child.Env = args, env
	if dir != "" {
		if !isDir(c, dir) {
			return c.Fail(125, "env: cannot change directory to '%s': No such file or directory\n", dir)
		}
		child.Dir = "/" + c.Path(dir)
	}
	if status := lookUp(c, args[0], "env: '%s': %s\n"); status != 0 {
		return status
	}
	return child.Exec(ctx)
}

// lookUp says that there is no such program, and returns the status for it, or 0.
func lookUp(c *command.Call, name, format string) int {
	_, err := c.Commands.Lookup(c.Files, c.Dir, name)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, fs.ErrNotExist):
		return c.Fail(command.NotFound, format, name, "No such file or directory")
	case errors.Is(err, command.ErrNoExec):
		return c.Fail(126, format, name, "Exec format error")
	}
	return c.Fail(126, format, name, "Permission denied")
}

// Printenv is printenv(1).
func Printenv(_ context.Context, c *command.Call) int {
	names, err := command.Getopt(c.Args[1:], nil)
	if err != nil {
		return gnu.Refuse(c, 2, err)
	}
	if len(names) == 0 {
		for _, v := range c.Env {
			c.Printf("%s\n", v)
		}
		return 0
	}
	failed := false
	for _, name := range names {
		i := len(c.Env) - 1
		for i >= 0 && !strings.HasPrefix(c.Env[i], name+"=") {
			i--
		}
		if i < 0 {
			failed = true
			continue
		}
		c.Printf("%s\n", c.Env[i][len(name)+1:])
	}
	return gnu.Status(failed)
}
