// Package debianutils has which [-a] NAME..., of Debian's package of that name.
package debianutils

import (
	"context"

	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/gnu"
)

// Commands returns the command of the package.
func Commands() command.Table { return gnu.WrapAll(command.Table{"which": Which}) }

// Which is which(1).
func Which(_ context.Context, c *command.Call) int {
	args := c.Args[1:]
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		if args[0] != "-a" {
			return c.Fail(2, "Illegal option %s\nUsage: %s [-a] args\n", args[0], c.Args[0])
		}
		args = args[1:]
	}
	failed := len(args) == 0
	for _, name := range args {
		at, ok := c.Commands.Path(c.Files, name)
		if _, err := c.Commands.Lookup(c.Files, c.Dir, name); !ok && err == nil {
			at, ok = name, true // with a slash
		}
		if !ok {
			failed = true
			continue
		}
		c.Printf("%s\n", at)
	}
	return gnu.Status(failed)
}
