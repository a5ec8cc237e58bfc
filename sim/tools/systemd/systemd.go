// Package systemd has systemctl and service. On a host that runs Docker systemctl knows the verbs
// start, stop, restart, reload, status, is-active and daemon-reload, for the unit docker.service
// alone, and service has those of a unit. When dockerd does not start, because of its daemon.json for
// one, status says why; there is no journal, and no second attempt. It tells no PID, memory and CPU
// of dockerd. There is no docker.socket that would start dockerd again for the
// next command docker. In containers and on other machines systemd does not run, which they say as
// the real ones do.
package systemd

import (
	"context"

	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/onhost"
)

// Commands returns systemctl and service of Debian 12.
func Commands() command.Table { return command.Table{"systemctl": Systemctl, "service": Service} }

// CentOS returns those of CentOS 7.
func CentOS() command.Table {
	return command.Table{"systemctl": systemctlCentOS, "service": serviceCentOS}
}

// Systemctl is systemctl(1).
func Systemctl(ctx context.Context, c *command.Call) int {
	if d := onhost.Of(c.Machine); d != nil {
		return debian.systemctl(ctx, c, d, c.Args[1:])
	}
	return c.Fail(1, "System has not been booted with systemd as init system (PID 1). Can't operate.\nFailed to connect to bus: Host is down\n")
}

const serviceUsage = "Usage: service < option > | --status-all | [ service_name [ command | --full-restart ] ]\n"

// Service is service(8), which finds no script in /etc/init.d where systemd does not run.
func Service(ctx context.Context, c *command.Call) int {
	if len(c.Args) < 3 {
		return c.Fail(1, serviceUsage)
	}
	if d := onhost.Of(c.Machine); d != nil {
		return debian.systemctl(ctx, c, d, []string{c.Args[2], c.Args[1] + ".service"})
	}
	return c.Fail(1, "%s: unrecognized service\n", c.Args[1])
}

func systemctlCentOS(ctx context.Context, c *command.Call) int {
	if d := onhost.Of(c.Machine); d != nil {
		return centOS.systemctl(ctx, c, d, c.Args[1:])
	}
	return c.Fail(1, "Failed to get D-Bus connection: Operation not permitted\n")
}

func serviceCentOS(ctx context.Context, c *command.Call) int {
	if len(c.Args) < 3 {
		return c.Fail(2, serviceUsage)
	}
	c.Errorf("Redirecting to /bin/systemctl %s %s.service\n", c.Args[2], c.Args[1])
	if d := onhost.Of(c.Machine); d != nil {
		return centOS.systemctl(ctx, c, d, []string{c.Args[2], c.Args[1] + ".service"})
	}
	return systemctlCentOS(ctx, c)
}
