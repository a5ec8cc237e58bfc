// Package systemd has systemctl and service. On a host that runs Docker systemctl knows the verbs
// start, stop, restart, is-active and daemon-reload, for the unit docker.service alone, and service
// start, stop and restart. A daemon.json with options is refused, as it is not read. There is no docker.socket that would start dockerd again for the next
// command docker. In containers and on other machines systemd does not run, which they say as the
// real ones do.
package systemd

import (
	"context"
	"io/fs"
	"strings"

	"drydock/sim/tools/command"
)

// Commands returns systemctl and service of Debian 12.
func Commands() command.Table { return command.Table{"systemctl": Systemctl, "service": Service} }

// CentOS returns those of CentOS 7.
func CentOS() command.Table {
	return command.Table{"systemctl": systemctlCentOS, "service": serviceCentOS}
}

// Systemctl is systemctl(1).
func Systemctl(ctx context.Context, c *command.Call) int {
	if d, ok := c.Machine.(daemon); ok {
		return systemctl(ctx, c, d, c.Args[1:])
	}
	return c.Fail(1, "System has not been booted with systemd as init system (PID 1). Can't operate.\nFailed to connect to bus: Host is down\n")
}

const serviceUsage = "Usage: service < option > | --status-all | [ service_name [ command | --full-restart ] ]\n"

// Service is service(8), which finds no script in /etc/init.d where systemd does not run.
func Service(ctx context.Context, c *command.Call) int {
	if len(c.Args) < 3 {
		return c.Fail(1, serviceUsage)
	}
	if d, ok := c.Machine.(daemon); ok {
		return systemctl(ctx, c, d, []string{c.Args[2], c.Args[1] + ".service"})
	}
	return c.Fail(1, "%s: unrecognized service\n", c.Args[1])
}

func systemctlCentOS(ctx context.Context, c *command.Call) int {
	if d, ok := c.Machine.(daemon); ok {
		return systemctl(ctx, c, d, c.Args[1:])
	}
	return c.Fail(1, "Failed to get D-Bus connection: Operation not permitted\n")
}

func serviceCentOS(ctx context.Context, c *command.Call) int {
	if len(c.Args) < 3 {
		return c.Fail(2, serviceUsage)
	}
	c.Errorf("Redirecting to /bin/systemctl %s %s.service\n", c.Args[2], c.Args[1])
	if d, ok := c.Machine.(daemon); ok {
		return systemctl(ctx, c, d, []string{c.Args[2], c.Args[1] + ".service"})
	}
	return systemctlCentOS(ctx, c)
}

// A daemon is a host that runs Docker.
type daemon interface {
	StopDaemon(context.Context) error
	StartDaemon() error
	DaemonContext() context.Context
}

// Exit statuses of systemctl.
const (
	notRunning = 3
	notFound   = 5
)

// systemctl does what a verb says with each unit.
func systemctl(ctx context.Context, c *command.Call, d daemon, args []string) (status int) {
	if len(args) == 0 {
		return c.Fail(1, "Too few arguments.\n")
	}
	verb, units := args[0], args[1:]
	do := map[string]func() error{
		"start":   d.StartDaemon,
		"stop":    func() error { return stop(ctx, d) },
		"restart": func() error { return restart(ctx, d) },
	}[verb]
	switch {
	case verb == "daemon-reload" && len(units) == 0:
		return 0
	case do == nil && verb != "is-active":
		return c.Fail(1, "Unknown command verb %s.\n", verb)
	case len(units) == 0:
		return c.Fail(1, "Too few arguments.\n")
	}
	for _, unit := range units {
		name := strings.TrimSuffix(unit, ".service")
		switch {
		case verb == "is-active":
			status = isActive(c, d, name, status)
		case name != "docker":
			c.Errorf("Failed to %s %s.service: Unit %[2]s.service not found.\n", verb, name)
			status = notFound
		case verb != "stop" && configured(c.Files):
			c.Errorf("Job for docker.service failed: /etc/docker/daemon.json is not read by an emulated host; sim.NewHost has options for what it says\n")
			status = 1
		default:
			if err := do(); err != nil {
				c.Errorf("Job for docker.service failed: %v\n", err)
				status = 1
			}
		}
	}
	return status
}

// configured reports whether dockerd is asked for options by its file, which is not read: to start
// it as if they were not there would be false.
func configured(files command.Files) bool {
	b, err := fs.ReadFile(files, "etc/docker/daemon.json")
	text := strings.Join(strings.Fields(string(b)), "")
	return err == nil && text != "" && text != "{}"
}

// isActive prints whether a unit runs. The status is 0 if one of them does.
func isActive(c *command.Call, d daemon, name string, status int) int {
	if name == "docker" && d.DaemonContext().Err() == nil {
		c.Printf("active\n")
		return 0
	}
	c.Printf("inactive\n")
	return max(status, notRunning)
}

// stop stops dockerd if it runs.
func stop(ctx context.Context, d daemon) error {
	if d.DaemonContext().Err() != nil {
		return nil
	}
	return d.StopDaemon(ctx)
}

func restart(ctx context.Context, d daemon) error {
	if err := stop(ctx, d); err != nil {
		return err
	}
	return d.StartDaemon()
}
