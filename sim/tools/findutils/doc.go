// Package findutils has the programs of GNU findutils 4.9.0:
//
//	find [PATH...] [-name GLOB] [-iname GLOB] [-path GLOB] [-ipath GLOB] [-type bcdflps]
//	    [-size [+-]N[cwbkMG]] [-empty] [-maxdepth N] [-mindepth N] [-depth] [-prune] [-true] [-false]
//	    [-print] [-print0] [-delete] [-exec COMMAND ;] with ( ) ! -a -o
//	xargs [-0rt] [-I TEXT] [-n ARGS] [COMMAND [ARG...]]
//
// Words of xargs' input are separated by blanks and newlines and may be quoted; those of -I are
// lines. Commands run one after the other. The status is 123 if one of them failed, 124 if one
// returned 255, 127 if there is no such command, and 1 for other failures, other options among
// them.
package findutils

import (
	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/gnu"
)

// Commands returns the commands of the package.
func Commands() command.Table {
	return gnu.WrapAll(command.Table{"find": Find, "xargs": Xargs})
}
