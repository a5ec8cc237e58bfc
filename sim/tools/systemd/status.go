package systemd

import (
	"fmt"
	"strings"
	"time"

	"drydock/sim"
	"drydock/sim/tools/command"
)

// tell prints how dockerd is, and why it did not start. The lines of the journal are those of
// systemd 252 that have no number of a process.
func (s system) tell(c *command.Call, d *sim.Host, name string) int {
	if name != "docker" {
		c.Errorf("Unit %s.service could not be found.\n", name)
		return noUnit
	}
	is := d.Daemon()
	since := fmt.Sprintf(" since %s; %s", is.Since.UTC().Format("Mon 2006-01-02 15:04:05 MST"), ago(time.Since(is.Since)))
	switch {
	case is.Running:
		c.Printf(s.status, "●", "active (running)"+since)
		return 0
	case is.Err == nil:
		c.Printf(s.status, "○", "inactive (dead)"+since)
		return notRunning
	}
	c.Printf(s.status+"\n", "×", "failed (Result: exit-code)"+since)
	line := func(program, text string) {
		c.Printf("%s %s %s: %s\n", is.Since.UTC().Format("Jan 02 15:04:05"), d.Hostname(), program, text)
	}
	line("systemd[1]", "Starting docker.service - Docker Application Container Engine...")
	for text := range strings.Lines(is.Err.Error()) {
		line("dockerd", strings.TrimSuffix(text, "\n"))
	}
	line("systemd[1]", "docker.service: Main process exited, code=exited, status=1/FAILURE")
	line("systemd[1]", "docker.service: Failed with result 'exit-code'.")
	line("systemd[1]", "Failed to start docker.service - Docker Application Container Engine.")
	return notRunning
}

// ago is systemd's format_timestamp_relative, up to weeks.
func ago(d time.Duration) string {
	const day, week = 24 * time.Hour, 7 * 24 * time.Hour
	count := func(n time.Duration, unit string) string {
		if n == 1 {
			return "1 " + unit
		}
		return fmt.Sprintf("%d %ss", n, unit)
	}
	switch {
	case d >= week:
		return count(d/week, "week") + " " + count(d%week/day, "day") + " ago"
	case d >= day:
		return fmt.Sprintf("%s %dh ago", count(d/day, "day"), d%day/time.Hour)
	case d >= time.Hour:
		return fmt.Sprintf("%dh %dmin ago", d/time.Hour, d%time.Hour/time.Minute)
	case d >= 5*time.Minute:
		return fmt.Sprintf("%dmin ago", d/time.Minute)
	case d >= time.Minute:
		return fmt.Sprintf("%dmin %ds ago", d/time.Minute, d%time.Minute/time.Second)
	case d >= time.Second:
		return fmt.Sprintf("%ds ago", d/time.Second)
	case d >= time.Millisecond:
		return fmt.Sprintf("%dms ago", d/time.Millisecond)
	case d >= time.Microsecond:
		return fmt.Sprintf("%dus ago", d/time.Microsecond)
	}
	return "now"
}
