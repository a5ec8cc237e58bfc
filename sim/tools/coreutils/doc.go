// Package coreutils has commands of GNU coreutils 9.1, as Debian 12 has them, for
// pipelines and for containers that have little to do:
//
//	cat [FILE...]                 files of the machine: /etc/hosts and the like
//	echo [-n] [WORD...]
//	env [NAME=VALUE...] [COMMAND [ARG...]]
//	head, tail [-n LINES | -LINES] [FILE...]
//	sleep SECONDS[smhd]...
//	sort [-r] [-u] [FILE...]      in the order of bytes, as with LC_ALL=C
//	true, false
//
// The files of a machine are those that its ReadFile has, in a container what Docker
// writes there. sort and tail read their input to the end before they write; head ends
// as soon as it has its lines, and ends the command before it in the pipe with that.
//
// A file named "-", or none, is standard input. Other options are refused with GNU's
// words and statuses: 1, of sort 2, of env 125.
package coreutils

import "drydock/sim/tools/command"

// Commands returns the commands of the suite.
func Commands() command.Table {
	return command.Table{
		"cat": Cat, "echo": Echo, "env": Env, "head": Head, "tail": Tail, "sleep": Sleep, "sort": Sort, "true": True, "false": False,
	}
}
