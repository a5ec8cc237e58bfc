// Package sed has GNU sed 4.9:
//
//	sed [-nEsz] [-i[SUFFIX]] [-e SCRIPT]... [-f FILE]... [SCRIPT] [FILE...]
//
// Addresses are N, $, /RE/, \cREc, FIRST~STEP, 0,/RE/, ADDR,+N and ADDR,~N, with I and M after
// expressions, and !. Commands are { } = a b c d D g G h H i l n N p P q Q r s t T w x y : and #,
// flags of s are g p i I m M w and a number; \1 to \9, &, \n, \t and \L \U \l \u \E stand in
// its replacement. Expressions are those of POSIX by package regexp, without references in the
// expression itself.
//
// github.com/rwtodd/Go.Sed, the library that there is, has expressions of Go and writes no
// files in place.
package sed

import (
	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/gnu"
)

// Commands returns the command of the package.
func Commands() command.Table { return gnu.WrapAll(command.Table{"sed": Sed}) }
