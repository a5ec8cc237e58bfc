package procps

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/gnu"
)

const usage = `
Usage:
 kill [options] <pid> [...]

Options:
 <pid> [...]            send signal to every <pid> listed
 -<signal>, -s, --signal <signal>
                        specify the <signal> to be sent
 -l, --list=[<signal>]  list all signal names, or convert one to a name

For more details see kill(1).
`

// Kill is kill(1).
func Kill(_ context.Context, c *command.Call) int {
	args := c.Args[1:]
	if len(args) == 0 {
		return c.Fail(1, usage)
	}
	if args[0] == "-l" || args[0] == "--list" {
		return list(c, args[1:])
	}
	signal := command.SIGTERM
	name := ""
	switch {
	case args[0] == "--":
		args = args[1:]
	case (args[0] == "-s" || args[0] == "--signal" || args[0] == "-n") && len(args) > 1:
		name, args = args[1], args[2:]
	case len(args[0]) > 1 && args[0][0] == '-':
		name, args = args[0][1:], args[1:]
	}
	if name == "0" {
		signal = 0
	} else if name != "" {
		var ok bool
		if signal, ok = command.ParseSignal(name); !ok {
			return c.Fail(1, "kill: invalid argument %c\n"+usage, name[0])
		}
	}
	failed := false
	for _, arg := range args {
		pid, err := strconv.Atoi(arg)
		switch {
		case err != nil:
			return c.Fail(1, "kill: failed to parse argument: '%s'\n", arg)
		case !c.Kill(pid, signal):
			c.Errorf("kill: (%d): No such process\n", pid)
			failed = true
		}
	}
	return gnu.Status(failed)
}

// list is kill -l.
func list(c *command.Call, args []string) int {
	if len(args) == 0 {
		var names []string
		for s := command.Signal(1); s < 32; s++ {
			names = append(names, strings.TrimPrefix(s.String(), "SIG"))
		}
		c.Printf("%s\n", strings.Join(names, " "))
		return 0
	}
	for _, arg := range args {
		if n, err := strconv.Atoi(arg); err == nil {
			c.Printf("%s\n", strings.TrimPrefix(command.Signal(n&127).String(), "SIG"))
		} else if s, ok := command.ParseSignal(arg); ok {
			c.Printf("%d\n", int(s))
		} else {
			return c.Fail(1, "kill: unknown signal name %s\n", arg)
		}
	}
	return 0
}

// Pidof is pidof(8). The youngest process comes first.
func Pidof(_ context.Context, c *command.Call) int {
	names, err := command.Getopt(c.Args[1:], nil)
	if err != nil {
		return c.Fail(1, "pidof: %v\n", err)
	}
	var pids []string
	for _, p := range slices.Backward(c.Processes().List()) {
		if line := p.CommandLine(); len(line) > 0 && (slices.Contains(names, line[0]) || slices.Contains(names, p.Name())) {
			pids = append(pids, strconv.Itoa(p.PID))
		}
	}
	if len(pids) > 0 {
		c.Printf("%s\n", strings.Join(pids, " "))
	}
	return gnu.Status(len(pids) == 0)
}

// clock shows how long a process has been there, as etime: [[DD-]HH:]MM:SS.
func clock(d time.Duration) string {
	s := int(d / time.Second)
	text := fmt.Sprintf("%02d:%02d", s/60%60, s%60)
	if s >= 3600 {
		text = fmt.Sprintf("%02d:%s", s/3600%24, text)
	}
	if s >= 86400 {
		text = fmt.Sprintf("%d-%s", s/86400, text)
	}
	return text
}
