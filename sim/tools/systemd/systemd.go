// Package systemd has systemctl and service as they are where systemd does not run: in containers,
// and on hosts whose daemons are part of the program. They say so, as the real ones do.
package systemd

import (
	"context"

	"drydock/sim/tools/command"
)

// Commands returns systemctl and service of Debian 12.
func Commands() command.Table { return command.Table{"systemctl": Systemctl, "service": Service} }

// CentOS returns those of CentOS 7.
func CentOS() command.Table {
	return command.Table{"systemctl": systemctlCentOS, "service": serviceCentOS}
}

// Systemctl is systemctl(1).
func Systemctl(_ context.Context, c *command.Call) int {
	return c.Fail(1, "System has not been booted with systemd as init system (PID 1). Can't operate.\nFailed to connect to bus: Host is down\n")
}

// Service is service(8), which finds no script in /etc/init.d.
func Service(_ context.Context, c *command.Call) int {
	if len(c.Args) < 3 {
		return c.Fail(1, "Usage: service < option > | --status-all | [ service_name [ command | --full-restart ] ]\n")
	}
	return c.Fail(1, "%s: unrecognized service\n", c.Args[1])
}

func systemctlCentOS(_ context.Context, c *command.Call) int {
	return c.Fail(1, "Failed to get D-Bus connection: Operation not permitted\n")
}

func serviceCentOS(ctx context.Context, c *command.Call) int {
	if len(c.Args) < 3 {
		return c.Fail(2, "Usage: service < option > | --status-all | [ service_name [ command | --full-restart ] ]\n")
	}
	c.Errorf("Redirecting to /bin/systemctl %s %s.service\n", c.Args[2], c.Args[1])
	return systemctlCentOS(ctx, c)
}
