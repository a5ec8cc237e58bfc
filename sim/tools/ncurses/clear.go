// Package ncurses has clear, of Debian's package ncurses-bin.
package ncurses

import (
	"context"

	"drydock/sim/tools/command"
)

// Commands returns the command of the package.
func Commands() command.Table { return command.Table{"clear": Clear} }

// Clear is clear(1) on an xterm, with the lines that have gone.
func Clear(_ context.Context, c *command.Call) int {
	c.Printf("\x1b[H\x1b[2J\x1b[3J")
	return 0
}
