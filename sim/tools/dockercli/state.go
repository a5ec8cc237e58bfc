package dockercli

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"drydock/sim"

	"github.com/spf13/pflag"
)

// each does something with each of the names and prints those, as they were given and
// not as IDs. One failure does not keep the others from their turn. What went wrong
// with some follows in the end: docker joins the errors.
func (d *docker) each(names []string, do func(name string) error) (status int) {
	var problems []string
	for _, name := range names {
		if err := do(name); err != nil {
			problems = append(problems, "Error response from daemon: "+err.Error())
			continue
		}
		d.Printf("%s\n", name)
	}
	if len(problems) > 0 {
		return d.fail(1, "%s", strings.Join(problems, "\n"))
	}
	return 0
}

// with returns do for the container of a name.
func (d *docker) with(do func(c *sim.Container) error) func(name string) error {
	return func(name string) error {
		c, err := d.container(name)
		if err != nil {
			return err
		}
		return do(c)
	}
}

// pause is docker pause.
func (d *docker) pause(*pflag.FlagSet) action {
	return func(names []string) int { return d.each(names, d.with((*sim.Container).Pause)) }
}

// unpause is docker unpause.
func (d *docker) unpause(*pflag.FlagSet) action {
	return func(names []string) int { return d.each(names, d.with((*sim.Container).Unpause)) }
}

// start is docker start, which tells of failures at once and once more in the end.
// There is no -a: what the container's command writes is nobody's.
func (d *docker) start(*pflag.FlagSet) action {
	return func(names []string) int {
		var failed []string
		for _, name := range names {
			c, err := d.container(name)
			if err == nil {
				err = c.Start()
			}
			if err != nil {
				d.refused(err)
				failed = append(failed, name)
				continue
			}
			d.Printf("%s\n", name)
		}
		if len(failed) > 0 {
			return d.fail(1, "Error: failed to start containers: %s", strings.Join(failed, ", "))
		}
		return 0
	}
}

// stop is docker stop. A container that does not run is no failure: it is stopped.
func (d *docker) stop(f *pflag.FlagSet) action {
	seconds := f.IntP("time", "t", 10, "Seconds to wait for stop before killing it")
	return func(names []string) int { return d.each(names, d.with(d.within(seconds, (*sim.Container).Stop))) }
}

// restart is docker restart, which starts one that does not run.
func (d *docker) restart(f *pflag.FlagSet) action {
	seconds := f.IntP("time", "t", 10, "Seconds to wait for stop before killing the container")
	return func(names []string) int { return d.each(names, d.with(d.within(seconds, (*sim.Container).Restart))) }
}

// within gives do a context that ends after so many seconds. With less than 0 it lasts
// as long as the command.
func (d *docker) within(seconds *int, do func(*sim.Container, context.Context) error) func(*sim.Container) error {
	return func(c *sim.Container) error {
		ctx := d.ctx
		if *seconds >= 0 {
			const most = math.MaxInt32 // 68 years; beyond that a time.Duration may overflow
			var cancel func()
			ctx, cancel = context.WithTimeout(ctx, time.Duration(min(*seconds, most))*time.Second)
			defer cancel()
		}
		return do(c, ctx)
	}
}

// kill is docker kill, with SIGKILL. There is no -s: a main function has no signals but
// the end of its context, which is docker stop.
func (d *docker) kill(*pflag.FlagSet) action {
	return func(names []string) int {
		return d.each(names, func(name string) error {
			c, err := d.container(name)
			if err != nil {
				return fmt.Errorf("Cannot kill container: %s: %w", name, err)
			}
			return c.Kill()
		})
	}
}

// rename is docker rename, which tells twice what went wrong.
func (d *docker) rename(*pflag.FlagSet) action {
	return func(names []string) int {
		if names[0] == "" || names[1] == "" {
			return d.fail(1, "Error: Neither old nor new names may be empty")
		}
		c, err := d.container(names[0])
		if err == nil {
			err = c.Rename(names[1])
		}
		if err != nil {
			d.refused(err)
			return d.fail(1, "Error: failed to rename container named %s", names[0])
		}
		return 0
	}
}

// remove is docker rm. With -f it is no failure that there is no such container, since
// 20.10, but it is told. Not the daemon's words are printed of that: docker has its own
// for what an address of the API does not find.
func (d *docker) remove(f *pflag.FlagSet) action {
	force := f.BoolP("force", "f", false, "Force the removal of a running container (uses SIGKILL)")
	return func(names []string) int {
		status := 0
		for _, name := range names {
			c, err := d.container(name)
			if err != nil {
				d.Errorf("Error: %v\n", err)
				if !*force {
					status = 1
				}
				continue
			}
			if *force {
				err = c.ForceRemove()
			} else {
				err = c.Remove()
			}
			if err != nil {
				status = d.refused(err)
				continue
			}
			d.Printf("%s\n", name)
		}
		return status
	}
}

// waitFor is docker wait, which prints statuses and no names. It waits for one after
// the other, so the order of the output is that of the names.
func (d *docker) waitFor(*pflag.FlagSet) action {
	return func(names []string) int {
		status := 0
		for _, name := range names {
			c, err := d.container(name)
			code := 0
			if err == nil {
				code, err = c.Wait(d.ctx)
			}
			if err != nil {
				status = d.refused(err)
				continue
			}
			d.Printf("%d\n", code)
		}
		return status
	}
}

// errNoExecutable is that of a command that is not in the table, in the words of runc,
// which looks for names with a slash as they are and for others in $PATH.
func errNoExecutable(name string) error {
	if strings.Contains(name, "/") {
		return errors.New(`unable to start container process: exec: "` + name + `": stat ` + name + `: no such file or directory: unknown`)
	}
	return errors.New(`unable to start container process: exec: "` + name + `": executable file not found in $PATH: unknown`)
}
