package dockercli

import (
	"strings"

	"github.com/spf13/pflag"
)

// port is docker port. Without a port it lists all bindings, with one those of that
// port, without the port itself. A port of no protocol is tcp. docker checks the number
// before it looks at the container's ports, so that faults are told as faults. The
// bindings are those of docker inspect: a container that does not run has none.
func (d *docker) port(*pflag.FlagSet) action {
	return func(args []string) int {
		c, err := d.container(args[0])
		if err != nil {
			return d.fail(1, "Error: %v", err)
		}
		if len(args) == 1 || args[1] == "" {
			for _, b := range c.Ports() {
				d.Printf("%v\n", b)
			}
			return 0
		}
		number, protocol, _ := strings.Cut(args[1], "/")
		if protocol == "" {
			number, protocol = args[1], "tcp"
		}
		if _, _, err := parsePortRange(number); number != "" && err != nil {
			return d.fail(1, "%v", err)
		}
		port := number + "/" + protocol
		bindings := c.Inspect().NetworkSettings.Ports[port]
		if len(bindings) == 0 {
			return d.fail(1, "Error: No public port '%s' published for %s", port, args[0])
		}
		for _, b := range bindings {
			d.Printf("%s:%s\n", b.HostIP, b.HostPort)
		}
		return 0
	}
}
