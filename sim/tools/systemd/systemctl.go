package systemd

import (
	"context"
	"strings"

	"drydock/sim"
	"drydock/sim/tools/command"
)

// A system is what differs between distributions.
type system struct {
	failed string // what systemctl says when a job fails
	status string // the head of what it says of the unit: its sign, and what it does
}

var (
	debian = system{
		failed: "Job for docker.service failed because the control process exited with error code.\n" +
			"See \"systemctl status docker.service\" and \"journalctl -xeu docker.service\" for details.\n",
		status: "%s docker.service - Docker Application Container Engine\n" +
			"     Loaded: loaded (/lib/systemd/system/docker.service; enabled; preset: enabled)\n" +
			"     Active: %s\n" +
			"       Docs: https://docs.docker.com\n",
	}
	centOS = system{
		failed: "Job for docker.service failed because the control process exited with error code." +
			" See \"systemctl status docker.service\" and \"journalctl -xe\" for details.\n",
		status: "%s docker.service - Docker Application Container Engine\n" +
			"   Loaded: loaded (/usr/lib/systemd/system/docker.service; enabled; vendor preset: disabled)\n" +
			"   Active: %s\n" +
			"     Docs: http://docs.docker.com\n",
	}
)

// Exit statuses of systemctl.
const (
	notRunning = 3
	noUnit     = 4 // of status
	notFound   = 5
)

// systemctl does what a verb says with each unit.
func (s system) systemctl(ctx context.Context, c *command.Call, d *sim.Host, args []string) (status int) {
	if len(args) == 0 {
		return c.Fail(1, "Too few arguments.\n")
	}
	verb, units := args[0], args[1:]
	do := map[string]func() error{
		"start":   d.StartDaemon,
		"stop":    func() error { return stop(ctx, d) },
		"restart": func() error { return restart(ctx, d) },
		"reload":  func() error { d.ReloadDaemon(); return nil }, // which sends a signal and does not look
	}[verb]
	asks := verb == "is-active" || verb == "status"
	switch {
	case verb == "daemon-reload" && len(units) == 0:
		return 0
	case do == nil && !asks:
		return c.Fail(1, "Unknown command verb %s.\n", verb)
	case len(units) == 0:
		return c.Fail(1, "Too few arguments.\n")
	}
	for _, unit := range units {
		name := strings.TrimSuffix(unit, ".service")
		switch {
		case verb == "is-active":
			status = isActive(c, d, name, status)
		case verb == "status":
			status = max(status, s.tell(c, d, name))
		case name != "docker":
			c.Errorf("Failed to %s %s.service: Unit %[2]s.service not found.\n", verb, name)
			status = notFound
		case verb == "reload" && !d.Daemon().Running:
			c.Errorf("docker.service is not active, cannot reload.\n")
			status = 1
		default:
			if err := do(); err != nil {
				c.Errorf("%s", s.failed)
				status = 1
			}
		}
	}
	return status
}

// isActive prints whether a unit runs. The status is 0 if one of them does.
func isActive(c *command.Call, d *sim.Host, name string, status int) int {
	is := d.Daemon()
	switch {
	case name == "docker" && is.Running:
		c.Printf("active\n")
		return 0
	case name == "docker" && is.Err != nil:
		c.Printf("failed\n")
	default:
		c.Printf("inactive\n")
	}
	return max(status, notRunning)
}

// stop stops dockerd if it runs.
func stop(ctx context.Context, d *sim.Host) error {
	if !d.Daemon().Running {
		return nil
	}
	return d.StopDaemon(ctx)
}

func restart(ctx context.Context, d *sim.Host) error {
	if err := stop(ctx, d); err != nil {
		return err
	}
	return d.StartDaemon()
}
