package procps

import (
	"context"
	"regexp"
	"strings"

	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/gnu"
)

// A looker is the options of pgrep and pkill.
type looker struct {
	full, exact, long, all bool
	pkill                  bool
	signal                 command.Signal
}

// Pgrep is pgrep(1) and pkill(1).
func Pgrep(_ context.Context, c *command.Call) int {
	l := looker{signal: command.SIGTERM, pkill: c.Args[0] == "pkill"}
	args := c.Args[1:]
	if l.pkill && len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		if s, ok := command.ParseSignal(args[0][1:]); ok {
			l.signal, args = s, args[1:]
		}
	}
	patterns, err := command.Getopt(args, []command.Option{
		gnu.Flag("f full", &l.full), gnu.Flag("x exact", &l.exact), gnu.Flag("l list-name", &l.long), gnu.Flag("a list-full", &l.all),
	})
	problem := ""
	switch {
	case err != nil:
		problem = err.Error()
	case len(patterns) == 0:
		problem = "no matching criteria specified"
	case len(patterns) > 1:
		problem = "only one pattern can be provided"
	}
	if problem != "" {
		return c.Fail(2, "%s: %s\nTry `%[1]s --help' for more information.\n", c.Args[0], problem)
	}
	pattern := patterns[0]
	if l.exact {
		pattern = "^(" + pattern + ")$"
	}
	rx, err := regexp.CompilePOSIX(pattern)
	if err != nil {
		return c.Fail(2, "%s: invalid regular expression\n", c.Args[0])
	}
	return gnu.Status(!l.look(c, rx))
}

// look signals or shows the processes that are wanted. It is false if there are none.
func (l *looker) look(c *command.Call, rx *regexp.Regexp) (found bool) {
	for _, p := range c.Processes().List() {
		line := strings.Join(p.CommandLine(), " ")
		text := p.Name()
		if l.full {
			text = line
		}
		if p == c.Process() || !rx.MatchString(text) {
			continue
		}
		found = true
		switch {
		case l.pkill:
			c.Kill(p.PID, l.signal)
		case l.all:
			c.Printf("%d %s\n", p.PID, line)
		case l.long:
			c.Printf("%d %s\n", p.PID, p.Name())
		default:
			c.Printf("%d\n", p.PID)
		}
	}
	return found
}
