package busybox

import (
	"context"
	"fmt"
	"strings"

	"drydock/sim/tools/command"
)

// PS is the applet ps. It shows all processes; what else real ones have as options is ignored by
// it, too: ps aux, ps -ef.
func PS(_ context.Context, c *command.Call) int {
	for _, arg := range c.Args[1:] {
		if options, ok := strings.CutPrefix(arg, "-"); ok && strings.Trim(options, "aAdefl") != "" {
			return misused(c, fmt.Errorf("invalid option -- '%s'", strings.Trim(options, "aAdefl")[:1]), "ps\n\nShow list of processes\n")
		}
	}
	c.Printf("PID   USER     TIME  COMMAND\n")
	for _, p := range c.Processes().List() {
		c.Printf("%5d %-8s %5s %s\n", p.PID, "root", "0:00", strings.Join(p.CommandLine(), " "))
	}
	return 0
}
