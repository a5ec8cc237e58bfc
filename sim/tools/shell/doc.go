// Package shell has sh(1) for commands that are Go functions. It knows
//
//	sh -c LINE [NAME [ARG...]]    also without -c: LINE is then standard input
//
// and in a line commands with words, quotes, \ and #; NAME=value before a command or
// alone; $NAME, ${NAME}, $?, $#, $0 to $9 and $(LINE), the results of which are split
// into words unless they are quoted; ; && || ! | and newlines; for NAME in WORD...; if;
// { } and ( ); the redirections >/dev/null, </dev/null, >&2 and 2>&1, and < of the
// files that the machine has; and the builtins exit and ":". Commands come from the
// table of the call.
//
// What else there is in POSIX's shell is refused with status 2 and not guessed at:
// loops with while, functions, &, case, arithmetic, expansions such as ${NAME:-word},
// and here-documents. Words with * stay as they are, as there are no files to match.
// Files cannot be written: the file system is read-only. The words of messages are
// those of dash 0.5.12 where it has such a message.
//
// The parser is mvdan.cc/sh/v3/syntax. Its interpreter is not used: that has pipes of
// the operating system, in which a bubble of virtual time waits for ever, and builtins
// that use the real files.
//
// A line has at most 128 KiB as on Linux, and so has a word that expansions make; a
// command substitution may yield 1 MiB.
package shell

import "drydock/sim/tools/command"

// Commands returns the command of the package.
func Commands() command.Table { return command.Table{"sh": Sh} }
