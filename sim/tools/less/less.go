// Package less has less and more as they are without a terminal: they print files. A terminal
// has its own way to look back.
package less

import (
	"context"

	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/gnu"
)

// Commands returns the commands of the package.
func Commands() command.Table {
	return gnu.WrapAll(command.Table{"less": Less, "more": Less, "pager": Less})
}

// Less is less(1) without options.
func Less(_ context.Context, c *command.Call) int {
	names, err := command.Getopt(c.Args[1:], nil)
	if err != nil {
		return gnu.Refuse(c, 1, err)
	}
	if len(names) == 0 && command.TerminalOf(c.Stdin) != nil {
		return c.Fail(1, "Missing filename (\"less --help\" for help)\n")
	}
	if len(names) == 0 {
		names = []string{"-"}
	}
	for _, name := range names {
		f, err := gnu.Open(c, name)
		if err != nil {
			c.Printf("%s: %s\n", name, command.Reason(err)) // where less shows text
			continue
		}
		err = gnu.Copy(c, f)
		f.Close()
		if err != nil {
			return 1
		}
	}
	return 0
}
