// Package procps has commands of procps 4.0.2, as Debian 12 has them, and pidof of sysvinit:
//
//	sysctl [-abeNnqw] [--dry-run] KEY | KEY=VALUE …
//	sysctl -p | --load[=FILE] [FILE …]
//	ps [-e | -A | a | x | ax | aux | -ef | -f] [-p | -q PID[,PID...]] [-C NAME[,...]] [-u USER[,...]] [-o FIELD[,FIELD...]] [h] [w]
//	kill [-SIGNAL | -s SIGNAL | -n NUMBER] PID..., kill -l [SIGNAL]
//	pgrep, pkill [-SIGNAL] [-f] [-x] [-l] [-a] PATTERN
//	pidof NAME...
//
// The keys of sysctl are those of sim.Netns.Sysctls. They may be written with slashes; one of a
// directory means all that are in it. In a container that is not privileged they can only be
// read.
//
// Programs are functions, so processors, memory and states that ps shows are those of processes
// that sleep. Fields of -o are pid, ppid, pgid, pgrp, user, euser, uid, comm, ucmd, args, cmd, command,
// tty, tt, tname, stat, stime, start_time, time, etime, c, pcpu, pmem, vsz and rss.
package procps

import (
	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/gnu"
)

// Commands returns the commands of the suite.
func Commands() command.Table {
	return gnu.WrapAll(command.Table{"kill": Kill, "pgrep": Pgrep, "pidof": Pidof, "pkill": Pgrep, "ps": PS, "sysctl": Sysctl})
}
