package dockercli

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"drydock/sim/dockerapi"
	"drydock/sim/internal/apitext"

	"github.com/spf13/pflag"
)

// port is docker port. Without a port it lists all bindings, with one those of that port,
// without the port itself. A port of no protocol is tcp. docker checks the number before it
// looks at the container's ports, so that faults are told as faults. The bindings are those
// of docker inspect: a container that does not run has none.
func (d *docker) port(*pflag.FlagSet) action {
	return func(args []string) error {
		c, err := d.inspectContainer(args[0])
		if err != nil {
			return err
		}
		all := c.NetworkSettings.Ports
		if len(args) == 1 || args[1] == "" {
			for _, port := range slices.SortedFunc(maps.Keys(all), comparePorts) {
				d.printBindings(port+" -> ", all[port])
			}
			return nil
		}
		number, protocol, _ := strings.Cut(args[1], "/")
		if protocol == "" {
			number, protocol = args[1], "tcp"
		}
		if _, _, err := apitext.PortRange(number); number != "" && err != nil {
			return err
		}
		port := number + "/" + protocol
		if all[port] == nil && d.release.since28 {
			port = args[1]
		}
		if all[port] == nil {
			return d.release.error("No public port '" + port + "' published for " + args[0])
		}
		d.printBindings("", all[port])
		return nil
	}
}

// printBindings prints where on the host a port is, a line for each address.
func (d *docker) printBindings(prefix string, bindings []dockerapi.PortBinding) {
	for _, b := range bindings {
		d.Printf("%s%s:%s\n", prefix, d.release.addr(b.HostIP), b.HostPort)
	}
}

// comparePorts orders ports such as "80/tcp" by number. Docker's order is random.
func comparePorts(a, b string) int {
	number := func(s string) int {
		digits, _, _ := strings.Cut(s, "/")
		n, _ := strconv.Atoi(digits)
		return n
	}
	if n := number(a) - number(b); n != 0 {
		return n
	}
	return strings.Compare(a, b)
}
